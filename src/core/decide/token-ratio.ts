// Today's weights and an option's in; how many of the option's tokens stand for one of today's, and what that does to its band, out.
import { estimate } from '../statistics/estimate.ts'
import type { Band, CostTerms, OptionAnswer } from './answer.ts'
import type { Weights } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import { costAt } from './staircase.ts'
import type { Volume } from './traffic.ts'

/** What another tokenizer makes of the same text, unmeasured: its tokens ÷ today's. */
export const otherTokenizer = { low: 0.85, high: 1.3 }

/**
 * 1 within one tokenizer; else prompts may be 15 % fewer to 30 % more tokens, and nothing is known of answers until tasks
 * were run. Costs are in today's tokens either way.
 */
export function tokenRatioOf(evidence: Evidence, today: Weights | null, group: string): OptionAnswer['tokenRatio'] {
  if (today !== null && group === today.group) return { input: 1, output: 1, band: null, source: 'same tokenizer' }
  const own = evidence.tokenizers?.[group] ?? null
  const todays = today === null ? null : (evidence.tokenizers?.[today.group] ?? null)
  if (own !== null && own === todays) {
    const source = `same tokenizer (${own}); answers taken to be as long as today's`
    return { input: 1, output: 1, band: null, source }
  }
  const source =
    'not measured: costed as if the counts were equal, and the band reaches from 0.85 to 1.3 tokens a token of prompt'
  return { input: null, output: null, band: otherTokenizer, source }
}

/**
 * The resampled band, which is of the option after its levers, as a band of the option as billed, stretched to what else is not known: how many tokens another tokenizer counts, and hits of a cache
 * that are possible and not counted on.
 */
export function widened(
  evidence: Evidence,
  candidate: Sourced,
  option: Pick<OptionAnswer, 'usd' | 'optimised' | 'tokenRatio'>,
  here: Volume,
  band: Band | null,
): Band | null {
  const { usd, tokenRatio: ratio, optimised } = option
  if (band === null || usd === null) return band
  const least = ratio.band === null ? 1 : withPrompts(evidence, candidate, here, usd, ratio.band.low) / usd
  const most = ratio.band === null ? 1 : withPrompts(evidence, candidate, here, usd, ratio.band.high) / usd
  const billed = optimised !== null && optimised.usd > 0 ? usd / optimised.usd : 1
  const low = billed * Math.min(1, least) * cachedShare(evidence, candidate.apiIndex)
  const high = billed * Math.max(1, most)
  return low === 1 && high === 1 ? band : { low: estimate(band.low * low), high: estimate(band.high * high) }
}

/** What an option's cost was made of. */
interface Sourced {
  readonly terms: CostTerms | null
  readonly apiIndex: number | null
  readonly replicaIndex: number | null
}

/** The bill with every prompt `factor` times as long: in proportion at an API, by the work it makes on own GPUs. */
function withPrompts(
  evidence: Evidence,
  { terms, apiIndex, replicaIndex }: Sourced,
  here: Volume,
  usd: number,
  factor: number,
): number {
  if (terms === null || !(usd > 0)) return usd
  if (terms.kind === 'api') {
    const share = apiIndex === null ? null : (evidence.api[apiIndex]!.promptShare ?? null)
    // What share of the bill is prompts is not known: then all of it may be.
    return usd * (1 + (share ?? 1) * (factor - 1))
  }
  const replica = evidence.replicas[replicaIndex!]!
  const { input, output } = evidence.demand.tokens
  const prompts = replica.secondsPerInputToken * input
  const work = prompts + replica.secondsPerOutputToken * output
  const more = work > 0 ? 1 + (prompts / work) * (factor - 1) : 1
  const cost = costAt({ ...terms, replicaMtokPerMonth: terms.replicaMtokPerMonth / more }, here.tokensPerMonth)
  return Number.isFinite(cost) ? cost : usd
}

/** The bill with every possible cache hit ÷ the bill: 1 where nothing more could be hit. */
function cachedShare(evidence: Evidence, apiIndex: number | null): number {
  const api = apiIndex === null ? undefined : evidence.api[apiIndex]
  const low = api?.cache?.lowUsd ?? null
  return low === null || !(Number(api!.usd) > 0) ? 1 : Math.min(1, Number(low) / Number(api!.usd))
}

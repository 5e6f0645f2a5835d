// Today's weights and an option's in; how many of the option's tokens stand for one of today's, and what that does to its band, out.
import { estimate } from '../statistics/estimate.ts'
import type { Band, OptionAnswer } from './answer.ts'
import type { Candidate } from './candidates.ts'
import type { Choices } from './choices.ts'
import type { Weights } from './eligibility.ts'
import type { Evidence } from './evidence.ts'
import { promptPartAt, type Ratio, timesAt } from './quality/measured-terms.ts'
import { promptWorkOf } from './restated.ts'
import { costAt } from './staircase.ts'
import type { Volume } from './traffic.ts'

/** What another tokenizer makes of the same text, unmeasured: its tokens ÷ today's. */
export const otherTokenizer = { low: 0.85, high: 1.3 }

/**
 * 1 within one tokenizer; as measured where both did the same tasks; else prompts may be 15 % fewer to 30 % more tokens, and
 * nothing is known of answers until tasks were run. Costs are in today's tokens either way.
 */
export function tokenRatioOf(
  evidence: Evidence,
  today: Weights | null,
  { group, trial, cascade }: Pick<Candidate, 'group' | 'trial' | 'cascade'>,
): OptionAnswer['tokenRatio'] {
  if (cascade !== null)
    return { input: null, output: null, band: null, source: 'each of its parts is costed at its own' }
  if (today !== null && group === today.group) return { input: 1, output: 1, band: null, source: 'same tokenizer' }
  const measured = trial?.ratio ?? null
  if (measured !== null) {
    const { n, input, output, inputBand, outputBand } = measured
    const source = `measured on ${n} tasks that both did (run ${trial!.run.run}): its tokens ÷ today's, in the totals; band 5–95 % over tasks`
    return { input, output, band: inputBand, outputBand, source }
  }
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
  choices: Choices,
  candidate: Candidate,
  option: Pick<OptionAnswer, 'usd' | 'optimised' | 'tokenRatio'>,
  here: Volume,
  band: Band | null,
): Band | null {
  const { usd, tokenRatio: ratio, optimised } = option
  if (band === null || usd === null) return band
  // Of a measured ratio the cost is at its value: the band reaches as far as the ratio's own.
  const at = { input: ratio.input ?? 1, output: ratio.output ?? 1 }
  const reach = (end: 'low' | 'high'): number => {
    if (ratio.band === null) return 1
    const to = { input: ratio.band[end], output: ratio.outputBand?.[end] ?? at.output }
    return atRatio(evidence, choices, candidate, here, usd, at, to) / usd
  }
  const billed = optimised !== null && optimised.usd > 0 ? usd / optimised.usd : 1
  const low = billed * Math.min(1, reach('low')) * cachedShare(evidence, candidate.apiIndex)
  const high = billed * Math.max(1, reach('high'))
  return low === 1 && high === 1 ? band : { low: estimate(band.low * low), high: estimate(band.high * high) }
}

/** The bill at other tokens for one of today's than those it is at: in proportion at an API, by the work it makes on own GPUs. */
function atRatio(
  evidence: Evidence,
  choices: Choices,
  { terms, apiIndex, replicaIndex }: Pick<Candidate, 'terms' | 'apiIndex' | 'replicaIndex'>,
  here: Volume,
  usd: number,
  at: Ratio,
  to: Ratio,
): number {
  if (terms === null || !(usd > 0)) return usd
  if (terms.kind === 'api') {
    const share = apiIndex === null ? undefined : evidence.api[apiIndex]!.promptShare
    // What share of the bill is prompts is not known: then all of it may be.
    const part = share === undefined ? 1 : promptPartAt(evidence, choices, share)
    return (usd * timesAt(to, part)) / timesAt(at, part)
  }
  const part = promptPartAt(evidence, choices, promptWorkOf(evidence, evidence.replicas[replicaIndex!]!))
  const more = timesAt(to, part) / timesAt(at, part)
  const cost = costAt({ ...terms, replicaMtokPerMonth: terms.replicaMtokPerMonth / more }, here.tokensPerMonth)
  return Number.isFinite(cost) ? cost : usd
}

/** The bill with every possible cache hit ÷ the bill: 1 where nothing more could be hit. */
function cachedShare(evidence: Evidence, apiIndex: number | null): number {
  const api = apiIndex === null ? undefined : evidence.api[apiIndex]
  const low = api?.cache?.lowUsd ?? null
  return low === null || !(Number(api!.usd) > 0) ? 1 : Math.min(1, Number(low) / Number(api!.usd))
}

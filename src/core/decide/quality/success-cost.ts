// What tasks took on an option, and what the option costs at the real traffic, in; what a solved task costs on it, out.
import { estimate } from '../../statistics/estimate.ts'
import { pairMoments } from '../../statistics/ratio.ts'
import type { Breakdown } from '../answer.ts'
import type { ApiTerms, ReplicaTerms } from '../evidence.ts'
import type { Cascade } from './cascade-option.ts'
import { recommendedInterval } from './option-figures.ts'
import { taskMeans } from './run-evidence.ts'
import type { Trial } from './trial.ts'
import { costAndSuccess, unitsOf } from './units.ts'

/** USD for a million tokens of each kind, in the option's own tokens. */
export interface KindRates {
  readonly inputUsdPerMtok: number
  readonly outputUsdPerMtok: number
}

/**
 * What a token costs on own GPUs under the real traffic, never at a benchmark's: the month's bill over the work that the
 * month's tokens make, a token weighed by the seconds that a saturated replica spends on one of its kind. `loaded` takes the
 * whole bill, idle hours, spares and people included; `marginal` what the GPUs cost while they are busy.
 */
export interface EffectiveRates {
  readonly loaded: KindRates
  readonly marginal: KindRates
}

/** USD a solved task: all that the tries cost ÷ the tasks solved. */
export interface SuccessCost {
  readonly value: number
  /** 95 %, of which tasks were tried: the interval that `tasks rank` shows; both null where so few were solved that it has no upper end. */
  readonly low: number | null
  readonly high: number | null
  readonly unbounded: boolean
  /** Tasks of which outcome and cost are known. */
  readonly n: number
  /** The same at the marginal rate of own GPUs; null for an API. */
  readonly marginal: number | null
  readonly usdPerTask: number
  /** How tries were priced. */
  readonly basis: string
}

/** @param tokensPerMonth of today's tokenizer, of which the option's are `ratio` each */
export function effectiveRates(
  replica: ReplicaTerms,
  month: {
    readonly usd: number
    readonly breakdown: Breakdown
    readonly tokensPerMonth: number
    readonly outputShare: number
  },
  ratio: { readonly input: number; readonly output: number },
): EffectiveRates | null {
  const { secondsPerInputToken, secondsPerOutputToken } = replica
  const { usd, breakdown, tokensPerMonth, outputShare } = month
  const input = secondsPerInputToken * tokensPerMonth * (1 - outputShare) * ratio.input
  const output = secondsPerOutputToken * tokensPerMonth * outputShare * ratio.output
  const seconds = input + output
  if (!(seconds > 0)) return null
  const at = (bill: number): KindRates => ({
    inputUsdPerMtok: estimate((bill / seconds) * secondsPerInputToken * 1e6),
    outputUsdPerMtok: estimate((bill / seconds) * secondsPerOutputToken * 1e6),
  })
  return { loaded: at(usd), marginal: at(breakdown.gpuBusy ?? 0) }
}

/** Null where nobody knows what the tries would have cost there, or none was solved. */
export function successCost(trial: Trial, seller: ApiTerms | null, rates: EffectiveRates | null): SuccessCost | null {
  const { tried, run, assumed } = trial
  if (seller !== null) {
    if (assumed.length === 0) return costOf(trial, tried.usd, 'its own tries, priced at the time of the run')
    if (!seller.rates) return null
    const { inputUsdPerMtok, outputUsdPerMtok } = seller.rates
    const listed = pricedBy(trial, { inputUsdPerMtok, outputUsdPerMtok })
    return costOf(trial, listed, 'the tokens of the tries at its list price, prompts fresh')
  }
  if (rates === null) return null
  const loaded = costOf(
    trial,
    pricedBy(trial, rates.loaded),
    'the tokens of the tries at what a token costs on this fleet under the real traffic, idle hours, spares and people included; marginal: busy GPUs alone',
  )
  if (loaded === null || run.weights.length === 0) return loaded
  return { ...loaded, marginal: costOf(trial, pricedBy(trial, rates.marginal), '')!.value }
}

/** Of a cascade: its own tries' cost; where the first is a fleet, that one's work on the same tasks by itself, and what came after. */
export function cascadeCost(
  trial: Trial,
  { firstTried, restUsd }: Cascade,
  rates: EffectiveRates | null,
): SuccessCost | null {
  if (rates === null) return costOf(trial, trial.tried.usd, 'its own tries, priced at the time of the run')
  const at = (kinds: KindRates) =>
    pricedBy({ tried: firstTried }, kinds).map((usd, i) =>
      usd === null || restUsd[i] === null ? null : usd + restUsd[i]!,
    )
  const basis =
    'every task on the first option at what a token costs on its fleet under the real traffic, and what the tasks that went on cost, task by task'
  const loaded = costOf(trial, at(rates.loaded), basis)
  return loaded && { ...loaded, marginal: costOf(trial, at(rates.marginal), basis)!.value }
}

const pricedBy = (
  { tried }: Pick<Trial, 'tried'>,
  { inputUsdPerMtok, outputUsdPerMtok }: KindRates,
): (number | null)[] =>
  tried.inputTokens.map((input, i) => {
    const output = tried.outputTokens[i]!
    return input === null || output === null ? null : (input * inputUsdPerMtok + output * outputUsdPerMtok) / 1e6
  })

function costOf({ run, tried }: Trial, usd: readonly (number | null)[], basis: string): SuccessCost | null {
  const means = taskMeans(run, tried.passed, usd)
  const { over, under, tasks } = unitsOf(means, costAndSuccess)
  if (tasks === 0) return null
  const found = pairMoments({ over, under })
  if (!(found.under > 0)) return null
  const interval = recommendedInterval(means, over, found)
  return {
    value: estimate(found.over / found.under),
    low: interval === null ? null : estimate(interval.low),
    high: interval === null ? null : estimate(interval.high),
    unbounded: interval === null,
    n: tasks,
    marginal: null,
    // Weights have a mean of 1.
    usdPerTask: estimate((found.over * found.n) / tasks),
    basis,
  }
}

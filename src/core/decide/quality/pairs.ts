// Two options on the tasks that both tried in; how they differ in pass rate and cost, with intervals, and the price of a failure at which the choice turns, out.
import { betaCdf } from '../../statistics/beta.ts'
import { percentileBounds } from '../../statistics/bootstrap.ts'
import { exp, log } from '../../statistics/elementary.ts'
import { mcnemarExact, pairedDifference, tasksForDifference } from '../../statistics/paired.ts'
import { fieller, pairMoments } from '../../statistics/ratio.ts'
import type { Spread } from './option-figures.ts'
import { type Redrawn, sharedTasks } from './resampled.ts'
import type { OptionTasks, TaskMean } from './task-means.ts'
import { unitsOf } from './units.ts'

export interface Pair {
  readonly a: string
  readonly b: string
  /** Tasks whose outcome is known on both. */
  readonly n: number
  /** Pass rate of a − pass rate of b on the shared tasks. */
  readonly difference: Spread & {
    readonly standardError: number | null
    /** Holds for all pairs of the table at once (max-t); null where there is but one, or no spread. */
    readonly simultaneous: { readonly low: number; readonly high: number } | null
  }
  /** Of no difference in pass rate. Exact McNemar for single tries, a paired t for repeats; `holm` counts all pairs. */
  readonly test: {
    readonly name: 'mcnemar-exact' | 'paired-t'
    readonly onlyA: number | null
    readonly onlyB: number | null
    readonly p: number
    readonly holm: number
  } | null
  /** Cost per success of a ÷ that of b, tasks redrawn in pairs. */
  readonly costRatio: Spread & { readonly simultaneous: { readonly low: number; readonly high: number } | null }
  /** Cost per task of a − that of b. */
  readonly usdPerTaskDifference: number | null
  /**
   * (c_b − c_a) ÷ (p_b − p_a), dollars: the price of a failure at which both cost the same per completed task; above it the
   * one that passes oftener wins. Below 0 there is no such price: `dominates` names the one that is cheaper and better.
   */
  readonly hStar: number | null
  /** Fieller's interval of it; null when it has no end. */
  readonly hStarInterval: { readonly low: number; readonly high: number } | null
  readonly dominates: 'a' | 'b' | null
  /** Shared tasks for 80 % power to tell this difference in pass rate, were it the true one. */
  readonly tasksToTell: number | null
}

export interface PairToCompare {
  readonly a: OptionTasks
  readonly b: OptionTasks
  readonly redrawn: readonly [Redrawn, Redrawn]
}

/** A pair before its family is known. `deviations` are replicates less the estimate: pass rate, then log of the cost ratio. */
export interface ComparedPair {
  readonly pair: Pair
  readonly logRatio: number | null
  readonly deviations: { readonly rate: Float64Array; readonly logRatio: Float64Array | null }
}

export function comparedPair({ a, b, redrawn }: PairToCompare): ComparedPair {
  const shared = sharedTasks(a.tasks, b.tasks)
  const graded = shared.flatMap(([x, y]) => (x.passed === null || y.passed === null ? [] : [{ x, y }]))
  const rates = { a: graded.map(({ x }) => x.passed!), b: graded.map(({ y }) => y.passed!) }
  const clusters = graded.map(({ x }) => x.cluster)
  const isClustered = new Set(clusters).size < clusters.length
  const found = pairedDifference(rates, isClustered ? clusters : null)
  const difference = found?.value ?? null
  const ratio = costRatio(shared, redrawn)
  const { hStar, hStarInterval, usdDifference, rateDifference } = turningPrice(shared)
  return {
    pair: {
      a: a.option,
      b: b.option,
      n: graded.length,
      difference: {
        value: difference,
        low: found?.low ?? null,
        high: found?.high ?? null,
        standardError: found?.standardError ?? null,
        simultaneous: null,
      },
      test: found === null ? null : testOf(rates, found.value, found.standardError),
      costRatio: { ...ratio.spread, simultaneous: null },
      usdPerTaskDifference: usdDifference,
      hStar,
      hStarInterval,
      dominates: dominating(usdDifference, rateDifference),
      tasksToTell: found === null ? null : tasksForDifference(varianceOf(rates), found.value),
    },
    logRatio: ratio.log,
    deviations: { rate: rateDeviations(redrawn, difference ?? 0), logRatio: ratio.deviations },
  }
}

interface Rates {
  readonly a: readonly number[]
  readonly b: readonly number[]
}

function testOf({ a, b }: Rates, value: number, standardError: number | null): Pair['test'] {
  const isSingle = a.every((x, i) => (x === 0 || x === 1) && (b[i] === 0 || b[i] === 1))
  if (isSingle) {
    const onlyA = a.filter((x, i) => x > b[i]!).length
    const onlyB = a.filter((x, i) => x < b[i]!).length
    const p = mcnemarExact(onlyA, onlyB)
    return { name: 'mcnemar-exact', onlyA, onlyB, p, holm: p }
  }
  const freedom = a.length - 1
  const t = standardError === null || standardError === 0 ? null : value / standardError
  const p = t === null || freedom < 1 ? 1 : betaCdf(freedom / (freedom + t * t), freedom / 2, 0.5)
  return { name: 'paired-t', onlyA: null, onlyB: null, p, holm: p }
}

function varianceOf({ a, b }: Rates): number {
  const { spread, n } = pairMoments({ over: a.map((x, i) => x - b[i]!), under: a })
  return spread === null ? 0 : spread.over * n
}

/** Over the shared tasks of which both costs and outcomes are known. */
function turningPrice(shared: readonly [TaskMean, TaskMean][]) {
  const units = unitsOf(shared, {
    task: ([x]) => x,
    over: ([x, y]) => (x.whole === null || y.whole === null ? null : y.whole.usd - x.whole.usd),
    under: ([x, y]) => y.whole!.passed - x.whole!.passed,
  })
  if (units.tasks === 0) return { hStar: null, hStarInterval: null, usdDifference: null, rateDifference: null }
  const found = pairMoments(units)
  // Sums of ones and zeros: what is left of a difference of none is rounding.
  const under = Math.abs(found.under) < 1e-12 ? 0 : found.under
  const largest = Array.from(units.over).reduce((most, one) => Math.max(most, Math.abs(one)), 0)
  const over = Math.abs(found.over) < 1e-12 * largest ? 0 : found.over
  const perTask = units.tasks / found.n
  return {
    hStar: under === 0 ? null : over / under,
    hStarInterval: under === 0 ? null : fieller(under < 0 ? { ...found, over: -found.over, under: -under } : found),
    usdDifference: -over / perTask,
    rateDifference: -under / perTask,
  }
}

/** Which of the two is at least as good at both and better at one. */
function dominating(usd: number | null, rate: number | null): Pair['dominates'] {
  if (usd === null || rate === null || (usd === 0 && rate === 0)) return null
  return usd <= 0 && rate >= 0 ? 'a' : usd >= 0 && rate <= 0 ? 'b' : null
}

function costRatio(shared: readonly [TaskMean, TaskMean][], [a, b]: PairToCompare['redrawn']) {
  let [usdA, usdB, successesA, successesB] = [0, 0, 0, 0]
  for (const [x, y] of shared) {
    if (x.whole === null || y.whole === null) continue
    usdA += x.whole.usd * x.weight
    usdB += y.whole.usd * y.weight
    successesA += x.whole.passed * x.weight
    successesB += y.whole.passed * y.weight
  }
  const value = (usdA * successesB) / (usdB * successesA)
  if (!(value > 0 && Number.isFinite(value))) {
    return { spread: { value: null, low: null, high: null }, log: null, deviations: null }
  }
  const logs = Float64Array.from(a.usd, (usd, i) => log((usd * b.successes[i]!) / (b.usd[i]! * a.successes[i]!)))
  const bounds = percentileBounds(logs)
  return {
    spread: {
      value,
      low: bounds.low === null ? null : exp(bounds.low),
      high: bounds.high === null ? null : exp(bounds.high),
    },
    log: log(value),
    deviations: logs.map(one => one - log(value)),
  }
}

const rateDeviations = ([a, b]: PairToCompare['redrawn'], value: number): Float64Array =>
  Float64Array.from(a.passed, (passed, i) => passed / a.weight[i]! - b.passed[i]! / b.weight[i]! - value)

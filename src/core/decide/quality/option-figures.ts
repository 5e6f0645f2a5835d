// What an option made of its tasks in; its pass rate, cost per task and cost per success, each with its interval and what is not known, out.
import { type Interval, Z95 } from '../../statistics/interval.ts'
import { skewedMeanInterval } from '../../statistics/mean.ts'
import { ruleOfThree } from '../../statistics/proportion.ts'
import { correlationOf, fieller, type PairMoments, pairMoments, ratioOfIntervals } from '../../statistics/ratio.ts'
import { sorted } from '../../statistics/sample.ts'
import { type Repeats, repeatsOf } from './repeats.ts'
import type { Coverage, OptionTasks, TaskMean } from './task-means.ts'
import { costAndSuccess, meanOf, type PassRate, passRateOf, unitsOf } from './units.ts'

export interface Spread {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

export interface PassRateFigure extends Spread {
  /** As many independent tasks would tell as much: fewer than n with clusters or unequal weights. */
  readonly effectiveTasks: number
  /** Where all passed or none did: with 95 % confidence (one-sided) the rate is no lower, or no higher. Else null. */
  readonly ruleOfThree: number | null
  /** With several tries of a task: what they add. Null with one of each. */
  readonly repeats: Repeats | null
  /** What the rate would be had all tries of unknown outcome failed, or passed. */
  readonly ifUngraded: { readonly failed: number; readonly passed: number }
}

export interface CostPerSuccess extends Spread {
  /** Tasks of which outcome and cost are both known: only they are in it. */
  readonly n: number
  readonly unbounded?: true
  readonly bca: { readonly low: number | null; readonly high: number | null }
  /** The one to show: it holds at few tasks and few successes, where Fieller's has no end or is too short. */
  readonly recommended: { readonly low: number | null; readonly high: number | null; readonly method: string }
  /** What it would be had all tries of unknown outcome passed, or failed: their cost is spent either way. */
  readonly ifUngraded: { readonly passed: number | null; readonly failed: number | null }
}

export interface OptionFigures {
  readonly option: string
  /** Tasks with a known outcome. */
  readonly n: number
  readonly passRate: PassRateFigure
  readonly usdPerTask: Spread
  readonly usdPerSuccess: Omit<CostPerSuccess, 'bca'>
  /** With a price of a failure stated: cost + P(failure) × it. */
  readonly usdPerCompletedTask: Spread | null
  /**
   * Of a cascade or best-of-n: share of tasks that ended with a wrong answer which a verifier took. Null where it is none;
   * without figures where nobody knows. Cost per success falls as it rises, so that it stands beside it.
   */
  readonly silentErrors: Spread | null
  /** Share of the known cost that the dearest tenth of tasks is; null under ten priced tasks, or where all were free. */
  readonly dearestTenthShare: number | null
  readonly coverage: Coverage
}

const nothing: Spread = { value: null, low: null, high: null }

export function optionFigures(
  { option, tasks, coverage }: OptionTasks,
  { priceOfFailureUsd = null }: { readonly priceOfFailureUsd?: number | null } = {},
): OptionFigures {
  const rate = passRateOf(tasks)
  return {
    option,
    n: rate?.n ?? 0,
    passRate: passRateFigure(rate, rate === null ? null : repeatsOf(tasks, rate), coverage),
    usdPerTask: meanFigure(tasks, ({ usd }) => usd),
    usdPerSuccess: costPerSuccess(tasks, coverage),
    usdPerCompletedTask:
      priceOfFailureUsd === null
        ? null
        : meanFigure(tasks, ({ whole }) =>
            whole === null ? null : whole.usd + (1 - whole.passed) * priceOfFailureUsd,
          ),
    silentErrors: silentErrors(tasks),
    dearestTenthShare: dearestTenthShare(tasks),
    coverage,
  }
}

function dearestTenthShare(tasks: readonly TaskMean[]): number | null {
  const costs = sorted(tasks.flatMap(({ usd, weight }) => (usd === null ? [] : [usd * weight])))
  const all = costs.reduce((sum, usd) => sum + usd, 0)
  if (costs.length < 10 || all === 0) return null
  return costs.slice(-Math.ceil(costs.length / 10)).reduce((sum, usd) => sum + usd, 0) / all
}

function silentErrors(tasks: readonly TaskMean[]): Spread | null {
  const composed = tasks.flatMap(task => (task.silent === undefined ? [] : [{ ...task, passed: task.silent }]))
  if (composed.length === 0) return null
  const rate = passRateOf(composed)
  return rate === null ? nothing : { value: rate.value, low: rate.low, high: rate.high }
}

function passRateFigure(
  rate: PassRate | null,
  repeats: Repeats | null,
  { attempts, graded, passes }: Coverage,
): PassRateFigure {
  const ifUngraded = { failed: passes / attempts, passed: (passes + attempts - graded) / attempts }
  if (rate === null) return { ...nothing, effectiveTasks: 0, ruleOfThree: null, repeats, ifUngraded }
  const { value, low, high, effective } = rate
  const bound = ruleOfThree(effective)
  return {
    value,
    low,
    high,
    effectiveTasks: effective,
    repeats,
    ruleOfThree: value === 1 ? 1 - bound : value === 0 ? bound : null,
    ifUngraded,
  }
}

/** A weighted mean of dollars over tasks, with an interval for skewed values over the units that they make: from 0, as costs are. */
function meanFigure(tasks: readonly TaskMean[], of: (task: TaskMean) => number | null): Spread {
  const units = unitsOf(tasks, meanOf(of))
  if (units.tasks === 0) return nothing
  const { over, under } = pairMoments(units)
  // Sums of a cluster by the mean number of tasks in one.
  const interval = skewedMeanInterval(Array.from(units.over, sum => sum / under))
  return { value: over / under, low: interval && Math.max(0, interval.low), high: interval?.high ?? null }
}

/**
 * Ratio of totals over the tasks whose outcome and cost are both known, failed tries paid for. A try of unknown outcome is
 * in neither total (it is no success, and no failure either); `ifUngraded` has what its cost makes of the figure either way.
 */
function costPerSuccess(tasks: readonly TaskMean[], coverage: Coverage): OptionFigures['usdPerSuccess'] {
  const units = unitsOf(tasks, costAndSuccess)
  const successes = coverage.wholePasses
  const ungraded = coverage.priced - coverage.whole
  const all = coverage.wholeUsd + coverage.ungradedUsd
  const ifUngraded = {
    passed: successes + ungraded > 0 ? all / (successes + ungraded) : null,
    failed: successes > 0 ? all / successes : null,
  }
  if (units.tasks === 0) {
    return { ...nothing, n: 0, recommended: { low: null, high: null, method: recommendedMethod }, ifUngraded }
  }
  const found = pairMoments(units)
  const interval = fieller(found)
  const recommended = recommendedInterval(tasks, units.over, found)
  return {
    value: found.under > 0 ? found.over / found.under : null,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    ...(interval === null ? { unbounded: true as const } : {}),
    n: units.tasks,
    recommended: { low: recommended?.low ?? null, high: recommended?.high ?? null, method: recommendedMethod },
    ifUngraded,
  }
}

const recommendedMethod = 'MOVER-R of Hall’s skewed mean and Wilson’s rate'

/**
 * From the interval of the mean cost, which leans as costs do, and Wilson's of the pass rate, whose lower end is above 0
 * after one success: `npm run bench:coverage` has what it holds beside Fieller's and the bootstrap's.
 */
export function recommendedInterval(
  tasks: readonly TaskMean[],
  over: ArrayLike<number>,
  found: PairMoments,
): Interval | null {
  const cost = skewedMeanInterval(over)
  const whole = tasks.flatMap(task => (task.whole === null ? [] : [{ ...task, passed: task.whole.passed }]))
  const rate = passRateOf(whole, Z95)
  if (cost === null || rate === null || !(rate.value > 0)) return null
  // Successes of a unit = the rate × the tasks that a unit has.
  const perUnit = found.under / rate.value
  const interval = ratioOfIntervals(
    { value: found.over, low: Math.max(0, cost.low), high: cost.high },
    { value: found.under, low: rate.low * perUnit, high: rate.high * perUnit },
    correlationOf(found),
  )
  return interval === null ? null : { low: Math.max(0, interval.low), high: interval.high }
}

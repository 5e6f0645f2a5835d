// What options made of the same tasks in; the same totals over thousands of redrawn samples of those tasks, drawn once for all options, out.
import { drawCounts } from '../../statistics/bootstrap.ts'
import type { Random } from '../../statistics/random.ts'
import type { OptionTasks, TaskMean } from './task-means.ts'

/** Sums over the tasks of each redrawn sample. */
export interface Redrawn {
  /** Of tasks whose outcome and cost are both known. */
  readonly usd: Float64Array
  readonly successes: Float64Array
  /** Of tasks whose outcome is known: weight that passed, and weight. */
  readonly passed: Float64Array
  readonly weight: Float64Array
}

export interface Resampled {
  readonly draws: number
  readonly options: readonly Redrawn[]
  /** For each pair of places, over the tasks that both have: [of the first, of the second]. */
  readonly pairs: readonly (readonly [Redrawn, Redrawn])[]
}

/** Units beyond which tasks are dealt into groups that are drawn whole: the spread of their sums is the same. */
const mostUnits = 5000
const mostSums = 6e8
/** Numbers that are kept at once: sums, and two differences for each pair. */
const mostStored = 5e7
export const leastDraws = 2000
const mostDraws = 10_000

/**
 * Tasks (clusters whole) are drawn with replacement, the same ones for every option, so that what options have in common
 * cancels in their differences (Efron & Tibshirani 1993, §8).
 */
export function resampled(
  options: readonly OptionTasks[],
  pairs: readonly (readonly [number, number])[],
  random: Random,
): Resampled {
  const units = unitNumbers(options)
  const dense = options.flatMap(({ tasks }) => sumsOf(tasks, units))
  // A pair that shares all its tasks is its two options again; others are told by what they lack of them.
  const own = pairs.map(([a, b]) => {
    const shared = sharedSums(options[a]!.tasks, options[b]!.tasks, units)
    return shared?.flatMap((sums, side) => sums.map((sum, k) => lackOf(dense, 4 * [a, b][side]! + k, sum))) ?? null
  })
  const lacks = own.flatMap(pair => pair ?? [])
  const sums = dense.length * units.count + lacks.reduce((total, { units: some }) => total + some.length + 1, 0)
  const stored = dense.length + lacks.length + 2 * pairs.length
  const draws = Math.round(Math.min(mostDraws, Math.max(leastDraws, Math.min(mostSums / sums, mostStored / stored))))
  const out = [...dense, ...lacks].map(() => new Float64Array(draws))
  const counts = new Int32Array(units.count)
  for (let draw = 0; draw < draws; draw++) {
    drawCounts(counts, random)
    for (let k = 0; k < dense.length; k++) {
      const values = dense[k]!
      let sum = 0
      for (let u = 0; u < counts.length; u++) sum += counts[u]! * values[u]!
      out[k]![draw] = sum
    }
    for (let k = 0; k < lacks.length; k++) {
      const { of, units: some, values } = lacks[k]!
      const whole = out[of]![draw]!
      let sum = whole
      for (let i = 0; i < some.length; i++) sum -= counts[some[i]!]! * values[i]!
      // What is left of nothing is rounding.
      out[dense.length + k]![draw] = sum < 1e-12 * whole ? 0 : sum
    }
  }
  let at = 0
  const next = (): Redrawn => {
    const [usd, successes, passed, weight] = out.slice(at, at + 4)
    at += 4
    return { usd: usd!, successes: successes!, passed: passed!, weight: weight! }
  }
  const drawnOptions = options.map(next)
  return {
    draws,
    options: drawnOptions,
    pairs: pairs.map(([a, b], i) =>
      own[i] === null ? ([drawnOptions[a]!, drawnOptions[b]!] as const) : ([next(), next()] as const),
    ),
  }
}

/** A sum over fewer tasks than an option's: which sum it is short of, in which units and by how much. */
interface Lack {
  readonly of: number
  readonly units: readonly number[]
  readonly values: readonly number[]
}

function lackOf(dense: readonly Float64Array[], of: number, sum: Float64Array): Lack {
  const units: number[] = []
  const values: number[] = []
  dense[of]!.forEach((whole, unit) => {
    if (whole === sum[unit]) return
    units.push(unit)
    values.push(whole - sum[unit]!)
  })
  return { of, units, values }
}

interface UnitNumbers {
  readonly count: number
  of(task: TaskMean): number
}

function unitNumbers(options: readonly OptionTasks[]): UnitNumbers {
  const numbers = new Map<number, number>()
  for (const { tasks } of options) {
    for (const { cluster } of tasks) if (!numbers.has(cluster)) numbers.set(cluster, numbers.size)
  }
  const count = Math.min(numbers.size, mostUnits)
  return { count, of: ({ cluster }) => numbers.get(cluster)! % count }
}

/** Sums by unit: usd, successes, passed, weight. */
function sumsOf(tasks: Iterable<TaskMean>, { count, of }: UnitNumbers): Float64Array[] {
  const [usd, successes, passed, weights] = [0, 1, 2, 3].map(() => new Float64Array(count))
  for (const task of tasks) {
    const unit = of(task)
    if (task.whole !== null) {
      usd![unit] = usd![unit]! + task.whole.usd * task.weight
      successes![unit] = successes![unit]! + task.whole.passed * task.weight
    }
    if (task.passed !== null) {
      passed![unit] = passed![unit]! + task.passed * task.weight
      weights![unit] = weights![unit]! + task.weight
    }
  }
  return [usd!, successes!, passed!, weights!]
}

/** Null when both know the same of the same tasks. */
function sharedSums(
  a: readonly TaskMean[],
  b: readonly TaskMean[],
  units: UnitNumbers,
): [Float64Array[], Float64Array[]] | null {
  const both = sharedTasks(a, b)
  if (both.length === a.length && both.length === b.length && both.every(([x, y], i) => x === a[i] && y === b[i])) {
    return null
  }
  return [
    sumsOf(
      both.map(([x]) => x),
      units,
    ),
    sumsOf(
      both.map(([, y]) => y),
      units,
    ),
  ]
}

/** The tasks of both, each with only what is known of it on both sides. Both come in the order of their places. */
export function sharedTasks(a: readonly TaskMean[], b: readonly TaskMean[]): [TaskMean, TaskMean][] {
  const pairs: [TaskMean, TaskMean][] = []
  let at = 0
  for (const x of a) {
    while (at < b.length && b[at]!.place < x.place) at++
    const y = b[at]
    if (y === undefined || y.place !== x.place) continue
    const isGraded = x.passed !== null && y.passed !== null
    const isWhole = x.whole !== null && y.whole !== null
    if (isGraded || isWhole) pairs.push([knownOf(x, isGraded, isWhole), knownOf(y, isGraded, isWhole)])
  }
  return pairs
}

const knownOf = (task: TaskMean, isGraded: boolean, isWhole: boolean): TaskMean =>
  (isGraded || task.passed === null) && (isWhole || task.whole === null)
    ? task
    : { ...task, passed: isGraded ? task.passed : null, whole: isWhole ? task.whole : null }

// A run's tasks as they are graded, one by one, in; whether enough is known to stop, valid however often it is asked, out.

import { log } from '../../statistics/elementary.ts'
import {
  anytimeHalfWidth,
  type ConfidenceSequence,
  confidenceSequence,
  type SequentialTest,
  sequentialTest,
} from '../../statistics/sequential.ts'

export interface StoppingPlan {
  readonly options: readonly string[]
  /** Share of tasks that must pass; null = options are only compared. */
  readonly bar: number | null
  /** Tasks of the whole suite. */
  readonly tasks: number
  /** Null = no end but the suite's. */
  readonly budgetUsd: number | null
  /** Probability of any wrong word in the whole run. */
  readonly alpha?: number
}

/** What one option made of a task: repeats averaged; null = unknown. */
export interface TaskResult {
  readonly option: string
  readonly passed: number | null
  readonly usd: number | null
}

export interface OptionSoFar {
  readonly option: string
  /** Tasks with a known outcome. */
  readonly n: number
  readonly bar: 'clears' | 'below' | 'open'
  /** Of the pass rate, at all moments together. */
  readonly low: number
  readonly high: number
  /** Another that clears the bar is cheaper per success beyond doubt. */
  readonly beatenBy: string | null
  /** Nothing more to learn of it: it is below the bar, or beaten. */
  readonly settled: boolean
}

/** `decided`: one option that clears the bar is left. `futile`: all are below it. `budget`: the money is gone. */
export interface StoppingDecision {
  readonly stop: 'decided' | 'futile' | 'budget' | null
  readonly best: string | null
  readonly spentUsd: number
  readonly options: readonly OptionSoFar[]
}

export interface StoppingRule {
  /** The results of one task on all options that still run. Tasks must come in random order. */
  add(results: readonly TaskResult[]): void
  decision(): StoppingDecision
}

/** Successes of each of two options before their costs are compared: what is asymptotic must have begun. */
const fewestSuccesses = 20

/**
 * Watches a run. The chance of ever saying anything wrong (an option clears or misses the bar that does not, one is
 * cheaper per success that is not) is α over all looks, options and pairs: half of it is shared by the options, half by
 * their pairs (Bonferroni).
 */
export function stoppingRule({ options, bar, tasks, budgetUsd, alpha = 0.05 }: StoppingPlan): StoppingRule {
  const k = options.length
  const share = alpha / 2 / k
  const watched = new Map(options.map((option): [string, Watch] => [option, { ...watchOf(bar, share, tasks), n: 0 }]))
  const pairs = options.flatMap((a, i) => options.slice(i + 1).map(b => costPair(a, b)))
  const perPair = alpha / 2 / Math.max(1, pairs.length)
  let spentUsd = 0

  return {
    add(results) {
      for (const { option, passed, usd } of results) {
        spentUsd += usd ?? 0
        const watch = watched.get(option)
        if (watch === undefined || passed === null) continue
        watch.n++
        watch.sequence.add(passed)
        watch.test?.add(passed)
      }
      for (const pair of pairs) pair.add(results, perPair, tasks)
    },
    decision() {
      const told = options.map(option => {
        const { n, sequence, test } = watched.get(option)!
        const verdict = test?.verdict() ?? 'open'
        const { low, high } = sequence.interval()
        return { option, n, low, high, bar: barWords[verdict] }
      })
      const clears = new Set(told.filter(one => bar === null || one.bar === 'clears').map(({ option }) => option))
      const all = told.map((one): OptionSoFar => {
        const beatenBy = pairs.flatMap(pair => pair.beats(one.option) ?? []).find(other => clears.has(other)) ?? null
        return { ...one, beatenBy, settled: one.bar === 'below' || beatenBy !== null }
      })
      const left = all.filter(({ settled }) => !settled)
      const [only] = left
      const isDecided = left.length === 1 && (bar === null ? k > 1 : only!.bar === 'clears')
      const stop = isDecided
        ? 'decided'
        : left.length === 0
          ? 'futile'
          : budgetUsd !== null && spentUsd >= budgetUsd
            ? 'budget'
            : null
      return { stop, best: isDecided ? only!.option : null, spentUsd, options: all }
    },
  }
}

const barWords = { above: 'clears', below: 'below', open: 'open' } as const

interface Watch {
  readonly sequence: ConfidenceSequence
  readonly test: SequentialTest | null
  n: number
}

function watchOf(bar: number | null, alpha: number, horizon: number): Omit<Watch, 'n'> {
  const isInside = bar !== null && bar > 0 && bar < 1
  return {
    sequence: confidenceSequence({ alpha, horizon }, 100),
    // The same bets as the sequence lays at the bar: one event, counted once.
    test: isInside ? sequentialTest(bar, { alpha, horizon }) : null,
  }
}

/** Cost per success of a against b, on the tasks that both have, by the logarithm of their ratio. */
function costPair(a: string, b: string) {
  let n = 0
  const sums = [0, 0, 0, 0]
  const products = sums.map(() => [0, 0, 0, 0])
  let winner: string | null = null
  return {
    add(results: readonly TaskResult[], alpha: number, horizon: number): void {
      const [x, y] = [a, b].map(option => results.find(one => one.option === option))
      if (!isWhole(x) || !isWhole(y) || winner !== null) return
      n++
      const values = [x.usd, x.passed, y.usd, y.passed]
      values.forEach((value, i) => {
        sums[i] = sums[i]! + value
        values.forEach((other, j) => {
          products[i]![j] = products[i]![j]! + value * other
        })
      })
      if (sums[1]! < fewestSuccesses || sums[3]! < fewestSuccesses || !(sums[0]! > 0 && sums[2]! > 0)) return
      const ratio = log((sums[0]! * sums[3]!) / (sums[1]! * sums[2]!))
      // First-order influence of a task on the log ratio: c_a/c̄_a − s_a/s̄_a − c_b/c̄_b + s_b/s̄_b.
      const pull = [1, -1, -1, 1].map((sign, i) => (sign * n) / sums[i]!)
      let variance = 0
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          variance += pull[i]! * pull[j]! * (products[i]![j]! / n - (sums[i]! * sums[j]!) / (n * n))
        }
      }
      const half = anytimeHalfWidth(Math.sqrt(Math.max(0, variance)), n, alpha, horizon)
      if (Math.abs(ratio) > half) winner = ratio < 0 ? a : b
    },
    /** The other one, where it is cheaper than `option` beyond doubt. */
    beats: (option: string): string | null =>
      winner === null || winner === option || (option !== a && option !== b) ? null : winner,
  }
}

const isWhole = (one: TaskResult | undefined): one is TaskResult & { passed: number; usd: number } =>
  one !== undefined && one.passed !== null && one.usd !== null

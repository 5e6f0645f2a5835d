// Two options' tokens on the same tasks in; how many of one stand for one of the other, with a band over other tasks that could have been, out.
import { estimate } from '../../statistics/estimate.ts'
import { type Interval, percentileInterval, resample } from '../../statistics/interval.ts'
import { stream } from '../../statistics/random.ts'
import type { RunEvidence, TriedTasks } from './run-evidence.ts'

export interface MeasuredRatio {
  /** Tasks that both did. */
  readonly n: number
  readonly input: number
  readonly output: number
  /** 5–95 % of bootstrap draws over tasks. */
  readonly inputBand: Interval
  readonly outputBand: Interval
}

const draws = 1000
const fewest = 2

const kept = new WeakMap<TriedTasks, Map<TriedTasks, MeasuredRatio | null>>()

/** Ratio of totals over the tasks of which both tell their tokens; null for fewer than two. Deterministic. */
export function measuredRatio(run: RunEvidence, tried: TriedTasks, todays: TriedTasks): MeasuredRatio | null {
  const known = kept.get(tried) ?? new Map<TriedTasks, MeasuredRatio | null>()
  kept.set(tried, known)
  let found = known.get(todays)
  if (found === undefined) {
    found = ratioOf(run, tried, todays)
    known.set(todays, found)
  }
  return found
}

function ratioOf({ weights }: RunEvidence, tried: TriedTasks, todays: TriedTasks): MeasuredRatio | null {
  const rows = weights.flatMap((weight, i) => {
    const tokens = [tried.inputTokens[i]!, todays.inputTokens[i]!, tried.outputTokens[i]!, todays.outputTokens[i]!]
    return tokens.every(one => one !== null) ? [tokens.map(one => weight * one)] : []
  })
  const n = rows.length
  if (n < fewest) return null
  const ratio = (picks: ArrayLike<number>, over: number, under: number): number => {
    let a = 0
    let b = 0
    for (let i = 0; i < n; i++) {
      a += rows[picks[i]!]![over]!
      b += rows[picks[i]!]![under]!
    }
    return a / b
  }
  const all = Int32Array.from({ length: n }, (_, i) => i)
  const [input, output] = [ratio(all, 0, 1), ratio(all, 2, 3)]
  if (!isPositive(input) || !isPositive(output)) return null
  const random = stream(1, 'token ratio')
  const samples = Array.from({ length: draws }, () => resample(n, random))
  const band = (over: number, under: number): Interval => {
    const { low, high } = percentileInterval(samples.map(picks => ratio(picks, over, under)).filter(isPositive), 0.9)!
    return { low: estimate(low), high: estimate(high) }
  }
  return { n, input: estimate(input), output: estimate(output), inputBand: band(0, 1), outputBand: band(2, 3) }
}

const isPositive = (ratio: number): boolean => Number.isFinite(ratio) && ratio > 0

// Tasks that were tried several times in; what the repeats add to what is known of the pass rate, and what more tries would give, out.
import { type Interval, wilson } from '../../statistics/interval.ts'
import { pairMoments } from '../../statistics/ratio.ts'
import { passAtK } from '../../statistics/retries.ts'
import type { TaskMean } from './task-means.ts'
import { meanOf, type PassRate, unitsOf } from './units.ts'

export interface Repeats extends Interval {
  /** As many tasks tried once would tell as much: at least the tasks, at most the tries. */
  readonly effectiveTasks: number
  /** Chance that one of k tries passes, unbiased: worth that much only to one who knows which. */
  readonly passAt: readonly { readonly k: number; readonly value: number }[]
}

const mostTries = 10

/**
 * Where tries of a task agree less than with other tasks, repeats tell more than one try of each would: the variance of
 * task means is between ÷ n + within ÷ nK (Miller, arXiv 2411.00640), and the interval is Wilson's at the number of single
 * tries with that variance. The interval of the pass rate itself leaves this gain out. Null without repeats.
 */
export function repeatsOf(tasks: readonly TaskMean[], rate: PassRate): Repeats | null {
  const graded = tasks.filter(({ passed }) => passed !== null)
  const tries = graded.reduce((sum, one) => sum + one.graded, 0)
  if (tries === graded.length) return null
  const { over, under, spread } = pairMoments(
    unitsOf(
      graded,
      meanOf(({ passed }) => passed),
    ),
  )
  const variance =
    spread === null
      ? null
      : (spread.over - 2 * (over / under) * spread.both + (over / under) ** 2 * spread.under) / under ** 2
  const { value, effective } = rate
  const found = variance === null ? effective : variance > 0 ? (value * (1 - value)) / variance : tries
  const isExtreme = value <= 0 || value >= 1
  const effectiveTasks = isExtreme ? effective : Math.min(tries, Math.max(effective, found))
  const { low, high } = wilson(value * effectiveTasks, effectiveTasks)!
  return { low, high, effectiveTasks, passAt: passAts(graded) }
}

/** For as many tries as every task has. */
function passAts(graded: readonly TaskMean[]): Repeats['passAt'] {
  const fewest = Math.min(mostTries, ...graded.map(one => one.graded))
  const weight = graded.reduce((sum, one) => sum + one.weight, 0)
  return Array.from({ length: Math.max(0, fewest - 1) }, (_, i) => {
    const k = i + 2
    const sum = graded.reduce(
      (total, one) => total + one.weight * passAtK(one.graded, Math.round(one.graded * one.passed!), k)!,
      0,
    )
    return { k, value: sum / weight }
  })
}

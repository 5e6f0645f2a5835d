// A pass rate and a bar, or a margin, in; how many tasks it takes to tell them apart, out.
import { wilson } from '../../statistics/interval.ts'

/** More are no plan. */
const mostTasks = 1_000_000

/** The fewest tasks with which Wilson's interval of this pass rate lies on one side of the bar; null where no number within reason does. */
export function tasksForBar(passRate: number, bar: number): number | null {
  const tells = (n: number): boolean => {
    const { low, high } = wilson(passRate * n, n)!
    return passRate >= bar ? low >= bar : high < bar
  }
  if (!tells(mostTasks)) return null
  let short = 0
  let enough = mostTasks
  while (enough - short > 1) {
    const middle = Math.floor((short + enough) / 2)
    if (tells(middle)) enough = middle
    else short = middle
  }
  return enough
}

/** z 95 % one-sided + z 80 %, squared: a test at 95 % that finds what is there in four cases of five. */
const powered = 6.183

/**
 * Tasks that both options do so that equal ones are told to differ by less than `margin`: 6.18 σ² ÷ margin², σ² the share
 * of tasks on which just one of them passes (12 % in published pairs of like models).
 */
export function pairsForMargin(margin: number, discordance = 0.12): number {
  return Math.ceil((powered * discordance) / (margin * margin))
}

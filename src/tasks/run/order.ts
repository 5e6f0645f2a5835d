// Tasks, options, a number of repeats and a seed in; the order in which they are tried, out.
import { stream } from '../../core/statistics/random.ts'
import type { Task } from '../task.ts'
import type { OptionPlan } from './option-plan.ts'

export interface Planned {
  readonly task: Task
  readonly option: OptionPlan
  readonly attempt: number
}

/**
 * Every task on every option, repeat by repeat. Tasks come in a drawn order, and each on all options (in a drawn order too)
 * before the next: wherever a run stops, its options were asked the same, in the same hours. `isByTask`: all repeats of a
 * task before the next task, for runs that stop once enough tasks are known.
 */
export function orderOf(
  tasks: readonly Task[],
  options: readonly OptionPlan[],
  repeat: number,
  seed: number,
  isByTask = false,
): Planned[] {
  const draws = stream(seed, 'order of tries')
  if (isByTask) {
    return shuffled(tasks, draws).flatMap(task =>
      Array.from({ length: repeat }, (_, i) =>
        shuffled(options, draws).map((option): Planned => ({ task, option, attempt: i + 1 })),
      ).flat(),
    )
  }
  return Array.from({ length: repeat }, (_, i) =>
    shuffled(tasks, draws).flatMap(task =>
      shuffled(options, draws).map((option): Planned => ({ task, option, attempt: i + 1 })),
    ),
  ).flat()
}

/** Fisher and Yates, from the end. */
function shuffled<T>(items: readonly T[], draws: { integer(n: number): number }): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = draws.integer(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

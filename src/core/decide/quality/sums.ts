// Options' sums over many tasks (how many, how many passed, what all cost) in; the options ranked out, with the intervals that sums leave.
import { wilson } from '../../statistics/interval.ts'
import { ruleOfThree } from '../../statistics/proportion.ts'
import type { CostPerSuccess, PassRateFigure, Spread } from './option-figures.ts'
import { cheaperFirst, type MeetsBar, type MoreTasks, meets, moreTasks } from './verdict.ts'

/** A row of a published table: nobody knows which task passed, or what each cost. */
export interface OptionSums {
  readonly option: string
  readonly tasks: number
  readonly passes: number
  /** Of all tasks together; null = unknown, never free. */
  readonly usd: number | null
}

export interface RankedSums {
  readonly option: string
  readonly n: number
  readonly passRate: PassRateFigure
  readonly usdPerTask: Spread
  readonly usdPerSuccess: Omit<CostPerSuccess, 'bca' | 'unbounded' | 'recommended' | 'ifUngraded'> & {
    /** No task's own cost is known, so that nothing tells how it varies: this is what the pass rate alone leaves open. */
    readonly fromPassRate: { readonly low: number | null; readonly high: number | null }
  }
  readonly meetsBar: MeetsBar
  readonly moreTasks: MoreTasks | null
}

/** `ranking` ascends by cost per success, then by name; what has none comes last. */
export function rankSums(all: readonly OptionSums[], bar: number | null): RankedSums[] {
  return all
    .map((sums): RankedSums => {
      const passRate = rateOf(sums)
      const meetsBar = meets(passRate, bar)
      const more = bar === null || meetsBar !== 'unclear' ? null : moreTasks(sums.tasks, passRate, bar)
      return { ...figuresOf(sums, passRate), meetsBar, moreTasks: more }
    })
    .sort(cheaperFirst)
}

function rateOf({ tasks, passes }: OptionSums): PassRateFigure {
  const rate = wilson(passes, tasks)
  const bound = tasks === 0 ? null : ruleOfThree(tasks)
  return {
    value: rate?.value ?? null,
    low: rate?.low ?? null,
    high: rate?.high ?? null,
    effectiveTasks: tasks,
    repeats: null,
    ruleOfThree: bound === null ? null : passes === tasks ? 1 - bound : passes === 0 ? bound : null,
    ifUngraded: { failed: rate?.value ?? 0, passed: rate?.value ?? 1 },
  }
}

function figuresOf({ option, tasks, passes, usd }: OptionSums, passRate: PassRateFigure) {
  const usdPerTask = usd === null || tasks === 0 ? null : usd / tasks
  const over = (rate: number | null) => (usdPerTask === null || rate === null || rate === 0 ? null : usdPerTask / rate)
  return {
    option,
    n: tasks,
    passRate,
    usdPerTask: { value: usdPerTask, low: null, high: null },
    usdPerSuccess: {
      value: usd === null || passes === 0 ? null : usd / passes,
      low: null,
      high: null,
      n: usd === null ? 0 : tasks,
      fromPassRate: { low: over(passRate.high), high: over(passRate.low) },
    },
  }
}

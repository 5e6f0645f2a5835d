// Tries of any number of options on any number of tasks in, one by one; a table of what each option made of each task out, each try in it once.
import type { Money } from '../../meter/money.ts'
import type { Attempt } from './attempt.ts'

/** What the statistics keep of a try. Dollars as numbers: sums and intervals of them are estimates. */
export interface Trial {
  readonly attempt: number
  readonly passed: boolean | null
  readonly usd: number | null
  readonly judgeUsd: number | null
  /** Of a composition: a wrong answer was given out because a verifier took it. Null = nobody graded what it took. */
  readonly silent?: boolean | null
}

export interface TaskOfTable {
  readonly task: string
  /** How much of the real work it stands for. */
  readonly weight: number
  readonly cluster: string | null
  readonly workload: string | null
  readonly tags: readonly string[]
}

export interface TrialTable {
  /** In the order in which they first came. */
  readonly tasks: readonly TaskOfTable[]
  readonly options: readonly OptionTrials[]
}

export interface OptionTrials {
  readonly option: string
  /** By the task's place in `tasks`. */
  readonly trials: ReadonlyMap<number, readonly Trial[]>
}

/** `repeated`: told already, in the same words. `contradicted`: told already, with another outcome or cost; the first stands. */
export type Taken = 'added' | 'repeated' | 'contradicted'

export interface TrialCollector {
  /**
   * `attempt` null = not numbered: the option's next try of the task. `dollars` is its cost as it was written, where that is
   * finer than money keeps: a table of costs under a pico-dollar is not of free tries.
   */
  add(attempt: Omit<Attempt, 'attempt'> & { readonly attempt: number | null; readonly dollars?: number | null }): Taken
  table(): TrialTable
}

/** Law 5 for tries: one of the same option, task and number counts once, however often it is told. */
export function trialCollector(): TrialCollector {
  const tasks: TaskOfTable[] = []
  const places = new Map<string, number>()
  const options = new Map<string, Map<number, Trial[]>>()

  const placeOf = ({ task, weight, cluster, workload, tags }: Omit<Attempt, 'attempt'>): number => {
    const known = places.get(task)
    if (known === undefined) {
      places.set(task, tasks.length)
      return tasks.push({ task, weight, cluster, workload, tags }) - 1
    }
    // What one row leaves open another may tell; where two differ the first stands.
    const before = tasks[known]!
    const isOpen =
      (before.cluster === null && cluster !== null) ||
      (before.workload === null && workload !== null) ||
      (before.tags.length === 0 && tags.length > 0) ||
      (before.weight === 1 && weight !== 1)
    if (isOpen) {
      tasks[known] = {
        task,
        weight: before.weight === 1 ? weight : before.weight,
        cluster: before.cluster ?? cluster,
        workload: before.workload ?? workload,
        tags: before.tags.length === 0 ? tags : before.tags,
      }
    }
    return known
  }

  return {
    add(attempt) {
      const place = placeOf(attempt)
      const trials = options.get(attempt.option) ?? new Map<number, Trial[]>()
      options.set(attempt.option, trials)
      const ofTask = trials.get(place) ?? []
      trials.set(place, ofTask)
      const trial: Trial = {
        attempt: attempt.attempt ?? ofTask.reduce((most, one) => Math.max(most, one.attempt), 0) + 1,
        passed: attempt.passed,
        usd: attempt.dollars ?? numberOf(attempt.usd),
        judgeUsd: numberOf(attempt.judgeUsd),
        ...(attempt.stages.length === 0 ? {} : { silent: silentlyWrong(attempt.stages) }),
      }
      const told = ofTask.find(one => one.attempt === trial.attempt)
      if (told === undefined) {
        ofTask.push(trial)
        return 'added'
      }
      return told.passed === trial.passed && isSameCost(told.usd, trial.usd) ? 'repeated' : 'contradicted'
    },
    table: () => ({
      tasks,
      options: [...options].map(([option, trials]) => ({ option, trials })),
    }),
  }
}

/** The answer of a stage that no verifier stood behind is not vouched for: right or wrong, it is never silent. */
function silentlyWrong(stages: Attempt['stages']): boolean | null {
  const taken = stages.find(({ accepted }) => accepted === true)
  if (taken === undefined) return false
  return taken.passed === null ? null : !taken.passed
}

/** To the pico-dollar, in which other tools' files may have written it. */
const isSameCost = (a: number | null, b: number | null): boolean =>
  a === b || (a !== null && b !== null && Math.abs(a - b) <= 1e-12)

const numberOf = (usd: Money | null): number | null => (usd === null ? null : Number(usd) / 1e12)
/** The same table with the tasks that `isKept` alone; options that are left without any are gone. */
export function narrowed(table: TrialTable, isKept: (task: TaskOfTable) => boolean): TrialTable {
  const kept = new Set(table.tasks.flatMap((task, place) => (isKept(task) ? [place] : [])))
  return {
    tasks: table.tasks,
    options: table.options
      .map(({ option, trials }) => ({ option, trials: new Map([...trials].filter(([place]) => kept.has(place))) }))
      .filter(({ trials }) => trials.size > 0),
  }
}

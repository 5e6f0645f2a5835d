// What several options made of the same tasks, and how good a verifier is, in; what the cascade of them would make of those tasks out.
import type { OptionTasks, TaskMean } from './task-means.ts'

/** Says of an answer whether it will do. */
export interface Verifier {
  /** P(accept | right) and P(reject | wrong). */
  readonly sensitivity: number
  readonly specificity: number
  /** Of one check; part of the option's cost. */
  readonly usd: number
}

export interface CascadeTasks {
  /** As if the cascade had been tried: to be ranked and paired like any option. */
  readonly tasks: OptionTasks
  /** Share of tasks that end with a wrong answer which the verifier let through. */
  readonly silentErrors: number | null
  /** Share of tasks that reach each stage. */
  readonly reached: readonly number[]
}

/**
 * The stages' outcomes and costs are taken task by task (law 7): a task that the first got wrong is, for the second too,
 * mostly a hard and dear one, and multiplying averages would call the cascade far better and cheaper than it is. Every
 * task pays the first stage and its check; the last stage's answer is given out unchecked. Only tasks that every stage
 * tried, with known outcome and cost, are in it.
 */
export function cascadeTasks(name: string, stages: readonly OptionTasks[], verifier: Verifier): CascadeTasks {
  const [first, ...others] = stages
  const byPlace = others.map(({ tasks }) => new Map(tasks.map(task => [task.place, task])))
  const joint = (first?.tasks ?? []).flatMap(task => {
    const all = [task, ...byPlace.map(places => places.get(task.place))]
    const known = all.flatMap(one => one?.whole ?? [])
    return known.length === stages.length ? [{ task, stages: known }] : []
  })
  const ran = joint.map(one => ({ task: one.task, ...through(one.stages, verifier) }))
  const weight = ran.reduce((sum, { task }) => sum + task.weight, 0)
  const share = (of: (one: (typeof ran)[number]) => number): number =>
    ran.reduce((sum, one) => sum + one.task.weight * of(one), 0) / weight
  const tasks = ran.map(
    ({ task, passed, usd, silent }): TaskMean => ({ ...task, passed, graded: 1, usd, whole: { passed, usd }, silent }),
  )
  return {
    tasks: { option: name, tasks, coverage: coverageOf(tasks) },
    silentErrors: ran.length === 0 ? null : share(({ silent }) => silent),
    reached: stages.map((_, i) => (ran.length === 0 ? 0 : share(({ reached }) => reached[i]!))),
  }
}

type Whole = NonNullable<TaskMean['whole']>

/** One task through all stages: each reaches it as often as those before were rejected. */
function through(stages: readonly Whole[], { sensitivity, specificity, usd: check }: Verifier) {
  let [reach, passed, usd, silent] = [1, 0, 0, 0]
  const reached: number[] = []
  stages.forEach((stage, i) => {
    reached.push(reach)
    const isLast = i === stages.length - 1
    usd += reach * (stage.usd + (isLast ? 0 : check))
    const [right, wrong] = [stage.passed, 1 - stage.passed]
    passed += reach * right * (isLast ? 1 : sensitivity)
    if (isLast) return
    silent += reach * wrong * (1 - specificity)
    reach *= right * (1 - sensitivity) + wrong * specificity
  })
  return { passed, usd, silent, reached }
}

function coverageOf(tasks: readonly TaskMean[]): OptionTasks['coverage'] {
  const n = tasks.length
  const passes = tasks.reduce((sum, { passed }) => sum + (passed ?? 0), 0)
  const usd = tasks.reduce((sum, one) => sum + (one.usd ?? 0), 0)
  return {
    attempts: n,
    graded: n,
    priced: n,
    whole: n,
    passes,
    wholePasses: passes,
    wholeUsd: usd,
    usd,
    ungradedUsd: 0,
    judgeUsd: null,
  }
}

export interface ToChoose {
  readonly option: string
  readonly usdPerSuccess: number | null
  readonly meetsBar: 'yes' | 'no' | 'unclear'
  /** Share of tasks that end with a wrong answer taken for right; its upper bound where one is known. Null = unknown. */
  readonly silentErrors: number | null
}

/**
 * The cheapest per success of those that clear the bar and keep silent errors within the cap. Cost per success alone would
 * choose the worse verifier: what it lets through is paid for once, and counted by nobody. With a cap, an unknown share is
 * over it. Null = none.
 */
export function cheapestWithin(options: readonly ToChoose[], silentErrorCap: number | null): string | null {
  const fit = options.filter(
    ({ usdPerSuccess, meetsBar, silentErrors }) =>
      usdPerSuccess !== null &&
      meetsBar === 'yes' &&
      (silentErrorCap === null || (silentErrors !== null && silentErrors <= silentErrorCap)),
  )
  const cheapest = fit.reduce<ToChoose | null>(
    (best, one) => (best === null || one.usdPerSuccess! < best.usdPerSuccess! ? one : best),
    null,
  )
  return cheapest?.option ?? null
}

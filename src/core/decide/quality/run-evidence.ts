// The kept rows of a run of tasks in; by option and task what was passed, paid and written, as an answer weighs it, out.
import { answerKinds, promptKinds } from '../../meter/usage.ts'
import { estimate } from '../../statistics/estimate.ts'
import { groupedBy } from '../../statistics/grouped.ts'
import { tokensOf } from './amortized.ts'
import type { AttemptRow } from './attempt-row.ts'
import type { TaskMean } from './task-means.ts'
import type { TriedOption } from './tried-option.ts'

/** What a run says of the options in it. Plain JSON, part of `Evidence`. */
export interface RunEvidence {
  readonly run: string
  /** `run`: through the gateway; `replay`: of sampled calls; `import`: another tool's results. */
  readonly origin: 'run' | 'replay' | 'import'
  readonly suite: string
  /** When it ended, ISO 8601; null = nobody told. */
  readonly at: string | null
  /** Shares of tasks that must pass, as the suite states them. */
  readonly bars: readonly number[]
  /** How much of the real work each task stands for. */
  readonly weights: readonly number[]
  /** Tasks of one cluster have one number, a task that stands by itself its own. */
  readonly clusters: readonly number[]
  readonly options: readonly TriedTasks[]
}

/** An option of a run. The lists have a place for each task of the run, the same for all its options. */
export interface TriedTasks {
  readonly option: TriedOption
  /** Share of its graded tries that passed; null = it has none. */
  readonly passed: readonly (number | null)[]
  /** Means over the graded tries; null where one of them does not tell. USD: the option's own work, judging apart. */
  readonly usd: readonly (number | null)[]
  readonly inputTokens: readonly (number | null)[]
  readonly outputTokens: readonly (number | null)[]
  /** Of two options in a row, what became of each task between them; null for anything else. */
  readonly cascade: CascadeTasks | null
}

/** Means over a task's graded tries, as above. */
export interface CascadeTasks {
  /** Share of its tries that went on to the second option. */
  readonly escalated: readonly (number | null)[]
  /** What the second cost (0 for a task that never went there), and the verifier. */
  readonly secondUsd: readonly (number | null)[]
  readonly verifierUsd: readonly (number | null)[]
  /** Share of its tries whose first answer was accepted and is wrong. */
  readonly silentlyWrong: readonly (number | null)[]
}

/** What `run.json` tells of a run. */
export type RunTold = Omit<RunEvidence, 'weights' | 'clusters' | 'options' | 'at'> & {
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly options: readonly TriedOption[]
}

/**
 * Tries that nobody could grade are left out, of cost and tokens too: they are neither passed nor failed. A workload narrows
 * it to the tasks of that one and of none.
 */
export function runEvidence(told: RunTold, rows: readonly AttemptRow[], workload: string | null = null): RunEvidence {
  const { run, origin, suite, bars, startedAt, endedAt } = told
  const asked = rows.filter(row => workload === null || row.workload === null || row.workload === workload)
  const tasks = [...new Set(asked.map(({ task }) => task))]
  const weightOf = new Map(asked.map(({ task, weight }) => [task, weight]))
  const byOption = groupedBy(asked, ({ option }) => option)
  return {
    run,
    origin,
    suite,
    at: endedAt ?? startedAt,
    bars,
    weights: tasks.map(task => weightOf.get(task) ?? 1),
    clusters: clusterNumbers(tasks, asked),
    options: told.options.flatMap(option => {
      const own = byOption.get(option.name)
      return own === undefined ? [] : [triedTasks(option, tasks, own)]
    }),
  }
}

function clusterNumbers(tasks: readonly string[], rows: readonly AttemptRow[]): number[] {
  const clusterOf = new Map(rows.flatMap(({ task, cluster }) => (cluster === null ? [] : [[task, cluster] as const])))
  const named = new Map<string, number>()
  return tasks.map((task, place) => {
    const cluster = clusterOf.get(task)
    if (cluster === undefined) return place
    const number = named.get(cluster) ?? place
    named.set(cluster, number)
    return number
  })
}

/** As the statistics of tries take them: cost and outcome over the same tries. */
export function taskMeans(
  { weights, clusters }: Pick<RunEvidence, 'weights' | 'clusters'>,
  passed: readonly (number | null)[],
  usd: readonly (number | null)[],
): TaskMean[] {
  return weights.map((weight, place) => {
    const [share, cost] = [passed[place]!, usd[place]!]
    const whole = share === null || cost === null ? null : { passed: share, usd: cost }
    const graded = share === null ? 0 : 1
    return { place, cluster: clusters[place]!, weight, passed: share, graded, usd: cost, whole }
  })
}

function triedTasks(option: TriedOption, tasks: readonly string[], rows: readonly AttemptRow[]): TriedTasks {
  const byTask = groupedBy(
    rows.filter(({ passed }) => passed !== null),
    ({ task }) => task,
  )
  const means = (of: (row: AttemptRow) => number | null): (number | null)[] =>
    tasks.map(task => meanOf((byTask.get(task) ?? []).map(of)))
  const second = (row: AttemptRow) => row.stages[1]
  const cascade: CascadeTasks | null =
    option.kind !== 'cascade' || option.stages.length !== 2
      ? null
      : {
          escalated: means(row => (row.stages.length === 0 ? null : second(row) === undefined ? 0 : 1)),
          secondUsd: means(row =>
            row.stages.length === 0 ? null : second(row) === undefined ? 0 : usdOf(second(row)!.usd),
          ),
          verifierUsd: means(row => sumOf(row.stages.map(checkedUsd))),
          silentlyWrong: means(({ stages, passed }) =>
            stages.length === 0
              ? null
              : stages.length === 1 && stages[0]!.accepted === true && passed === false
                ? 1
                : 0,
          ),
        }
  return {
    option,
    passed: means(({ passed }) => (passed === true ? 1 : 0)),
    usd: means(({ usd }) => usdOf(usd)),
    inputTokens: means(({ usage }) => tokensOf(usage, promptKinds)),
    outputTokens: means(({ usage }) => tokensOf(usage, answerKinds)),
    cascade,
  }
}

const usdOf = (usd: string | null): number | null => (usd === null ? null : Number(usd))

/** A stage without a verdict had no verifier: there is nothing to pay. */
const checkedUsd = ({ accepted, verifierUsd }: AttemptRow['stages'][number]): number | null =>
  accepted === null && verifierUsd === null ? 0 : usdOf(verifierUsd)

function sumOf(values: readonly (number | null)[]): number | null {
  return values.length === 0
    ? null
    : values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0)
}

/** Null where one is: a mean of those that are known would be of other tries. */
function meanOf(values: readonly (number | null)[]): number | null {
  const sum = sumOf(values)
  return sum === null ? null : estimate(sum / values.length)
}

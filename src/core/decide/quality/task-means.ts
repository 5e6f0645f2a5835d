// An option's tries in; its mean outcome and cost on each task out, over what is known, with how much that is.
import type { OptionTrials, Trial, TrialTable } from './trial-table.ts'

/** One task on one option. Repeats are averaged here, so that everything after counts tasks and never tries. */
export interface TaskMean {
  /** The task's place in the table. */
  readonly place: number
  /** Tasks of one cluster have one number, a task that stands by itself its own. */
  readonly cluster: number
  readonly weight: number
  /** Share of its graded tries that passed; null = none was graded. */
  readonly passed: number | null
  /** Its graded tries. */
  readonly graded: number
  /** Mean cost of its priced tries; null = none was priced. */
  readonly usd: number | null
  /** Both, over the tries of which both are known: what cost per success is made of. Null = there is none. */
  readonly whole: { readonly passed: number; readonly usd: number } | null
  /** Of a composition: share of its tries that were silently wrong; null = unknown. Absent = it is none. */
  readonly silent?: number | null
}

export interface Coverage {
  readonly attempts: number
  /** With a known outcome, a known cost, both. */
  readonly graded: number
  readonly priced: number
  readonly whole: number
  readonly passes: number
  /** Of the tries of which both are known. */
  readonly wholePasses: number
  readonly wholeUsd: number
  /** Sum of the costs that are known. */
  readonly usd: number
  /** Of it, what tries cost whose outcome nobody knows. */
  readonly ungradedUsd: number
  /** Sum of what judging cost, apart from `usd`; null = no try told it. */
  readonly judgeUsd: number | null
}

export interface OptionTasks {
  readonly option: string
  readonly tasks: readonly TaskMean[]
  readonly coverage: Coverage
}

/** In the order of the table's tasks. */
export function optionTasks(table: TrialTable, { option, trials }: OptionTrials): OptionTasks {
  const clusterOf = clusterNumbers(table)
  const coverage = {
    attempts: 0,
    graded: 0,
    priced: 0,
    whole: 0,
    passes: 0,
    wholePasses: 0,
    wholeUsd: 0,
    usd: 0,
    ungradedUsd: 0,
  }
  let judgeUsd: number | null = null
  const tasks = [...trials]
    .sort(([a], [b]) => a - b)
    .map(([place, ofTask]): TaskMean => {
      let [graded, passes, priced, usd, whole, wholePasses, wholeUsd] = [0, 0, 0, 0, 0, 0, 0]
      for (const trial of ofTask) {
        if (trial.judgeUsd !== null) judgeUsd = (judgeUsd ?? 0) + trial.judgeUsd
        if (trial.passed !== null) {
          graded++
          if (trial.passed) passes++
        }
        if (trial.usd === null) continue
        priced++
        usd += trial.usd
        if (trial.passed === null) {
          coverage.ungradedUsd += trial.usd
          continue
        }
        whole++
        wholeUsd += trial.usd
        if (trial.passed) wholePasses++
      }
      coverage.attempts += ofTask.length
      coverage.graded += graded
      coverage.passes += passes
      coverage.priced += priced
      coverage.whole += whole
      coverage.wholePasses += wholePasses
      coverage.wholeUsd += wholeUsd
      coverage.usd += usd
      return {
        place,
        cluster: clusterOf[place]!,
        weight: table.tasks[place]!.weight,
        passed: graded === 0 ? null : passes / graded,
        graded,
        usd: priced === 0 ? null : usd / priced,
        whole: whole === 0 ? null : { passed: wholePasses / whole, usd: wholeUsd / whole },
        ...silentShare(ofTask),
      }
    })
  return { option, tasks, coverage: { ...coverage, judgeUsd } }
}

function silentShare(trials: readonly Trial[]): Pick<TaskMean, 'silent'> {
  const composed = trials.flatMap(({ silent }) => (silent === undefined ? [] : [silent]))
  if (composed.length === 0) return {}
  const known = composed.filter(silent => silent !== null)
  return { silent: known.length === 0 ? null : known.filter(silent => silent).length / known.length }
}

const numbersOf = new WeakMap<TrialTable, Int32Array>()

/** A number for each task's cluster, by the task's place. */
function clusterNumbers(table: TrialTable): Int32Array {
  const known = numbersOf.get(table)
  if (known !== undefined) return known
  const named = new Map<string, number>()
  const numbers = Int32Array.from(table.tasks, ({ cluster }, place) => {
    if (cluster === null) return place
    const number = named.get(cluster) ?? place
    named.set(cluster, number)
    return number
  })
  numbersOf.set(table, numbers)
  return numbers
}

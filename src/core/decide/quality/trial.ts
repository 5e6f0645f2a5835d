// An option and the runs of tasks in the evidence in; whether it did the job, by which run, and how many tokens it took for it, out.

import { Fault, nearestName } from '../../fault/fault.ts'
import { estimate } from '../../statistics/estimate.ts'
import { type Interval, Z95 } from '../../statistics/interval.ts'
import { type PairedDifference, pairedDifference, Z90 } from '../../statistics/paired.ts'
import type { Choices } from '../choices.ts'
import type { Weights } from '../eligibility.ts'
import type { Evidence } from '../evidence.ts'
import { type Described, type Heard, heardOf, isSameModel, weightsOf } from './heard.ts'
import { type RunEvidence, type TriedTasks, taskMeans } from './run-evidence.ts'
import { type MeasuredRatio, measuredRatio } from './token-means.ts'
import { passRateOf } from './units.ts'
import { type MeetsBar, meets } from './verdict.ts'

export interface Estimated extends Interval {
  readonly value: number
}

/** What tasks say of one option. */
export interface Trial extends Heard {
  /** Graded tasks. */
  readonly n: number
  /** As many independent tasks of equal weight would tell as much. */
  readonly effectiveTasks: number
  readonly passRate: Estimated
  /** Share of tasks that must pass: the reader's, else the strictest of the suite's; null = nobody said. */
  readonly bar: number | null
  /** Pass rate − today's option's on the same tasks; null where that was not run beside it. */
  readonly difference: (Estimated & { readonly n: number; readonly margin: number | null }) | null
  readonly verdict: 'yes' | 'no' | 'not enough data'
  readonly ratio: MeasuredRatio | null
}

/** The runs that count: all, or the one that the reader names. @throws Fault TASK_RUN_UNKNOWN */
export function runsAsked({ tasks = [] }: Evidence, { taskRun }: Choices): readonly RunEvidence[] {
  if (taskRun === null) return tasks
  const named = tasks.filter(({ run }) => run === taskRun)
  if (named.length > 0) return named
  const near = nearestName(
    taskRun,
    tasks.map(({ run }) => run),
  )
  throw new Fault('TASK_RUN_UNKNOWN', `no run of tasks "${taskRun}" is kept`, {
    where: 'taskRun',
    fix: near === null ? 'leave it out for the newest, or see DATA/tasks' : `did you mean ${near}?`,
  })
}

const kept = new WeakMap<Evidence, Map<string, Trial | null>>()
/** Bars that a reader turns through before what was found is forgotten. */
const mostKept = 5000

/**
 * Null: no task was run on it, or on the same weights in the same format. Kept per evidence, since a page asks of every
 * option at each turn of a control, and few of them change any of this.
 */
export function trialOf(evidence: Evidence, choices: Choices, today: Weights | null, option: Described): Trial | null {
  const runs = runsAsked(evidence, choices)
  if (runs.length === 0) return null
  const { bar, margin, taskRun } = choices
  const { kind, group, dtype, provider } = option
  const key = JSON.stringify([bar, margin, taskRun, kind, group, dtype, provider])
  const known = kept.get(evidence) ?? new Map<string, Trial | null>()
  kept.set(evidence, known)
  let found = known.get(key)
  if (found === undefined) {
    const heard = heardOf(runs, option)
    found = heard === null ? null : trialFrom(evidence, choices, today, heard)
    if (known.size >= mostKept) known.clear()
    known.set(key, found)
  }
  return found
}

/** The same of tries that are known to speak for it. */
export function trialFrom(evidence: Evidence, choices: Choices, today: Weights | null, heard: Heard): Trial | null {
  const { run, tried } = heard
  const rate = passRateOf(taskMeans(run, tried.passed, tried.usd))
  if (rate === null) return null
  const bar = choices.bar ?? (run.bars.length === 0 ? null : Math.max(...run.bars))
  const todays = todaysIn(evidence, run, today)
  const isToday = todays === tried
  const difference = todays === null || isToday ? null : differenceOf(run, tried, todays, Z95)
  const { margin } = choices
  const bounds = margin === null || difference === null ? null : differenceOf(run, tried, todays!, Z90)
  const told = [
    ...(bar === null ? [] : [meets(rate, bar)]),
    ...(margin === null ? [] : [isToday ? 'yes' : notWorse(bounds, margin)]),
  ]
  return {
    ...heard,
    n: rate.n,
    effectiveTasks: estimate(rate.effective),
    passRate: rounded(rate),
    bar,
    difference: difference && { ...rounded(difference), n: difference.n, margin },
    verdict: told.includes('no')
      ? 'no'
      : told.length > 0 && told.every(one => one === 'yes')
        ? 'yes'
        : 'not enough data',
    ratio: todays === null || isToday ? null : measuredRatio(run, tried, todays),
  }
}

/** What today's calls run on, in this run: by its seller, else its weights in a format that is not known to be another. */
function todaysIn(evidence: Evidence, run: RunEvidence, today: Weights | null): TriedTasks | null {
  if (today === null) return null
  const metered = evidence.api.filter(({ kind, group }) => kind === 'as-metered' && group === today.group)
  const served = evidence.api.filter(({ servesToday, group }) => servesToday === true && group === today.group)
  const asked: Described[] = [
    ...[...metered, ...served].map(
      ({ group, dtype, provider }): Described => ({ kind: 'api', group, dtype, provider }),
    ),
    { kind: 'self-host', group: today.group, dtype: today.dtype, provider: null },
  ]
  for (const one of asked) {
    const heard = heardOf([run], one)
    if (heard !== null) return heard.tried
  }
  // Whoever does not say how it rounds may well be what runs today: nothing nearer was tried.
  const like = run.options.find(
    ({ option }) =>
      option.stages.length === 0 &&
      isSameModel(weightsOf(option), today.group) &&
      (option.dtype === null || today.dtype === null),
  )
  return like ?? null
}

/** On the same tasks, as pairs are compared everywhere (Newcombe's interval). */
function differenceOf(
  { clusters }: RunEvidence,
  tried: TriedTasks,
  todays: TriedTasks,
  z: number,
): PairedDifference | null {
  const shared = clusters.flatMap((cluster, i) => {
    const [a, b] = [tried.passed[i]!, todays.passed[i]!]
    return a === null || b === null ? [] : [{ a, b, cluster }]
  })
  const isClustered = new Set(shared.map(({ cluster }) => cluster)).size < shared.length
  const rates = { a: shared.map(({ a }) => a), b: shared.map(({ b }) => b) }
  return pairedDifference(rates, isClustered ? shared.map(({ cluster }) => cluster) : null, z)
}

/** Non-inferiority: not worse by the margin, or surely worse by it, each at one-sided 95 %. */
function notWorse(bounds: PairedDifference | null, margin: number): MeetsBar {
  if (bounds === null) return 'unclear'
  return bounds.low > -margin ? 'yes' : bounds.high < -margin ? 'no' : 'unclear'
}

const rounded = ({ value, low, high }: Estimated): Estimated => ({
  value: estimate(value),
  low: estimate(low),
  high: estimate(high),
})

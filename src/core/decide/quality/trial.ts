// An option and the runs of tasks in the evidence in; whether it did the job, by which run, and how many tokens it took for it, out.

import { Fault, nearestName } from '../../fault/fault.ts'
import { estimate } from '../../statistics/estimate.ts'
import { type Interval, wilson, Z95 } from '../../statistics/interval.ts'
import type { Choices } from '../choices.ts'
import type { Weights } from '../eligibility.ts'
import type { Evidence } from '../evidence.ts'
import { type Described, type Heard, heardOf, isSameModel, weightsOf } from './heard.ts'
import type { RunEvidence, TriedTasks } from './run-evidence.ts'
import { type MeasuredRatio, measuredRatio } from './token-means.ts'

export interface Estimated extends Interval {
  readonly value: number
}

/** What tasks say of one option. */
export interface Trial extends Heard {
  /** Graded tasks. */
  readonly n: number
  readonly passRate: Estimated
  /** Share of tasks that must pass: the reader's, else the strictest of the suite's; null = nobody said. */
  readonly bar: number | null
  /** Pass rate − today's option's on the same tasks; null where that was not run beside it. */
  readonly difference: (Estimated & { readonly n: number; readonly margin: number | null }) | null
  readonly verdict: 'yes' | 'no' | 'not enough data'
  readonly ratio: MeasuredRatio | null
}

/** One-sided 95 % normal quantile. */
const z95OneSided = 1.644854

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

/** Null: no task was run on it, or on the same weights in the same format. */
export function trialOf(evidence: Evidence, choices: Choices, today: Weights | null, option: Described): Trial | null {
  const heard = heardOf(runsAsked(evidence, choices), option)
  return heard === null ? null : trialFrom(evidence, choices, today, heard)
}

/** The same of tries that are known to speak for it. */
export function trialFrom(evidence: Evidence, choices: Choices, today: Weights | null, heard: Heard): Trial | null {
  const { run, tried } = heard
  const rate = rateOf(run, tried)
  if (rate === null) return null
  const bar = choices.bar ?? (run.bars.length === 0 ? null : Math.max(...run.bars))
  const todays = todaysIn(evidence, run, today)
  const difference = todays === null || todays === tried ? null : differenceOf(run, tried, todays)
  const told = [
    ...(bar === null ? [] : [rate.low >= bar ? 'yes' : rate.high < bar ? 'no' : 'unclear']),
    ...(choices.margin === null ? [] : [notWorse(difference, choices.margin, todays === tried)]),
  ]
  return {
    ...heard,
    n: rate.n,
    passRate: rounded(rate),
    bar,
    difference: difference && { ...rounded(difference), n: difference.n, margin: choices.margin },
    verdict: told.includes('no')
      ? 'no'
      : told.length > 0 && told.every(one => one === 'yes')
        ? 'yes'
        : 'not enough data',
    ratio: todays === null || todays === tried ? null : measuredRatio(run, tried, todays),
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

/**
 * Wilson's interval of the share of tasks passed, by weight: unequal weights count as Kish's effective number of tasks, (Σw)² ÷ Σw².
 */
function rateOf({ weights }: RunEvidence, { passed }: TriedTasks): (Estimated & { readonly n: number }) | null {
  let n = 0
  let whole = 0
  let squares = 0
  let passes = 0
  passed.forEach((share, i) => {
    if (share === null) return
    const weight = weights[i]!
    n++
    whole += weight
    squares += weight * weight
    passes += weight * share
  })
  const effective = squares > 0 ? (whole * whole) / squares : 0
  const rate = wilson((passes / whole) * effective, effective)
  return rate === null ? null : { ...rate, n }
}

/**
 * Difference of shares on the same tasks, after half a task was added to each of the four ways in which a pair can come out
 * (Agresti & Min 2005): where no pair differs yet, few tasks still say little.
 */
function differenceOf({ weights }: RunEvidence, a: TriedTasks, b: TriedTasks): (Estimated & Spread) | null {
  const pairs = weights.flatMap((_, i) => {
    const [one, other] = [a.passed[i]!, b.passed[i]!]
    return one === null || other === null ? [] : [one - other]
  })
  const n = pairs.length
  if (n === 0) return null
  const sum = pairs.reduce((total, d) => total + d, 0)
  const mean = sum / (n + 2)
  const variance = (pairs.reduce((total, d) => total + d * d, 1) / (n + 2) - mean * mean) / (n + 2)
  const error = Math.sqrt(Math.max(0, variance))
  return { n, value: sum / n, middle: mean, error, low: mean - Z95 * error, high: mean + Z95 * error }
}

interface Spread {
  readonly n: number
  readonly middle: number
  readonly error: number
}

/** Non-inferiority: not worse by the margin, or surely worse by it, each at 95 %. */
function notWorse(difference: Spread | null, margin: number, isToday: boolean): string {
  if (isToday) return 'yes'
  if (difference === null) return 'unclear'
  const { middle, error } = difference
  if (middle - z95OneSided * error > -margin) return 'yes'
  return middle + z95OneSided * error < -margin ? 'no' : 'unclear'
}

const rounded = ({ value, low, high }: Estimated): Estimated => ({
  value: estimate(value),
  low: estimate(low),
  high: estimate(high),
})

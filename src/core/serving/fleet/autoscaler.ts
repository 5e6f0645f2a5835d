// What a fleet's replicas are doing, tick by tick → how many of them there should be: one line per signal scaled on.
import { Fault } from '../../fault/fault.ts'

export type ScalingSignal = 'concurrency' | 'utilization' | 'queue' | 'wait' | 'schedule'

/** What the autoscaler sees at a tick. */
export interface Signals {
  /** Replicas that serve, draining ones not among them. */
  readonly serving: number
  /** Requests waiting or running on them, and those that wait for a replica. */
  readonly outstanding: number
  /** Of these, the ones that no batch has taken in yet. */
  readonly waiting: number
  /** For how long the first of those has waited; 0 without one. */
  readonly longestWaitSeconds: number
  /** Share of their time since the last tick in which a step was running. */
  readonly busyShare: number
  /** Replicas by the schedule at this time. */
  readonly scheduled: number
}

/**
 * Replicas at which the signal would stand at its target. A Kubernetes HPA's rule: current × signal ÷ target; of a wait,
 * which has no end, no more than its default policy adds in one interval (twice as many, or four).
 */
const wanted: Readonly<Record<ScalingSignal, (signals: Signals, target: number) => number>> = {
  concurrency: ({ outstanding }, target) => outstanding / target,
  utilization: ({ serving, busyShare }, target) => (serving * busyShare) / target,
  queue: ({ waiting }, target) => waiting / target,
  wait: ({ serving, longestWaitSeconds }, target) =>
    Math.min((serving * longestWaitSeconds) / target, Math.max(2 * serving, serving + 4)),
  schedule: ({ scheduled }) => scheduled,
}

export const scalingSignals = Object.keys(wanted) as readonly ScalingSignal[]

/** A reactive autoscaler. Defaults are those of the Kubernetes HorizontalPodAutoscaler (autoscaling/v2 documentation). */
export interface Scaling {
  readonly signal: ScalingSignal
  /**
   * What it steers to: requests in flight per replica (`concurrency`), share of time (`utilization`, 0..1), requests that
   * wait per replica (`queue`) or seconds that the first of them has waited (`wait`). A `schedule` has none: any number.
   */
  readonly target: number
  /** From when on how many replicas, in order of time; with another signal, the fewest. Before the first: `minReplicas`. */
  readonly schedule?: readonly ScheduleStep[] | undefined
  /** 0: none while nothing is to be done; the request that finds none has one leased and waits for its cold start. */
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Warm at the start; default `minReplicas`, or what the schedule says. */
  readonly startReplicas?: number | undefined
  /** Between decisions (HPA: 15). */
  readonly intervalSeconds?: number | undefined
  /** No change while the wish is within this share of what is there (HPA: 0.1). */
  readonly tolerance?: number | undefined
  /** Up only to the smallest wish of so long (HPA: 0), down only to the largest of so long (HPA: 300). */
  readonly upCooldownSeconds?: number | undefined
  readonly downCooldownSeconds?: number | undefined
  /** From the decision to the first request served. */
  readonly coldStartSeconds: number
}

export interface ScheduleStep {
  readonly fromSeconds: number
  readonly replicas: number
}

export const scalingDefaults = {
  intervalSeconds: 15,
  tolerance: 0.1,
  upCooldownSeconds: 0,
  downCooldownSeconds: 300,
} as const

/** A schedule is kept to the letter. */
const scheduleDefaults = { ...scalingDefaults, tolerance: 0, downCooldownSeconds: 0 }

/** Throws a Fault for limits that no autoscaler could keep. */
export function checkScaling(scaling: Scaling): void {
  const { signal, minReplicas, maxReplicas, target, intervalSeconds, coldStartSeconds, schedule = [] } = scaling
  const whole = Number.isInteger(minReplicas) && Number.isInteger(maxReplicas)
  if (!whole || minReplicas < 0 || maxReplicas < Math.max(1, minReplicas)) {
    throw new Fault('SCALING_RANGE', `an autoscaler cannot keep ${minReplicas} to ${maxReplicas} replicas`, {
      fix: 'allow at least 1, and let the most be no fewer than the least',
    })
  }
  if (!(target > 0) || !((intervalSeconds ?? 1) > 0) || !(coldStartSeconds >= 0)) {
    throw new Fault('SCALING_TARGET', 'an autoscaler needs a target and an interval above 0 and a cold start from 0', {
      where: `target ${target}, interval ${intervalSeconds ?? 'default'} s, cold start ${coldStartSeconds} s`,
    })
  }
  const ordered = schedule.every(
    ({ fromSeconds, replicas }, i) =>
      Number.isInteger(replicas) && replicas >= 0 && !(fromSeconds < (schedule[i - 1]?.fromSeconds ?? fromSeconds)),
  )
  if (!ordered || (signal === 'schedule' && schedule.length === 0)) {
    throw new Fault('SCALING_SCHEDULE', 'a schedule is times in order, each with a whole number of replicas', {
      fix: 'state at least one',
    })
  }
}

/** Decides at each tick, in order of time: how many replicas to have, given how many there are (cold ones included). */
export type Autoscaler = (atSeconds: number, signals: Signals, present: number) => number

/** An autoscaler at its first tick: no wish of the past holds it back. */
export function createAutoscaler(scaling: Scaling): Autoscaler {
  const defaults = scaling.signal === 'schedule' ? scheduleDefaults : scalingDefaults
  const { tolerance, upCooldownSeconds, downCooldownSeconds } = { ...defaults, ...stated(scaling) }
  const want = wanted[scaling.signal]
  const past: { readonly at: number; readonly wish: number }[] = []
  const longest = Math.max(upCooldownSeconds, downCooldownSeconds)
  return (at, signals, present) => {
    const exact = want(signals, scaling.target)
    const near = Math.abs(exact / present - 1) <= tolerance
    // Whoever waits is waited for, whatever the signal says: else what scaled to none would never serve again.
    const woken = signals.serving === 0 && signals.outstanding > 0 ? 1 : 0
    const fewest = Math.max(scaling.minReplicas, woken, scaling.schedule === undefined ? 0 : signals.scheduled)
    const wish = Math.min(scaling.maxReplicas, Math.max(fewest, near ? present : Math.ceil(exact - 1e-9)))
    past.push({ at, wish })
    while (past[0]!.at < at - longest) past.shift()
    let up = wish
    let down = wish
    for (const before of past) {
      if (before.at >= at - upCooldownSeconds) up = Math.min(up, before.wish)
      if (before.at >= at - downCooldownSeconds) down = Math.max(down, before.wish)
    }
    return up > present ? up : down < present ? down : present
  }
}

/** Replicas that the schedule has at a time; before its first step, the fewest. */
export function scheduledAt({ schedule = [], minReplicas }: Scaling, atSeconds: number): number {
  let replicas = minReplicas
  for (const step of schedule) {
    if (step.fromSeconds > atSeconds) break
    replicas = step.replicas
  }
  return replicas
}

/** The given settings that are set: an undefined one leaves the default in force. */
function stated(scaling: Scaling): Partial<typeof scalingDefaults> {
  const { tolerance, upCooldownSeconds, downCooldownSeconds } = scaling
  const entries = Object.entries({ tolerance, upCooldownSeconds, downCooldownSeconds })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

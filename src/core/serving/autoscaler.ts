// What a fleet's replicas are doing, tick by tick → how many of them there should be: one line per signal scaled on.
import { Fault } from '../fault/fault.ts'

export type ScalingSignal = 'concurrency' | 'utilization'

/** What the autoscaler sees at a tick. */
export interface Signals {
  /** Replicas that serve, draining ones not among them. */
  readonly serving: number
  /** Requests waiting or running on them. */
  readonly outstanding: number
  /** Share of their time since the last tick in which a step was running. */
  readonly busyShare: number
}

/** Replicas at which the signal would stand at its target. A Kubernetes HPA's rule: current × signal ÷ target. */
const wanted: Readonly<Record<ScalingSignal, (signals: Signals, target: number) => number>> = {
  concurrency: ({ outstanding }, target) => outstanding / target,
  utilization: ({ serving, busyShare }, target) => (serving * busyShare) / target,
}

export const scalingSignals = Object.keys(wanted) as readonly ScalingSignal[]

/** A reactive autoscaler. Defaults are those of the Kubernetes HorizontalPodAutoscaler (autoscaling/v2 documentation). */
export interface Scaling {
  readonly signal: ScalingSignal
  /** Requests in flight per replica (`concurrency`), or share of time (`utilization`, 0..1), that it steers to. */
  readonly target: number
  readonly minReplicas: number
  readonly maxReplicas: number
  /** Warm at the start; default `minReplicas`. */
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

export const scalingDefaults = {
  intervalSeconds: 15,
  tolerance: 0.1,
  upCooldownSeconds: 0,
  downCooldownSeconds: 300,
} as const

/** Throws a Fault for limits that no autoscaler could keep. */
export function checkScaling({ minReplicas, maxReplicas, target, intervalSeconds, coldStartSeconds }: Scaling): void {
  const whole = Number.isInteger(minReplicas) && Number.isInteger(maxReplicas)
  if (!whole || minReplicas < 1 || maxReplicas < minReplicas) {
    throw new Fault('SCALING_RANGE', `an autoscaler cannot keep ${minReplicas} to ${maxReplicas} replicas`, {
      fix: 'keep at least 1, and let the most be no fewer than the least',
    })
  }
  if (!(target > 0) || !((intervalSeconds ?? 1) > 0) || !(coldStartSeconds >= 0)) {
    throw new Fault('SCALING_TARGET', 'an autoscaler needs a target and an interval above 0 and a cold start from 0', {
      where: `target ${target}, interval ${intervalSeconds ?? 'default'} s, cold start ${coldStartSeconds} s`,
    })
  }
}

/** Decides at each tick, in order of time: how many replicas to have, given how many there are (cold ones included). */
export type Autoscaler = (atSeconds: number, signals: Signals, present: number) => number

/** An autoscaler at its first tick: no wish of the past holds it back. */
export function createAutoscaler(scaling: Scaling): Autoscaler {
  const { tolerance, upCooldownSeconds, downCooldownSeconds } = { ...scalingDefaults, ...stated(scaling) }
  const want = wanted[scaling.signal]
  const past: { readonly at: number; readonly wish: number }[] = []
  const longest = Math.max(upCooldownSeconds, downCooldownSeconds)
  return (at, signals, present) => {
    const exact = want(signals, scaling.target)
    const near = Math.abs(exact / present - 1) <= tolerance
    const wish = near ? present : Math.min(scaling.maxReplicas, Math.max(scaling.minReplicas, Math.ceil(exact - 1e-9)))
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

/** The given settings that are set: an undefined one leaves the default in force. */
function stated(scaling: Scaling): Partial<typeof scalingDefaults> {
  const { tolerance, upCooldownSeconds, downCooldownSeconds } = scaling
  const entries = Object.entries({ tolerance, upCooldownSeconds, downCooldownSeconds })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

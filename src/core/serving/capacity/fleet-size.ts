// Arrivals, an engine and an objective → how many replicas: for the peak by replay, for a share of the windows by their load.
import { quantile, sorted } from '../../statistics/sample.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { type Overflow, takesElsewhere } from '../fleet/overflow.ts'
import { type Outcome, simulate } from '../fleet/simulate.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { keepsObjective, windowsMet } from '../traffic/windows.ts'
import { smallestFleet } from './search.ts'
import type { Objective } from './sustain.ts'

/** Width of the windows that loads and objectives are counted by. */
const windowSeconds = 300
/** Fleets of so many times a saturated one are tried for the peak, and no larger. */
const widest = 16
const mostReplicas = 512

/** What traffic asks for, in replicas loaded as far as their objective allows. */
export interface Load {
  /** Over the whole time between first and last arrival. */
  readonly mean: number
  /** Of five-minute windows, empty ones included. */
  readonly p95: number
  readonly first: number
}

/** Weighs requests by what their tokens cost a fully loaded replica (`Sustained.secondsPerInputToken`, `…OutputToken`). */
export function loadOf(
  { n, atSeconds, inputTokens, outputTokens }: Arrivals,
  cost: { readonly secondsPerInputToken: number; readonly secondsPerOutputToken: number },
): Load {
  const last = n > 0 ? atSeconds[n - 1]! : 0
  const loads = new Float64Array(Math.floor(last / windowSeconds) + 1)
  let total = 0
  for (let id = 0; id < n; id++) {
    const seconds = cost.secondsPerInputToken * inputTokens[id]! + cost.secondsPerOutputToken * outputTokens[id]!
    const window = Math.floor(atSeconds[id]! / windowSeconds)
    loads[window] = loads[window]! + seconds / windowSeconds
    total += seconds
  }
  // The last window is over when the traffic is: less than half of it says nothing, more is weighed by its own length.
  const rest = last / windowSeconds - (loads.length - 1)
  const whole = loads.length > 1 && rest < 0.5 ? loads.subarray(0, -1) : loads
  if (whole.length === loads.length && loads.length > 1) loads[loads.length - 1] = loads[loads.length - 1]! / rest
  return {
    mean: last > 0 ? total / last : 0,
    p95: quantile(sorted(whole), 0.95)!,
    first: loads[0]!,
  }
}

/** A fleet without its number of replicas, what it is to keep, and the number it may not exceed. */
export interface PeakRequest {
  readonly arrivals: Arrivals
  readonly fleet: Omit<Fleet, 'replicas' | 'scaling'>
  readonly objective: Objective
}

/** Null: no fleet of up to `tried` replicas keeps the objective. */
export type PeakFleet =
  | { readonly replicas: number; readonly outcome: Outcome }
  | { readonly replicas: null; readonly tried: number }

/**
 * The smallest fixed fleet for which at least 99 % of the five-minute windows meet the objective. Which sizes are tried
 * depends on the arrivals alone and every size is replayed alike, so a tighter objective never finds a smaller fleet.
 */
export function peakFleet({ arrivals, fleet, objective }: PeakRequest): PeakFleet {
  const outcomes = new Map<number, Outcome>()
  const passes = (replicas: number): boolean => {
    const outcome = simulate(arrivals, { ...fleet, replicas }, { objective, windowSeconds })
    outcomes.set(replicas, outcome)
    return keepsObjective(windowsMet(outcome.late, windowSeconds))
  }
  const least = saturatedReplicas(arrivals, fleet)
  const tried = Math.min(mostReplicas, Math.max(widest, least * widest))
  const replicas = smallestFleet(Math.min(least, tried), tried, passes)
  return replicas === null ? { replicas, tried } : { replicas, outcome: outcomes.get(replicas)! }
}

/** Replicas that the work would fill if it came as one queue. */
function saturatedReplicas(arrivals: Arrivals, fleet: PeakRequest['fleet']): number {
  const span = arrivals.n > 0 ? arrivals.atSeconds[arrivals.n - 1]! : 0
  if (span === 0) return 1
  const queue = { ...arrivals, atSeconds: new Float64Array(arrivals.n) }
  const { busyGpuSeconds } = simulate(queue, { engine: fleet.engine, replicas: 1 })
  return Math.max(1, Math.ceil(busyGpuSeconds / fleet.engine.gpus / span))
}

/** No replica at all: every request goes elsewhere, or is rejected where elsewhere does not take it. */
export function allElsewhere(arrivals: Arrivals, overflow: Overflow): Outcome {
  const tokens = { input: 0, output: 0 }
  const rejectedTokens = { input: 0, output: 0 }
  let spilled = 0
  for (let id = 0; id < arrivals.n; id++) {
    const isTaken = takesElsewhere(overflow, arrivals.inputTokens[id]!, arrivals.outputTokens[id]!)
    const sum = isTaken ? tokens : rejectedTokens
    if (isTaken) spilled++
    sum.input += arrivals.inputTokens[id]!
    sum.output += arrivals.outputTokens[id]!
  }
  const unknown = { p50: null, p95: null, p99: null }
  return {
    requests: arrivals.n,
    completed: 0,
    rejected: arrivals.n - spilled,
    spilled,
    running: 0,
    waiting: 0,
    tokens: { input: 0, output: 0 },
    spilledTokens: tokens,
    durationSeconds: arrivals.n > 0 ? arrivals.atSeconds[arrivals.n - 1]! : 0,
    leasedGpuSeconds: 0,
    busyGpuSeconds: 0,
    idleGpuSeconds: 0,
    coldGpuSeconds: 0,
    utilization: null,
    leases: [],
    ttftMs: unknown,
    tpotMs: unknown,
    e2eMs: unknown,
    meanOutstanding: 0,
    preemptions: 0,
    prefixHitRate: null,
    late: [],
    lateTokens: { input: 0, output: 0 },
    rejectedTokens,
    replicas: { min: 0, mean: 0, max: 0 },
    interrupted: 0,
    escalated: 0,
    escalatedTokens: { input: 0, output: 0 },
    groups: [],
  }
}

// Arrivals and a fleet → what would have happened: counts, tokens, GPU time by kind, latency.

import type { Engine } from '../engine/engine.ts'
import { type PeakShares, totalWork } from '../engine/peak-shares.ts'
import type { Charges, Progress } from '../engine/progress.ts'
import { type Percentiles, percentiles } from '../engine/quantiles.ts'
import type { Replica } from '../engine/replica.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { type Fleet, type FleetRun, type MixedFleet, runFleet } from './fleet.ts'
import { gpuTimeOf, gpuTimeOfAll, servedBy } from './gpu-time.ts'
import { groupsOf, nameOf } from './group.ts'
import { type Timeline, timelineOf, timelineWatch } from './timeline.ts'

export type { Percentiles } from '../engine/quantiles.ts'
export type { Fleet } from './fleet.ts'

export interface SimulateOptions {
  /** Stop the clock here: what is not done then is running or waiting. Default: when all is done. */
  readonly untilSeconds?: number | undefined
  /** A request is late when its own time to first token or per output token is above these. */
  readonly objective?: { readonly ttftP95Ms: number; readonly tpotP95Ms: number } | undefined
  /** Width of the windows of `late` (default 300 s). */
  readonly windowSeconds?: number | undefined
  /** 1 for each request that goes on to a larger model once the fleet has answered (a cascade). */
  readonly escalates?: Uint8Array | undefined
  /** By which times requests fall into windows, where they were moved to be served; default: when they came. */
  readonly countedAtSeconds?: Float64Array | undefined
  /** Look at the fleet over time. */
  readonly watched?: boolean | undefined
}

/** What a fleet did with its arrivals. Requests = completed + running + waiting + rejected + spilled (law 2). */
export interface Outcome {
  readonly requests: number
  readonly completed: number
  readonly rejected: number
  /** Sent elsewhere on arrival, by the fleet's overflow. */
  readonly spilled: number
  readonly running: number
  readonly waiting: number
  /** Tokens of completed requests. */
  readonly tokens: { readonly input: number; readonly output: number }
  /** Tokens of requests that were sent elsewhere. */
  readonly spilledTokens: { readonly input: number; readonly output: number }
  /** Of the completed ones, those that went on to a larger model: served here, and again there. */
  readonly escalated: number
  /** Tokens of these, as here: the same prompt, and an answer that is taken to be as long. */
  readonly escalatedTokens: { readonly input: number; readonly output: number }
  /** From 0 to the end of the last step, or to `untilSeconds`. */
  readonly durationSeconds: number
  /** GPU-seconds; leased = busy + idle + cold (law 3). Cold = leased and not ready yet; 0 for fleets of fixed size, which start warm. */
  readonly leasedGpuSeconds: number
  readonly busyGpuSeconds: number
  readonly idleGpuSeconds: number
  readonly coldGpuSeconds: number
  /** Busy ÷ leased time; null for no time. */
  readonly utilization: number | null
  readonly ttftMs: Percentiles
  /** (last token − first token) ÷ (tokens − 1), per request of at least 2 tokens. */
  readonly tpotMs: Percentiles
  readonly e2eMs: Percentiles
  /** Requests in the house, the mean over time (Little: Σ of their times there ÷ duration); of completed ones. */
  readonly meanOutstanding: number
  readonly preemptions: number
  /** Of the tokens of prompts whose first token came, those not computed but found in a replica's prefix cache; null where arrivals do not tell what prompts share. */
  readonly prefixHitRate: number | null
  /** By window of arrival: requests taken on, and those late by the objective (unfinished ones included). A rejected or spilled request is neither. Empty without an objective. */
  readonly late: readonly { readonly fromSeconds: number; readonly requests: number; readonly late: number }[]
  /** Tokens of the late requests, and of the rejected ones. */
  readonly lateTokens: { readonly input: number; readonly output: number }
  readonly rejectedTokens: { readonly input: number; readonly output: number }
  /** For how long each replica was leased, seconds of the run. */
  readonly leases: readonly { readonly fromSeconds: number; readonly toSeconds: number }[]
  /** Leased replicas, cold and draining ones included; the mean is over time. */
  readonly replicas: { readonly min: number; readonly mean: number; readonly max: number }
  /** How often a request lost its replica, by failure or interruption, and was computed anew. */
  readonly interrupted: number
  readonly groups: readonly GroupOutcome[]
  /** Of the busy GPU time, that of each request; where the fleet was asked for it. They sum to all (law 3). */
  readonly charges?: Pick<Charges, 'prefillGpuSeconds' | 'decodeGpuSeconds'>
  /** Where it was asked for. */
  readonly timeline?: Timeline
}

/** What one group of a fleet did. What is rejected or sent elsewhere belongs to none. */
export interface GroupOutcome
  extends Pick<
    Outcome,
    | 'completed'
    | 'tokens'
    | 'leasedGpuSeconds'
    | 'busyGpuSeconds'
    | 'idleGpuSeconds'
    | 'coldGpuSeconds'
    | 'utilization'
    | 'leases'
    | 'replicas'
  > {
  readonly name: string
  readonly gpusPerReplica: number
  /** While its replicas were busy. */
  readonly ofPeak: PeakShares
}

/** Replays `arrivals` on `fleet`. Deterministic; throws a Fault when the model does not fit or arrivals are out of order. */
export function simulate(arrivals: Arrivals, fleet: Fleet | MixedFleet, options: SimulateOptions = {}): Outcome {
  const looks = options.watched ? timelineWatch(arrivals.n > 0 ? arrivals.atSeconds[arrivals.n - 1]! : 0) : null
  const run = runFleet(arrivals, fleet, options.untilSeconds, looks?.watch)
  const groups = groupsOf(fleet).map((group, index) => ({
    name: nameOf(group, index),
    gpusPerReplica: group.engine.gpus,
    ofPeak: ofPeak(group.engine, replicasIn(run, index)),
    ...servedBy(run, index),
    ...gpuTimeOf(run, group.engine.gpus, index),
  }))
  const durationSeconds = run.endSeconds
  const { inHouseSeconds, ...latency } = latencyOf(run)
  return {
    ...countsOf(run, options.escalates),
    durationSeconds,
    ...gpuTimeOfAll(groups, run.leases, durationSeconds),
    groups,
    ...(looks === null ? {} : { timeline: timelineOf(looks.instants(), run.progress, run.taken, durationSeconds) }),
    ...latency,
    meanOutstanding: durationSeconds > 0 ? inHouseSeconds / durationSeconds : 0,
    ...lateOf(run, options),
    ...chargesOf(run),
  }
}

/** The replicas of one group that came to serve. */
export function replicasIn({ leases }: FleetRun, group: number): readonly Replica[] {
  return leases.flatMap(lease => (lease.group === group && lease.replica !== null ? [lease.replica] : []))
}

/** What replicas of one engine made of their GPUs while they were busy. */
export function ofPeak(engine: Engine, replicas: readonly Replica[]): PeakShares {
  const states = replicas.map(replica => replica.state())
  const busy = states.reduce((sum, { busySeconds }) => sum + busySeconds, 0)
  return engine.peakShares(totalWork(states.map(({ work }) => work)), busy)
}

/** What each request was charged, where it was asked for. */
export function chargesOf({
  progress: { charges },
  replicas,
}: Pick<FleetRun, 'progress' | 'replicas'>): Pick<Outcome, 'charges'> {
  if (charges === null) return {}
  for (const replica of replicas) replica.settleCharges()
  const { prefillGpuSeconds, decodeGpuSeconds } = charges
  return { charges: { prefillGpuSeconds, decodeGpuSeconds } }
}

/** What became of requests, and their tokens. */
export function fatesOf(
  { progress, taken }: Pick<FleetRun, 'taken'> & { readonly progress: Times },
  escalates: Uint8Array | undefined,
) {
  let rejected = 0
  let spilled = 0
  let input = 0
  let output = 0
  const spilledTokens = { input: 0, output: 0 }
  const rejectedTokens = { input: 0, output: 0 }
  const escalatedTokens = { input: 0, output: 0 }
  let escalated = 0
  for (let id = 0; id < taken; id++) {
    if (progress.rejected[id]) {
      rejected++
      rejectedTokens.input += progress.inputTokens[id]!
      rejectedTokens.output += progress.outputTokens[id]!
    }
    if (progress.spilled[id]) {
      spilled++
      spilledTokens.input += progress.inputTokens[id]!
      spilledTokens.output += progress.outputTokens[id]!
    }
    if (Number.isNaN(progress.finishedAt[id]!)) continue
    input += progress.inputTokens[id]!
    output += progress.outputTokens[id]!
    if (!escalates?.[id]) continue
    escalated++
    escalatedTokens.input += progress.inputTokens[id]!
    escalatedTokens.output += progress.outputTokens[id]!
  }
  return { rejected, spilled, tokens: { input, output }, spilledTokens, rejectedTokens, escalated, escalatedTokens }
}

function countsOf(run: FleetRun, escalates: Uint8Array | undefined) {
  const { progress, replicas, taken, unplaced, interrupted } = run
  const states = replicas.map(replica => replica.state())
  const sum = (of: (state: (typeof states)[number]) => number): number => states.reduce((s, state) => s + of(state), 0)
  const prompted = sum(state => state.promptTokens)
  return {
    requests: taken,
    ...fatesOf(run, escalates),
    completed: sum(state => state.completed),
    running: sum(state => state.running),
    waiting: unplaced + sum(state => state.waiting),
    interrupted,
    preemptions: sum(state => state.preemptions),
    prefixHitRate: progress.prefix && prompted > 0 ? sum(state => state.hitTokens) / prompted : null,
  }
}

/** When requests came, and how far they got. */
export type Times = Pick<
  Progress,
  'atSeconds' | 'inputTokens' | 'outputTokens' | 'firstTokenAt' | 'finishedAt' | 'rejected' | 'spilled'
>

export function latencyOf({ progress, taken }: Pick<FleetRun, 'taken'> & { readonly progress: Times }) {
  const { atSeconds, firstTokenAt, finishedAt, outputTokens } = progress
  const ttft = new Float64Array(taken)
  const tpot = new Float64Array(taken)
  const e2e = new Float64Array(taken)
  let done = 0
  let timed = 0
  let inHouseSeconds = 0
  for (let id = 0; id < taken; id++) {
    const end = finishedAt[id]!
    if (Number.isNaN(end)) continue
    const first = firstTokenAt[id]!
    inHouseSeconds += end - atSeconds[id]!
    ttft[done] = (first - atSeconds[id]!) * 1000
    e2e[done++] = (end - atSeconds[id]!) * 1000
    if (outputTokens[id]! > 1) tpot[timed++] = ((end - first) * 1000) / (outputTokens[id]! - 1)
  }
  return {
    ttftMs: percentiles(ttft, done),
    tpotMs: percentiles(tpot, timed),
    e2eMs: percentiles(e2e, done),
    inHouseSeconds,
  }
}

export function lateOf(
  { progress, taken }: Pick<FleetRun, 'taken'> & { readonly progress: Times },
  options: SimulateOptions,
) {
  const { objective, windowSeconds = 300 } = options
  const lateTokens = { input: 0, output: 0 }
  if (!objective || taken === 0) return { late: [], lateTokens }
  const { atSeconds, firstTokenAt, finishedAt, inputTokens, outputTokens } = progress
  const counted = options.countedAtSeconds ?? atSeconds
  const windows = Math.floor(counted[taken - 1]! / windowSeconds) + 1
  const requests = new Float64Array(windows)
  const late = new Float64Array(windows)
  for (let id = 0; id < taken; id++) {
    // What can never be served is counted as rejected: more replicas would not make it punctual.
    if (progress.rejected[id] || progress.spilled[id]) continue
    const window = Math.floor(counted[id]! / windowSeconds)
    requests[window] = requests[window]! + 1
    const first = firstTokenAt[id]!
    const ttftMs = (first - atSeconds[id]!) * 1000
    const tpotMs = outputTokens[id]! > 1 ? ((finishedAt[id]! - first) * 1000) / (outputTokens[id]! - 1) : 0
    // A request that is not done has NaN times: not within the objective.
    if (ttftMs <= objective.ttftP95Ms && tpotMs <= objective.tpotP95Ms) continue
    late[window] = late[window]! + 1
    lateTokens.input += inputTokens[id]!
    lateTokens.output += outputTokens[id]!
  }
  return {
    late: Array.from(requests, (count, i) => ({ fromSeconds: i * windowSeconds, requests: count, late: late[i]! })),
    lateTokens,
  }
}

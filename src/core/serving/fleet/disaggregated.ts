// Arrivals, replicas that compute prompts and replicas that make answers → what would have happened, caches sent from one to the other.

import { kvElementBytes } from '../hardware/dtype.ts'
import { cacheShape } from '../hardware/kv-shape.ts'
import type { ReplicaShape } from '../hardware/memory.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { type FleetRun, type Group, type MixedFleet, runFleet } from './fleet.ts'
import { gpuTimeOf, gpuTimeOfAll, servedBy } from './gpu-time.ts'
import { longestServed, nameOf } from './group.ts'
import { takesElsewhere } from './overflow.ts'
import {
  fatesOf,
  type GroupOutcome,
  latencyOf,
  lateOf,
  type Outcome,
  ofPeak,
  replicasIn,
  type SimulateOptions,
  type Times,
} from './simulate.ts'

/** How a prompt's cache gets from one replica to another. Transfers do not wait for each other. */
export interface Transfer {
  readonly bytesPerSecond: number
  /** Beside the bytes: handshake and notice. */
  readonly seconds: number
  /** Of a prompt of so many tokens. */
  readonly bytes: (tokens: number) => number
}

/**
 * 190 GB/s were measured over eight 400 Gb/s RoCE cards, 87 GB/s over four of 200 Gb/s (Mooncake's Transfer Engine, its
 * README): about 23 GB/s a card, of which a replica is given one.
 */
export const transferDefaults = { bytesPerSecond: 23e9, seconds: 0.005 } as const

/** Bytes of cache that a prompt of so many tokens leaves, all GPUs of the replica together and no copy twice. */
export function cacheBytes({ model, kvDtype }: Pick<ReplicaShape, 'model' | 'kvDtype'>): (tokens: number) => number {
  const { bytesPerToken, windows, stateBytes } = cacheShape(model, 1, kvElementBytes(kvDtype))
  return tokens =>
    tokens * bytesPerToken +
    stateBytes +
    windows.reduce((sum, part) => sum + Math.min(tokens, part.window) * part.bytesPerToken, 0)
}

/** Prompts are routed by `router` and answers to the replica with the fewest; what overflows or is refused never gets in. */
export interface Disaggregated extends Omit<MixedFleet, 'groups' | 'charges'> {
  readonly prefill: readonly Group[]
  readonly decode: readonly Group[]
  readonly transfer: Transfer
}

/**
 * A prompt is computed by one replica, its cache is sent, and another makes the answer, from its first token on. What decodes
 * never slows what computes prompts, so the two are replayed one after the other. A replica that computes prompts is free for
 * the next when the prompt is done. Who loses its cache is computed anew where it is. Throws as `simulate`.
 */
export function simulateDisaggregated(
  arrivals: Arrivals,
  fleet: Disaggregated,
  options: SimulateOptions = {},
): Outcome {
  const { prefill, decode, transfer, overflow } = fleet
  const { untilSeconds = Number.POSITIVE_INFINITY } = options
  const { n, atSeconds, inputTokens, outputTokens } = arrivals
  const holds = decode.reduce((most, group) => Math.max(most, longestServed(group.engine)), 0)
  // A prompt whose answer no replica could make is not computed: it is as long as no cache of those either.
  const prompts = {
    ...arrivals,
    inputTokens: inputTokens.map((tokens, id) => (tokens + outputTokens[id]! > holds ? 0x3fffffff : tokens)),
    outputTokens: new Int32Array(n).fill(1),
  }
  const first = runFleet(prompts, { ...fleet, groups: prefill }, untilSeconds)
  const sentAt = new Float64Array(n)
  const sent: number[] = []
  for (let id = 0; id < first.taken; id++) {
    const done = first.progress.finishedAt[id]!
    if (Number.isNaN(done)) continue
    sentAt[id] = done + transfer.seconds + transfer.bytes(inputTokens[id]!) / transfer.bytesPerSecond
    sent.push(id)
  }
  sent.sort((a, b) => sentAt[a]! - sentAt[b]! || a - b)
  const answers: Arrivals = {
    n: sent.length,
    atSeconds: Float64Array.from(sent, id => sentAt[id]!),
    inputTokens: Int32Array.from(sent, id => inputTokens[id]!),
    outputTokens: Int32Array.from(sent, id => outputTokens[id]!),
    carried: true,
  }
  const groups = decode.map(group => ({ ...group, engine: withoutEntry(group.engine) }))
  const second = runFleet(answers, { groups, seed: fleet.seed, router: 'least-loaded' }, untilSeconds)

  const times: Times = {
    atSeconds,
    inputTokens,
    outputTokens,
    firstTokenAt: new Float64Array(n).fill(Number.NaN),
    finishedAt: new Float64Array(n).fill(Number.NaN),
    rejected: first.progress.rejected.slice(),
    spilled: first.progress.spilled.slice(),
  }
  for (let k = 0; k < second.taken; k++) {
    times.firstTokenAt[sent[k]!] = second.progress.firstTokenAt[k]!
    times.finishedAt[sent[k]!] = second.progress.finishedAt[k]!
  }
  // Lengths were those of prompts alone: what elsewhere does not take after all is refused.
  for (let id = 0; id < first.taken; id++) {
    const isTaken = overflow !== undefined && takesElsewhere(overflow, inputTokens[id]!, outputTokens[id]!)
    if (times.spilled[id] && !isTaken) {
      times.spilled[id] = 0
      times.rejected[id] = 1
    } else if (times.rejected[id] && isTaken && inputTokens[id]! + outputTokens[id]! > holds) {
      times.rejected[id] = 0
      times.spilled[id] = 1
    }
  }
  const durationSeconds = Math.max(first.endSeconds, second.endSeconds)
  const runs = [
    { run: leasedUntil(first, durationSeconds), groups: prefill, role: 'prefill' },
    { run: leasedUntil(second, durationSeconds), groups: decode, role: 'decode' },
  ] as const
  const parts = runs.flatMap(({ run, groups, role }) => groups.map((group, i) => partOf(run, group, i, role)))
  const states = runs.map(({ run }) => run.replicas.map(replica => replica.state()))
  const over = (of: (state: (typeof states)[0][0]) => number) =>
    states.flat().reduce((total, state) => total + of(state), 0)
  const whole = { progress: times, taken: first.taken }
  const { inHouseSeconds, ...latency } = latencyOf(whole)
  const prompted = states[0]!.reduce((total, state) => total + state.promptTokens, 0)
  const found = states[0]!.reduce((total, state) => total + state.hitTokens, 0)
  return {
    ...fatesOf(whole, options.escalates),
    requests: first.taken,
    completed: states[1]!.reduce((total, state) => total + state.completed, 0),
    running: over(state => state.running),
    // On their way too.
    waiting: over(state => state.waiting) + first.unplaced + second.unplaced + (sent.length - second.taken),
    interrupted: first.interrupted + second.interrupted,
    preemptions: over(state => state.preemptions),
    prefixHitRate: arrivals.prefix && prompted > 0 ? found / prompted : null,
    durationSeconds,
    ...gpuTimeOfAll(
      parts,
      runs.flatMap(({ run }) => run.leases),
      durationSeconds,
    ),
    groups: parts,
    ...latency,
    meanOutstanding: durationSeconds > 0 ? inHouseSeconds / durationSeconds : 0,
    ...lateOf(whole, options),
  }
}

/** Prompts that a group computed, or answers that it made: each has its own tokens. */
function partOf(run: FleetRun, group: Group, index: number, role: 'prefill' | 'decode'): GroupOutcome {
  const { completed, tokens } = servedBy(run, index)
  return {
    name: group.name ?? `${role} ${nameOf(group, index)}`,
    gpusPerReplica: group.engine.gpus,
    ofPeak: ofPeak(group.engine, replicasIn(run, index)),
    completed,
    tokens: role === 'prefill' ? { input: tokens.input, output: 0 } : { input: 0, output: tokens.output },
    ...gpuTimeOf(run, group.engine.gpus, index),
  }
}

/** Requests are in the house already. */
function withoutEntry(engine: Group['engine']): Group['engine'] {
  return { ...engine, timer: { ...engine.timer, entrySeconds: 0 } }
}

/** What was leased at the end of its own part stays leased until the other part has ended too. */
function leasedUntil(run: FleetRun, endSeconds: number): FleetRun {
  const isLast = (toSeconds: number) => toSeconds === run.endSeconds
  return {
    ...run,
    endSeconds,
    leases: run.leases.map(lease => (isLast(lease.toSeconds) ? { ...lease, toSeconds: endSeconds } : lease)),
  }
}

// A replica's shape, traffic and a latency objective → the highest load within it, found by bisection on the simulation.

import { pow } from '../../statistics/elementary.ts'
import { quantile, sorted } from '../../statistics/sample.ts'
import { buildEngine, type Engine, infeasibility } from '../engine/engine.ts'
import { startProgress } from '../engine/progress.ts'
import { createReplica } from '../engine/replica.ts'
import { runFleet } from '../fleet/fleet.ts'
import type { ReplicaShape } from '../hardware/memory.ts'
import { loadBand } from '../step/band.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { drawnTraffic, type Lengths, type Traffic, tracedTraffic } from '../traffic/traffic.ts'
import { feasibleMix, meanOf, saturate, saturatedBy, tokenSeconds } from './saturation.ts'
import { largestOf } from './search.ts'

/** What of a latency must lie within the objective. */
export const statistics = ['mean', 'p50', 'p90', 'p95', 'p99'] as const
export type Statistic = (typeof statistics)[number]

/** Milliseconds of the chosen statistic; null = no limit. */
export interface LatencyLimits {
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly statistic: Statistic
}

export interface CapacityRequest {
  readonly shape: ReplicaShape
  /** Requests as they came (lengths and bunching), or lengths that come by gaps of a stated variation. */
  readonly traffic: Arrivals | Lengths
  readonly limits: LatencyLimits
  /** Replicas behind one least-loaded router, which share bursts; default 1. */
  readonly replicas?: number | undefined
  /** Shares of the capacity found that are tried too. */
  readonly loads?: readonly number[] | undefined
  /** Known to be carried by each replica, from a smaller fleet: nothing below is looked for. */
  readonly atLeast?: number | undefined
  readonly seed: number
}

/** Null where no request says anything of it: answers of one token have no time per output token. */
export type Latency = { readonly [Name in Statistic]: number | null }

/** What one load did. */
export interface Probe {
  /** Of one replica. */
  readonly requestsPerSecond: number
  readonly meets: boolean
  /** Share of time in which a step is running. */
  readonly busyShare: number
  /** Share of requests of which either time is above its limit. */
  readonly lateShare: number
  readonly ttftMs: Latency
  readonly tpotMs: Latency
}

/** What one replica carries. Time, never money. */
export interface Capacity {
  readonly fits: boolean
  /** Why it does not fit or no load meets the objective; null when it serves. */
  readonly problem: string | null
  /** Of one replica, and its tokens of prompts and answers. */
  readonly requestsPerSecond: number
  readonly inputTokensPerSecond: number
  readonly outputTokensPerSecond: number
  /** Requests in the house of one replica at that load, the mean over time (Little). */
  readonly concurrency: number
  /** What gives way just above it: a latency, or what keeps a saturated replica from more. */
  readonly bottleneck: string
  /** Requests per second with a queue that never empties, whatever the latency, and what holds them there. */
  readonly saturatedRequestsPerSecond: number
  readonly saturatedBy: string | null
  /** Relative error to be expected of the load: 0.25 = ±25 %. */
  readonly band: number
  readonly kvCapacityTokens: number
  /** Share of the cache's blocks in use at that load, of one replica alone. Null where none is carried. */
  readonly kvUse: { readonly mean: number; readonly max: number } | null
  /** All loads tried, ascending. */
  readonly probes: readonly Probe[]
  /** Requests of the trace that no replica of this shape can serve. */
  readonly infeasible: { readonly calls: number; readonly reasons: readonly string[] }
}

/** Independent draws of the traffic at each load: their requests are judged together. */
const draws = 3
/** Loads tried lie so many to a doubling (0.5 % apart), over so many doublings below saturation. */
const perDoubling = 128
const doublings = 10
const shares = Array.from({ length: perDoubling * doublings + 1 }, (_, k) => pow(2, k / perDoubling - doublings))
/** Of each draw the beginning, when the house fills, and the end, when it empties, are not judged. */
const warmUp = 0.2
const drain = 0.1
/** Requests of one draw: several times what is in the house at once, within bounds of time. */
const fewestDrawn = 4000
const mostDrawn = 30_000
const kvInstants = 400

/**
 * The largest load, of those 0.5 % apart up to the saturated rate, whose latencies keep within the limits. All loads are
 * drawn from the same seeds, and a looser limit passes wherever a tighter one does: it never finds a smaller load. Beyond
 * the saturated rate a queue that once forms (a full cache throws sequences out) never empties again: no load is looked for.
 */
export function capacity({
  shape,
  traffic: asked,
  limits,
  replicas = 1,
  loads = [],
  atLeast = 0,
  seed,
}: CapacityRequest): Capacity {
  const engine = buildEngine(shape)
  const { memory } = engine
  let infeasible: Capacity['infeasible'] = { calls: 0, reasons: [] }
  const refuse = (problem: string, bottleneck: string): Capacity => ({
    fits: memory.fits,
    problem,
    requestsPerSecond: 0,
    inputTokensPerSecond: 0,
    outputTokensPerSecond: 0,
    concurrency: 0,
    bottleneck,
    saturatedRequestsPerSecond: 0,
    saturatedBy: null,
    band: loadBand(shape, bottleneck),
    kvCapacityTokens: memory.kvCapacityTokens * engine.lanes,
    kvUse: null,
    probes: [],
    infeasible,
  })
  if (!memory.fits) return refuse(memory.problem ?? 'the model does not fit', 'memory')
  let traffic: Traffic
  if ('n' in asked) {
    const feasible = feasibleMix(engine, asked, seed)
    infeasible = feasible.infeasible
    if (!feasible.mix) return refuse('no request of the trace fits the model and its cache', 'KV cache')
    traffic = tracedTraffic(feasible.mix, drawnOf(engine, meansOf(feasible.mix), replicas))
  } else {
    const reason = infeasibility(engine, asked.inputTokens, asked.outputTokens)
    if (reason !== null) return refuse(`a request of these lengths is ${reason}`, 'KV cache')
    traffic = drawnTraffic(asked, drawnOf(engine, asked, replicas), seed)
  }

  const { mix } = traffic
  const saturated = saturate(engine, mix)
  const cost = tokenSeconds(engine, mix, saturated.rate, saturated.rate)
  const heldBy = saturatedBy(mix, saturated, cost)
  const tried = new Map<number, Probe>()
  const probe = (share: number): Probe => {
    const known = tried.get(share)
    if (known !== undefined) return known
    const found = probeAt(engine, traffic, share * saturated.rate, replicas, limits, seed)
    tried.set(share, found)
    return found
  }
  const floor = atLeast / saturated.rate
  const lookedFor = shares.filter(one => one > floor * (1 + 1e-9))
  const share = largestOf(lookedFor, one => probe(one).meets) || Math.min(1, floor)
  for (const load of loads) if (share > 0) probe(load * share)
  const probes = [...tried.values()].sort((a, b) => a.requestsPerSecond - b.requestsPerSecond)
  const over = probes.find(({ meets }) => !meets)
  const bottleneck = over === undefined ? heldBy : missOf(over, limits)
  const common = {
    fits: true,
    bottleneck,
    saturatedRequestsPerSecond: saturated.rate,
    saturatedBy: heldBy,
    band: loadBand(shape, bottleneck),
    kvCapacityTokens: memory.kvCapacityTokens * engine.lanes,
    probes,
    infeasible,
  }
  if (share === 0) return { ...refuse(missText(over!, limits), bottleneck), ...common }
  const rate = share * saturated.rate
  return {
    ...common,
    problem: null,
    requestsPerSecond: rate,
    inputTokensPerSecond: rate * meanOf(mix.inputTokens),
    outputTokensPerSecond: rate * meanOf(mix.outputTokens),
    ...insideAt(engine, traffic.at(rate, seed)),
  }
}

/** Requests of a draw: ten times what full replicas hold, for the latencies of a load to settle. */
function drawnOf(
  { lanes, maxSequences, memory }: Engine,
  { inputTokens, outputTokens }: Pick<Lengths, 'inputTokens' | 'outputTokens'>,
  replicas: number,
): number {
  const held = replicas * lanes * Math.min(maxSequences, memory.kvCapacityTokens / (inputTokens + outputTokens))
  return Math.round(Math.min(mostDrawn, Math.max(fewestDrawn, 10 * held)))
}

const meansOf = ({ inputTokens, outputTokens }: Arrivals) => ({
  inputTokens: meanOf(inputTokens),
  outputTokens: meanOf(outputTokens),
})

function probeAt(
  engine: Engine,
  traffic: Traffic,
  requestsPerSecond: number,
  replicas: number,
  limits: LatencyLimits,
  seed: number,
): Probe {
  const ttft: number[] = []
  const tpot: number[] = []
  let late = 0
  let busySeconds = 0
  let seconds = 0
  for (let draw = 0; draw < draws; draw++) {
    const arrivals = traffic.at(requestsPerSecond * replicas, seed + draw * 7919)
    const run = runFleet(arrivals, { engine, replicas, router: 'least-loaded' })
    const { atSeconds, firstTokenAt, finishedAt, outputTokens } = run.progress
    const to = Math.ceil(arrivals.n * (1 - drain))
    for (let id = Math.floor(arrivals.n * warmUp); id < to; id++) {
      const first = (firstTokenAt[id]! - atSeconds[id]!) * 1000
      const more = outputTokens[id]! - 1
      const each = more > 0 ? ((finishedAt[id]! - firstTokenAt[id]!) * 1000) / more : 0
      ttft.push(first)
      if (more > 0) tpot.push(each)
      if (first > (limits.ttftMs ?? first) || each > (limits.tpotMs ?? each)) late++
    }
    let end = 0
    for (const replica of run.replicas) {
      const state = replica.state()
      busySeconds += state.busySeconds
      end = Math.max(end, state.nowSeconds)
    }
    seconds += end * replicas
  }
  const found = { ttftMs: latencyOf(ttft), tpotMs: latencyOf(tpot) }
  const meets = isWithin(found.ttftMs, limits.ttftMs, limits) && isWithin(found.tpotMs, limits.tpotMs, limits)
  const busyShare = seconds > 0 ? busySeconds / seconds : 0
  return { requestsPerSecond, meets, busyShare, lateShare: late / ttft.length, ...found }
}

const isWithin = (latency: Latency, limitMs: number | null, { statistic }: LatencyLimits): boolean =>
  limitMs === null || (latency[statistic] ?? 0) <= limitMs

function latencyOf(values: readonly number[]): Latency {
  const ascending = sorted(values)
  const mean = values.length === 0 ? null : ascending.reduce((sum, value) => sum + value, 0) / values.length
  const at = (q: number) => quantile(ascending, q)
  return { mean, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) }
}

const missOf = ({ ttftMs }: Probe, limits: LatencyLimits): string =>
  isWithin(ttftMs, limits.ttftMs, limits) ? 'time per output token' : 'time to first token'

function missText({ ttftMs, tpotMs }: Probe, limits: LatencyLimits): string {
  const name = limits.statistic
  const [what, found, limit] = isWithin(ttftMs, limits.ttftMs, limits)
    ? ['per output token', tpotMs[name], limits.tpotMs]
    : ['to the first token', ttftMs[name], limits.ttftMs]
  return `even a nearly idle replica takes ${found!.toPrecision(3)} ms ${what} (${name}); the objective is ${limit} ms`
}

/** One replica alone under these arrivals: what is in the house and in the cache, by looks at even distances in its steady part. */
function insideAt(engine: Engine, arrivals: Arrivals) {
  const progress = startProgress(arrivals)
  const replica = createReplica(engine, progress)
  const { n, atSeconds } = arrivals
  const from = atSeconds[Math.floor(n * warmUp)]!
  const to = atSeconds[n - 1]!
  let next = 0
  let used = 0
  let most = 0
  let inHouse = 0
  for (let look = 0; look < kvInstants; look++) {
    const at = from + ((to - from) * look) / kvInstants
    for (; next < n && atSeconds[next]! <= at; next++) {
      const seen = atSeconds[next]! + engine.timer.entrySeconds
      replica.advance(seen)
      replica.enqueue(next)
    }
    replica.advance(at)
    const state = replica.state()
    const share = state.usedBlocks / (state.usedBlocks + state.freeBlocks)
    used += share
    most = Math.max(most, share)
    inHouse += state.waiting + state.running
  }
  return { concurrency: inHouse / kvInstants, kvUse: { mean: used / kvInstants, max: most } }
}

// A sample of the traffic, a replica's shape and a latency objective → the load that one such replica sustains in its fleet.

import { buildEngine, type Engine } from '../engine/engine.ts'
import { simulate } from '../fleet/simulate.ts'
import type { ReplicaShape } from '../hardware/memory.ts'
import { loadBand, throughputBand } from '../step/band.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { atFactor, rateOf } from '../traffic/pace.ts'
import { feasibleMix, meanOf, saturate, saturatedBy, tokenSeconds } from './saturation.ts'
import { largestOf, mostOf, smallestFleet } from './search.ts'

/** 95th percentiles over the mix that must hold. */
export interface Objective {
  readonly ttftP95Ms: number
  readonly tpotP95Ms: number
}

export interface SustainRequest {
  readonly shape: ReplicaShape
  /** Requests as they came, real lengths and times; beyond 2,500 a stretch of that many is taken. Loads are tried by thinning and copying it. */
  readonly sample: Arrivals
  readonly objective: Objective
  readonly seed: number
}

export interface LoadPoint {
  /** Share of the sustainable load. */
  readonly load: number
  /** Share of time in which a step is running. */
  readonly busyShare: number
  readonly ttftP95Ms: number
  readonly tpotP95Ms: number
}

/** What one replica carries of this mix. Time, never money. */
export interface Sustained {
  readonly model: string
  readonly gpu: string
  readonly gpusPerReplica: number
  readonly dtype: string
  readonly fits: boolean
  /** Why it does not fit or no load meets the objective; null when it serves. */
  readonly problem: string | null
  readonly requestsPerSecond: number
  /** The same in a fleet of many, which share a burst better; never less. */
  readonly crowdRequestsPerSecond: number
  /** Input + output. */
  readonly tokensPerSecond: number
  /** Seconds of a fully loaded replica per token; over the mix they sum to 1 ÷ requestsPerSecond a request. */
  readonly secondsPerInputToken: number
  readonly secondsPerOutputToken: number
  /** Replicas of the fleet in which it was tried: about what the sample needs, for a fleet shares its bursts. */
  readonly triedReplicas: number
  /** Requests per second with a queue that never empties, whatever the latency. */
  readonly saturatedRequestsPerSecond: number
  readonly loadCurve: readonly LoadPoint[]
  readonly bottleneck: string
  readonly kvCapacityTokens: number
  readonly band: number
  readonly infeasible: { readonly calls: number; readonly reasons: readonly string[] }
}

/** Largest fleet tried. */
const mostTried = 64
const curveLoads = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1]
/** A guess of the sustainable share of the saturated rate, to choose the first fleet by. */
const likelyShare = 0.6
/** A fleet of many: copies of the sample, out of step, fall on so many replicas. Tried at these shares of their saturated rate. */
const crowd = 16
const crowdShares = [0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1] as const

/**
 * Finds the smallest fleet behind a least-loaded router that meets the objective with the sample as it came, and then how
 * much more of it that fleet still carries; shared by its replicas, that is what one sustains, and never more than a
 * saturated replica serves. A fleet, because bursts that would choke one replica alone are shared by several. Deterministic
 * in the sample and the seed.
 */
export function sustain(request: SustainRequest): Sustained {
  const { shape, objective } = request
  const engine = buildEngine(shape)
  const { memory } = engine
  const nothing = {
    requestsPerSecond: 0,
    crowdRequestsPerSecond: 0,
    tokensPerSecond: 0,
    secondsPerInputToken: 0,
    secondsPerOutputToken: 0,
  }
  const base = {
    model: shape.model.id,
    gpu: shape.gpu.id,
    gpusPerReplica: engine.gpus,
    dtype: shape.weightDtype ?? shape.model.nativeDtype,
    fits: memory.fits,
    kvCapacityTokens: memory.kvCapacityTokens * engine.lanes,
    band: throughputBand(shape),
  }
  const { mix, infeasible } = memory.fits
    ? feasibleMix(engine, request.sample, request.seed)
    : { mix: null, infeasible: { calls: 0, reasons: [] } }
  const refuse = (problem: string | null, bottleneck: string): Sustained => {
    return {
      ...base,
      ...nothing,
      triedReplicas: 0,
      saturatedRequestsPerSecond: 0,
      loadCurve: [],
      bottleneck,
      problem,
      infeasible,
    }
  }
  if (!memory.fits) return refuse(memory.problem, 'memory')
  if (!mix) return refuse('no request of the sample fits the model and its cache', 'KV cache')

  const saturated = saturate(engine, mix)
  const alone = tryLoad(engine, apart(mix), 1, objective)
  if (!alone.meets) return refuse(missed('a request alone on the replica', alone, objective), alone.miss)
  const sampled = rateOf(mix) ?? saturated.rate
  const first = Math.ceil(sampled / (saturated.rate * likelyShare))
  const trialOf = (replicas: number) => (factor: number) =>
    tryLoad(engine, atFactor(mix, factor, request.seed), replicas, objective)
  const replicas = smallestFleet(Math.max(1, Math.min(mostTried, first)), mostTried, n => trialOf(n)(1).meets)
  if (replicas === null) {
    const most = trialOf(mostTried)(1)
    return refuse(missed(`${mostTried} replicas with the sample's own bursts`, most, objective), most.miss)
  }
  const trial = trialOf(replicas)
  // One replica fewer missed with the sample as it came: copies out of step are smoother, and no ground to promise more.
  const shared = replicas > 1 ? replicas / (replicas - 1) : Number.POSITIVE_INFINITY
  const limit = Math.max(1, Math.min(shared, (replicas * saturated.rate) / sampled))
  const found = mostOf(trial, limit, replicas === 1)
  let { bottleneck } = found
  const requestsPerSecond = Math.min(saturated.rate, (found.factor * sampled) / replicas)
  const inCrowd = trialOf(crowd)
  const share = largestOf(crowdShares, one => inCrowd((one * crowd * saturated.rate) / sampled).meets)
  const cost = tokenSeconds(engine, mix, saturated.rate, requestsPerSecond)
  const input = meanOf(mix.inputTokens)
  const output = meanOf(mix.outputTokens)
  if (requestsPerSecond >= saturated.rate * 0.97) {
    bottleneck = saturatedBy(mix, saturated, cost)
  }
  const loadCurve = rising([
    { load: 0, busyShare: 0, ttftP95Ms: alone.ttftP95Ms, tpotP95Ms: alone.tpotP95Ms },
    ...curveLoads.map(load => {
      const { busyShare, ttftP95Ms, tpotP95Ms } = trial(found.factor * load)
      return { load, busyShare, ttftP95Ms, tpotP95Ms }
    }),
  ])
  return {
    ...base,
    problem: null,
    requestsPerSecond,
    crowdRequestsPerSecond: Math.max(requestsPerSecond, share * saturated.rate),
    tokensPerSecond: requestsPerSecond * (input + output),
    ...cost,
    triedReplicas: replicas,
    saturatedRequestsPerSecond: saturated.rate,
    loadCurve,
    bottleneck,
    band: loadBand(shape, bottleneck),
    infeasible,
  }
}

interface Trial {
  readonly meets: boolean
  readonly miss: string
  readonly busyShare: number
  readonly ttftP95Ms: number
  readonly tpotP95Ms: number
}

function tryLoad(engine: Engine, arrivals: Arrivals, replicas: number, objective: Objective): Trial {
  const outcome = simulate(arrivals, { engine, replicas, router: 'least-loaded' })
  const ttftP95Ms = outcome.ttftMs.p95 ?? 0
  // Answers of one token have no time per output token: nothing to miss.
  const tpotP95Ms = outcome.tpotMs.p95 ?? 0
  const first = ttftP95Ms <= objective.ttftP95Ms
  const meets = first && tpotP95Ms <= objective.tpotP95Ms
  const miss = first ? 'time per output token' : 'time to first token'
  return { meets, miss, busyShare: outcome.utilization ?? 0, ttftP95Ms, tpotP95Ms }
}

/**
 * Thinned and copied traffic is drawn, so a lighter load may look a little slower than a heavier one: no point stays above
 * a later one, or a fleet that meets the objective when full would miss it half empty.
 */
function rising(points: readonly LoadPoint[]): LoadPoint[] {
  const curve: LoadPoint[] = [...points]
  for (let i = curve.length - 2; i >= 0; i--) {
    const [point, next] = [curve[i]!, curve[i + 1]!]
    curve[i] = {
      load: point.load,
      busyShare: Math.min(point.busyShare, next.busyShare),
      ttftP95Ms: Math.min(point.ttftP95Ms, next.ttftP95Ms),
      tpotP95Ms: Math.min(point.tpotP95Ms, next.tpotP95Ms),
    }
  }
  return curve
}

/** Each request long after the one before: its latency with a replica to itself. */
function apart(mix: Arrivals): Arrivals {
  return { ...mix, atSeconds: mix.atSeconds.map((_, k) => k * 1e5) }
}

function missed(who: string, { ttftP95Ms, tpotP95Ms }: Trial, objective: Objective): string {
  if (ttftP95Ms > objective.ttftP95Ms) {
    return `${who}: ${Math.round(ttftP95Ms)} ms to the first token (p95); the objective is ${objective.ttftP95Ms} ms`
  }
  return `${who}: ${tpotP95Ms.toFixed(1)} ms per output token (p95); the objective is ${objective.tpotP95Ms} ms`
}

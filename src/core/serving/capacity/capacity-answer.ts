// A capacity found, and what was asked → the answer that `crossline capacity` prints, twelve digits.
import { estimate } from '../../statistics/estimate.ts'
import { notModelled } from '../fleet/not-modelled.ts'
import { gpusOf, type ReplicaShape } from '../hardware/memory.ts'
import { speculationText } from '../hardware/speculation.ts'
import type { Capacity, Latency, LatencyLimits, Probe, Statistic } from './capacity.ts'

/** What `crossline capacity` answers: figures of one replica. */
export interface CapacityAnswer extends Omit<Capacity, 'band'> {
  readonly model: string
  readonly gpu: string
  readonly gpusPerReplica: number
  readonly dtype: string
  readonly engine: string
  /** What guesses tokens ahead, in words; null = nothing does. */
  readonly speculation: string | null
  readonly replicas: number
  readonly traffic: {
    readonly source: 'trace' | 'lengths'
    readonly requests: number | null
    readonly inputTokens: number
    readonly outputTokens: number
    readonly arrivals: string
  }
  readonly objective: LatencyLimits & { readonly source: string }
  /** Input + output. */
  readonly tokensPerSecond: number
  /** At that load. */
  readonly ttftMs: Latency
  readonly tpotMs: Latency
  readonly shareOfSaturated: number | null
  /** Of `requestsPerSecond`. */
  readonly band: { readonly low: number; readonly high: number }
  readonly notModelled: readonly string[]
  /** What own calibrations and backtests say of such replicas; absent where nobody looked. */
  readonly assumptions?: readonly { readonly name: string; readonly value: string; readonly source: string }[]
}

/** What the found capacity is told with. */
export interface CapacityAsked {
  readonly shape: ReplicaShape
  readonly replicas: number
  readonly traffic: CapacityAnswer['traffic']
  readonly objective: CapacityAnswer['objective']
}

export function capacityAnswer(
  found: Capacity,
  { shape, replicas, traffic, objective }: CapacityAsked,
): CapacityAnswer {
  const rate = found.requestsPerSecond
  const at = found.probes.findLast(({ meets }) => meets)
  return {
    model: shape.model.id,
    gpu: shape.gpu.id,
    gpusPerReplica: gpusOf(shape),
    dtype: shape.weightDtype ?? shape.model.nativeDtype,
    engine: shape.engine ?? 'vllm',
    speculation: shape.speculation === undefined ? null : speculationText(shape.speculation),
    replicas,
    traffic,
    objective,
    fits: found.fits,
    problem: found.problem,
    requestsPerSecond: estimate(rate),
    tokensPerSecond: estimate(found.inputTokensPerSecond + found.outputTokensPerSecond),
    inputTokensPerSecond: estimate(found.inputTokensPerSecond),
    outputTokensPerSecond: estimate(found.outputTokensPerSecond),
    ttftMs: rounded(at?.ttftMs),
    tpotMs: rounded(at?.tpotMs),
    concurrency: estimate(found.concurrency),
    bottleneck: found.bottleneck,
    saturatedRequestsPerSecond: estimate(found.saturatedRequestsPerSecond),
    shareOfSaturated: found.saturatedRequestsPerSecond > 0 ? estimate(rate / found.saturatedRequestsPerSecond) : null,
    saturatedBy: found.saturatedBy,
    band: { low: estimate(rate * Math.max(0, 1 - found.band)), high: estimate(rate * (1 + found.band)) },
    kvCapacityTokens: found.kvCapacityTokens,
    kvUse: found.kvUse === null ? null : { mean: estimate(found.kvUse.mean), max: estimate(found.kvUse.max) },
    probes: found.probes.map(roundedProbe),
    infeasible: found.infeasible,
    notModelled,
  }
}

const roundedProbe = ({ requestsPerSecond, meets, busyShare, lateShare, ttftMs, tpotMs }: Probe): Probe => ({
  requestsPerSecond: estimate(requestsPerSecond),
  meets,
  busyShare: estimate(busyShare),
  lateShare: estimate(lateShare),
  ttftMs: rounded(ttftMs),
  tpotMs: rounded(tpotMs),
})

function rounded(latency: Latency | undefined): Latency {
  const one = (name: Statistic) => known(latency?.[name])
  return { mean: one('mean'), p50: one('p50'), p90: one('p90'), p95: one('p95'), p99: one('p99') }
}

const known = (value: number | null | undefined): number | null => (value == null ? null : estimate(value))

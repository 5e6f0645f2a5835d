// A horizon and a lease → the figures that `capacity --horizon` prints: hours and dollars, twelve digits.
import type { CapacityAnswer } from '../serving/capacity/capacity-answer.ts'
import type { FleetCurve } from '../serving/capacity/fleet-curve.ts'
import { type FleetOverTime, type Horizon, horizonError } from '../serving/capacity/horizon.ts'
import { estimate } from '../statistics/estimate.ts'

export interface HorizonFleet {
  readonly replicas: FleetOverTime['replicas']
  readonly gpuHours: number
  readonly busyGpuHours: number
  readonly idleGpuHours: number
  readonly coldGpuHours: number
  /** Time in which a step was running ÷ leased time. */
  readonly utilization: number
  readonly shareOfSaturated: number
  readonly lateShare: number
  /** Null where the price of a GPU-hour is not known. */
  readonly usd: number | null
  readonly effectiveUsdPerMtok: number | null
}

export interface HorizonFigures {
  readonly hours: number
  readonly requests: number
  readonly tokens: { readonly input: number; readonly output: number }
  readonly windowSeconds: number
  readonly minReplicas: number
  readonly coldStartSeconds: number
  readonly lease: { readonly usdPerGpuHour: number | null; readonly source: string }
  /** How far such figures were from a full replay, where that was tried. */
  readonly error: string
  /** What fleets carry within the objective, requests per second in all. */
  readonly curve: readonly { readonly replicas: number; readonly requestsPerSecond: number }[]
  /** In each window what it needs. */
  readonly followed: HorizonFleet
  /** Throughout what the busiest window needs. */
  readonly fixed: HorizonFleet
  readonly byWindow: readonly {
    readonly fromSeconds: number
    readonly requestsPerSecond: number
    readonly replicas: number
    readonly utilization: number
    readonly lateShare: number
  }[]
}

/** What `crossline capacity --horizon` answers; without `horizon` where one replica carries nothing. */
export type HorizonAnswer = CapacityAnswer & { readonly horizon: HorizonFigures | null }

export interface HorizonTerms {
  readonly windowSeconds: number
  readonly minReplicas: number
  readonly coldStartSeconds: number
  readonly lease: HorizonFigures['lease']
  /** Means of a request. */
  readonly inputTokens: number
  readonly outputTokens: number
}

export function horizonFigures(horizon: Horizon, curve: FleetCurve, terms: HorizonTerms): HorizonFigures {
  const { inputTokens, outputTokens, lease, ...stated } = terms
  const megatokens = (horizon.requests * (inputTokens + outputTokens)) / 1e6
  const fleet = (over: FleetOverTime): HorizonFleet => {
    const gpuHours = over.leasedGpuSeconds / 3600
    const usd = lease.usdPerGpuHour === null ? null : gpuHours * lease.usdPerGpuHour
    return {
      replicas: { ...over.replicas, mean: estimate(over.replicas.mean) },
      gpuHours: estimate(gpuHours),
      busyGpuHours: estimate(over.busyGpuSeconds / 3600),
      idleGpuHours: estimate(over.idleGpuSeconds / 3600),
      coldGpuHours: estimate(over.coldGpuSeconds / 3600),
      utilization: estimate(over.busyShare),
      shareOfSaturated: estimate(over.shareOfSaturated),
      lateShare: estimate(over.lateShare),
      usd: usd === null ? null : estimate(usd),
      effectiveUsdPerMtok: usd === null || megatokens === 0 ? null : estimate(usd / megatokens),
    }
  }
  return {
    hours: estimate(horizon.seconds / 3600),
    requests: Math.round(horizon.requests),
    tokens: {
      input: Math.round(horizon.requests * inputTokens),
      output: Math.round(horizon.requests * outputTokens),
    },
    ...stated,
    lease,
    error: horizonError,
    curve: curve.fleets.map(({ replicas, perReplica }) => ({
      replicas,
      requestsPerSecond: estimate(replicas * perReplica),
    })),
    followed: fleet(horizon.followed),
    fixed: fleet(horizon.fixed),
    byWindow: horizon.windows.map(({ fromSeconds, requestsPerSecond, replicas, busyShare, lateShare }) => ({
      fromSeconds,
      requestsPerSecond: estimate(requestsPerSecond),
      replicas,
      utilization: estimate(busyShare),
      lateShare: estimate(lateShare),
    })),
  }
}

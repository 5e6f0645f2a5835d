// What is known before anything is chosen: the traffic, what each API would bill for it, what one replica carries of it.
// Plain JSON, so that the command line, the server and the browser decide from the same value.
import type { Demand } from './demand.ts'

/** One way to buy these tokens from an API: a metered history as it is, or a hosted offer repriced on the same calls. */
export interface ApiTerms {
  readonly name: string
  /** The weights that serve it, as a catalog model id when known, else the provider's model name. */
  readonly group: string
  readonly kind: 'as-metered' | 'hosted'
  readonly provider: string
  readonly model: string
  readonly dtype: string | null
  /** Exact cost of all the demand's calls, decimal string; null when the option has no price for them. */
  readonly usd: string | null
  /** The same cost by window of the demand (estimates, sum ≈ usd): what resampling draws from. */
  readonly usdByWindow: readonly number[]
  /** Share of calls with a price; the rest are unknown, never free. */
  readonly pricedShare: number
  readonly fixedUsdPerMonth: number
  /** Where the price came from and when it was seen. */
  readonly source: string
  readonly observedAt: string | null
  /** Calls whose prompt or output does not fit the offer's stated limits. */
  readonly infeasible: { readonly calls: number; readonly reasons: readonly string[] }
  readonly notes: readonly string[]
}

/** What one replica of a model on one GPU shape does with this traffic's mix, from simulation. Time, never money. */
export interface ReplicaTerms {
  readonly model: string
  readonly group: string
  readonly gpu: string
  readonly gpusPerReplica: number
  readonly dtype: string
  readonly fits: boolean
  /** Why it does not fit or cannot serve, with what would; null when it does. */
  readonly problem: string | null
  /** Replicas that it takes to share today's bursts, however little of their time is used; absent = 1. */
  readonly leastReplicas?: number
  /** Requests per second of this mix that one replica sustains within the objective. */
  readonly requestsPerSecond: number
  /** The same in total (input + output) tokens per second. */
  readonly tokensPerSecond: number
  /** Requests per second with a queue that never empties, whatever the latency; absent = as sustained. */
  readonly saturatedRequestsPerSecond?: number
  /** Seconds of a saturated replica per token of each kind: weighs windows of different mixes. */
  readonly secondsPerInputToken: number
  readonly secondsPerOutputToken: number
  /** Share of time a step is running, and latency, at a share of the sustainable load (ascending `load`, 0..1). */
  readonly loadCurve: readonly {
    readonly load: number
    readonly busyShare: number
    readonly ttftP95Ms: number
    readonly tpotP95Ms: number
  }[]
  readonly bottleneck: string
  readonly kvCapacityTokens: number
  /** Relative band of the predicted throughput (0.25 = ±25 %), by the model's own validation. */
  readonly band: number
  readonly infeasible: { readonly calls: number; readonly reasons: readonly string[] }
}

/** A row of the GPU price table that a team could lease. USD per GPU-hour, exact decimal string. */
export interface LeaseRow {
  readonly id: string
  readonly provider: string
  readonly gpu: string
  readonly gpusPerInstance: number
  readonly usdPerGpuHour: string
  readonly term: string
  readonly region: string
  readonly asOf: string | null
  readonly source: string
  /** The catalog's own choice for this GPU and term; without one the median provider's row is billed. */
  readonly isDefault?: boolean
}

/** Today's own arrivals, call by call, on a fleet of serving replicas (spares not among them). Time, never money. */
export interface Replay {
  readonly model: string
  readonly gpu: string
  readonly gpusPerReplica: number
  readonly replicas: number
  readonly router: string
  readonly calls: number
  /** Calls of unknown usage, which cannot be replayed. */
  readonly leftOut: number
  readonly completed: number
  readonly rejected: number
  readonly durationSeconds: number
  readonly gpuHours: { readonly leased: number; readonly busy: number; readonly idle: number; readonly cold: number }
  readonly ttftMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null }
  readonly tpotMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null }
  /** Share of calls outside the objective, and of five-minute windows in which more than 5 % were. */
  readonly lateShare: number
  readonly lateWindowShare: number
}

export interface Evidence {
  readonly schemaVersion: 1
  readonly sample: boolean
  readonly attribution: readonly string[]
  /** Prices are those in force at this date (YYYY-MM-DD). */
  readonly at: string
  readonly seed: number
  /** The slice of the ledger: metered model, features and so on; null = all. */
  readonly slice: Readonly<Record<string, string>>
  /** Catalog id of the weights that today's traffic runs on, or the model's name when not an open model. */
  readonly todayGroup: string | null
  readonly demand: Demand
  readonly coverage: {
    readonly pricedShare: number | null
    readonly attributedShare: number
    readonly unpricedModels: readonly { readonly model: string; readonly calls: number; readonly share: number }[]
  }
  readonly objective: { readonly ttftP95Ms: number; readonly tpotP95Ms: number; readonly source: string }
  readonly api: readonly ApiTerms[]
  readonly replicas: readonly ReplicaTerms[]
  readonly leases: readonly LeaseRow[]
  /** Replays on the fleets that today's traffic needs; absent where none was made. */
  readonly replays?: readonly Replay[]
  /** Other slices of the ledger that could be asked about (metered models with their share of spend or tokens). */
  readonly slices: readonly { readonly model: string; readonly calls: number; readonly share: number }[]
  /** Open models that the same calls could be taken to run as; absent in evidence made by hand. */
  readonly runnable?: readonly string[]
  readonly assumptions: readonly Assumption[]
  readonly notModelled: readonly string[]
}

export interface Assumption {
  /** What it is called where machines read it: a choice by its parameter's name. */
  readonly name: string
  readonly value: string | number | null
  readonly source: string
  /** What a person calls it; absent where `name` is readable. Several with one label are read as one list. */
  readonly label?: string
  /** The value as a person reads it, unit and a word of why included; absent where `value` says it. */
  readonly brief?: string
}

// What is known before anything is chosen: the traffic, what each API would bill for it, what one replica carries of it.
// Plain JSON, so that the command line, the server and the browser decide from the same value.
import type { Demand } from './demand.ts'
import type { Feasibility, Infeasible, Together } from './feasible.ts'
import type { RunEvidence } from './quality/run-evidence.ts'

/** One way to buy these tokens from an API: a metered history as it is, or a hosted offer repriced on the same calls. */
export interface ApiTerms {
  readonly name: string
  /** The weights that serve it, as a catalog model id when known, else the provider's model name. */
  readonly group: string
  readonly kind: 'as-metered' | 'hosted'
  /** The calls run at this seller on these weights already: its latency and quality are those of today. */
  readonly servesToday?: boolean
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
  /** Calls that the offer's stated limits refuse. They are in `usd` as if it took them, as fresh prompts. */
  readonly infeasible: Infeasible
  readonly notes: readonly string[]
  /** List price of a fresh prompt and of an answer: what calls pay that come from elsewhere. Null = none is known. */
  readonly rates?: {
    readonly inputUsdPerMtok: number
    readonly outputUsdPerMtok: number
    /** Of prompt tokens read from its cache and written to it; null or absent = billed as fresh. */
    readonly cacheReadUsdPerMtok?: number | null
    readonly cacheWriteUsdPerMtok?: number | null
  } | null
  /** Share of `usd` that is paid for prompts: what another tokenizer would move. */
  readonly promptShare?: number
  /** Whether its tier by the token serves a customer's own adapters; null or absent = not known. */
  readonly takesAdapters?: boolean | null
  /** Where it is served, in the seller's words; null = not stated. */
  readonly region?: string | null
  readonly cache?: CacheEvidence
  /** The same calls after savings that change no answer; null = there are none. */
  readonly optimised?: Optimised | null
}

/** Which prompt-cache hits a bill counts: those of one seller are never carried to another. USD of the demand, exact. */
export interface CacheEvidence {
  /** `as metered` at today's seller; `simulated` from prefix blocks under the seller's rule; `none`: all prompts fresh. */
  readonly basis: 'as metered' | 'simulated' | 'none'
  /** Tokens read from and written to the cache, and the share of prompt tokens that is read. */
  readonly readTokens: number
  readonly writtenTokens: number
  readonly hitShare: number
  /** The bill without any hit. */
  readonly freshUsd: string | null
  /** The bill with every hit that is possible and not counted on; null when there is none such. */
  readonly lowUsd: string | null
  /** The rule, in words with its source; null where none was applied. */
  readonly rule: string | null
}

export interface Optimised {
  /** Exact, decimal string. */
  readonly usd: string
  readonly usdByWindow: readonly number[]
  /** In the order in which they are applied; savings add up to the difference of the bills. USD of the demand. */
  readonly levers: readonly { readonly name: string; readonly savesUsd: number; readonly evidence: string }[]
}

/** What one replica of a model on one GPU shape does with this traffic's mix, from simulation. Time, never money. */
export interface ReplicaTerms {
  readonly model: string
  readonly group: string
  readonly gpu: string
  readonly gpusPerReplica: number
  readonly dtype: string
  /** Where its throughput comes from; absent = simulated. */
  readonly basis?: 'simulated' | 'calibrated' | 'measured'
  readonly fits: boolean
  /** Why it does not fit or cannot serve, with what would; null when it does. */
  readonly problem: string | null
  /** Replicas that it takes to share today's bursts, however little of their time is used; absent = 1. */
  readonly leastReplicas?: number
  /** Requests per second of this mix that one replica sustains within the objective. */
  readonly requestsPerSecond: number
  /** The same in a fleet of many replicas, which share a burst better; absent = no more. */
  readonly crowdRequestsPerSecond?: number
  /** What one sustains in total (input + output) tokens per second. */
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
  readonly infeasible: Infeasible
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
  /** Known to mislead, as a single offer far off the market: no end of its spread. */
  readonly isOdd?: boolean
}

/** A host that runs weights on GPUs kept for one customer, by the hour. USD per GPU-hour, exact decimal string. */
export interface DedicatedRow {
  readonly host: string
  readonly gpu: string
  readonly gpusPerInstance: number
  readonly usdPerGpuHour: string
  readonly asOf: string | null
  readonly source: string
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
  /** Share of five-minute windows with a call in which at most 5 % were late; the highest late share of any hour, and of the busy ones; absent in evidence made by hand. */
  readonly windowsMetShare?: number | null
  readonly worstHourLateShare?: number | null
  readonly busyHourLateShare?: number | null
  /** Late calls and refused ones with their tokens: what an API would bill for those that the fleet does not serve in time. */
  readonly missed?: { readonly late: Together; readonly refused: Together }
}

export interface MeasuredP95 {
  readonly calls: number
  readonly p95Ms: number
}

/** Calls of today's weights that ran on the team's own servers, and what was measured of them there (95th percentiles). */
export interface MeasuredServers {
  readonly calls: number
  /** Of the calls asked about. */
  readonly share: number
  readonly ttftP95Ms: number
  readonly tpotP95Ms: number
}

/** Calls that ask again what was asked before: what a cache of answers would save. */
export interface RepeatedCalls {
  /** Calls of which it is known. */
  readonly known: number
  readonly repeated: number
  /** What the repeated ones cost as metered, exact, 12 decimals. */
  readonly usd: string
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
    /** Shares of the calls asked about. Priced: by the token; those on own servers are `ownShare`, absent in evidence made by hand. */
    readonly pricedShare: number | null
    readonly ownShare?: number | null
    readonly attributedShare: number
    /** Shares of calls that were drawn from sums, and of unknown usage; absent in evidence made by hand. */
    readonly estimatedShare?: number | null
    readonly unknownShare?: number | null
    /** What invoices say beside what all calls of the period were metered at; absent or null = no invoice. */
    readonly bill?: {
      readonly billedUsd: string
      readonly meteredUsd: string
      readonly billedShare: number | null
      readonly billedOnly: readonly string[]
    } | null
    readonly notes?: readonly string[]
    readonly unpricedModels: readonly { readonly model: string; readonly calls: number; readonly share: number }[]
  }
  /** Shapes that the hours of the week not seen may have; absent or [] where a week was seen. */
  readonly profiles?: readonly { readonly name: string; readonly source: string; readonly peakToMean: number }[]
  readonly objective: {
    readonly ttftP95Ms: number
    readonly tpotP95Ms: number
    readonly source: string
    /** Which of the two the reader stated; absent = neither. */
    readonly stated?: { readonly ttft: boolean; readonly tpot: boolean }
    /** What today's option delivered, 95th percentiles over the calls that know it; null where too few do. */
    readonly measured?: { readonly ttft: MeasuredP95 | null; readonly tpot: MeasuredP95 | null }
  }
  /** Absent where none of the calls ran there, or too few tell their times. */
  readonly ownServers?: MeasuredServers
  readonly api: readonly ApiTerms[]
  readonly replicas: readonly ReplicaTerms[]
  readonly leases: readonly LeaseRow[]
  /** Hosts that sell endpoints by the hour; absent = none is known. */
  readonly dedicated?: readonly DedicatedRow[]
  /** Adapters (LoRA) that the calls need beside the weights; absent = none. */
  readonly adapters?: { readonly count: number; readonly rank: number }
  /** Replays on the fleets that today's traffic needs, a shape's sizes side by side, ascending; absent where none was made. */
  readonly replays?: readonly Replay[]
  /** Other slices of the ledger that could be asked about (metered models with their share of spend or tokens). */
  readonly slices: readonly { readonly model: string; readonly calls: number; readonly share: number }[]
  /** What part of the ledger's calls all of this is about; absent = all of them. */
  readonly asked?: AskedPart
  /** Open models that the same calls could be taken to run as; absent in evidence made by hand. */
  readonly runnable?: readonly string[]
  /** What limits refuse, alone and together; absent in evidence made by hand. */
  readonly feasibility?: Feasibility
  /** Tokenizer of each group of weights; null or absent = not known to be shared with any other. */
  readonly tokenizers?: Readonly<Record<string, string | null>>
  /** Calls that repeat an earlier one exactly; absent where no call's request or prompt is known. */
  readonly repeats?: RepeatedCalls
  /** Runs of tasks, which tell what options make of the team's own work; absent = none is kept. */
  readonly tasks?: readonly RunEvidence[]
  readonly assumptions: readonly Assumption[]
  readonly notModelled: readonly string[]
}

/** The calls of one model among those of several. */
export interface AskedPart {
  readonly model: string
  readonly calls: number
  /** Calls of all models in the time and of the dimensions asked about. */
  readonly ofCalls: number
  /** Of what is known to be spent on all of them; null where nothing is. */
  readonly spendShare: number | null
  /** No call among all of them lacks a price. */
  readonly isAllPriced: boolean
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

// Evidence and choices in; the ranked answer with its crossings, doubts and assumptions out.
import type { Decision, ProfileAnswer } from './decision.ts'
import type { Assumable } from './eligibility.ts'
import type { AskedPart, Assumption, CacheEvidence, Evidence, RepeatedCalls, Replay, ReplicaTerms } from './evidence.ts'
import type { Fallback } from './feasible.ts'
import type { Grade } from './grade.ts'
import type { Sensitivity } from './market.ts'
import type { NearestChange } from './nearest-change.ts'
import type { NextMeasurement } from './next-measurement.ts'
import type { PossibleSaving } from './possible-savings.ts'
import type { Cascade } from './quality/cascade-option.ts'
import type { EffectiveRates } from './quality/success-cost.ts'
import type { TriedAnswer } from './quality/tried-answer.ts'

export type YesNoUnknown = 'yes' | 'no' | 'unknown'

/** Monthly cost as a function of volume, exact to the staircase: this is what chart, cursor and crossings evaluate. */
export type CostTerms =
  | {
      readonly kind: 'api'
      readonly usdPerMtok: number
      readonly fixedUsdPerMonth: number
      /** Part of `usdPerMtok` that a fallback bills for the calls that this API refuses; absent = none. */
      readonly escalationUsdPerMtok?: number
    }
  | {
      readonly kind: 'self-host'
      /** Where instances hold several replicas, a full instance's lease ÷ their number. */
      readonly replicaUsdPerMonth: number
      /** Without overhead: what the leased GPU-hours of a replica cost. */
      readonly replicaGpuUsdPerMonth: number
      /** What a replica sustains within the objective in a month, million tokens, before the peak is allowed for. */
      readonly throughputMtokPerMonth: number
      /** The same with a queue that never empties: what `utilization` is a share of; absent = as sustained. */
      readonly saturatedMtokPerMonth?: number
      /** What a replica may be counted on for at this traffic's shape = throughput ÷ peak-to-mean. */
      readonly replicaMtokPerMonth: number
      /** Whole instances are leased, each with room for so many replicas; absent = 1. */
      readonly replicasPerInstance?: number
      readonly minReplicas: number
      readonly spareReplicas: number
      readonly fixedReplicas: number | null
      readonly fixedUsdPerMonth: number
      /** What a fallback bills for the calls that the model cannot hold; absent = none. */
      readonly escalationUsdPerMtok?: number
      readonly loadCurve: readonly { readonly load: number; readonly busyShare: number }[]
      /** Up to so many replicas each carries only so much, for bursts need them; absent = every replica carries as much as the next. */
      readonly knee?: { readonly replicas: number; readonly replicaMtokPerMonth: number } | undefined
      /** Power that own GPUs draw at work beyond their idle draw, per million tokens; absent = 0. */
      readonly busyUsdPerMtok?: number
      /** What calls that come late above what is tolerated cost at the API that takes them, per million tokens of all; absent = 0. */
      readonly spillUsdPerMtok?: number
    }

/** The terms of own GPUs. */
export type FleetTerms = Extract<CostTerms, { kind: 'self-host' }>

/** USD a month by cause. Parts that do not apply are 0; all are null when the option's cost is unknown. */
export interface Breakdown {
  /** What an API bills for tokens. */
  readonly tokens: number | null
  readonly gpuBusy: number | null
  readonly gpuIdle: number | null
  readonly gpuCold: number | null
  /** Spare replicas, overhead on them included. */
  readonly redundancy: number | null
  /** People, fixed fees, and overhead (storage, egress, monitoring) on the serving replicas. */
  readonly operations: number | null
  readonly escalation: number | null
  readonly spill: number | null
}

export interface Band {
  readonly low: number
  readonly high: number
}

export interface OptionAnswer {
  readonly name: string
  readonly kind: 'api' | 'dedicated' | 'self-host' | 'cascade'
  /** Who sells an API by the token; null for fleets. */
  readonly provider: string | null
  readonly group: string
  readonly dtype: string | null
  /** What is paid today: a metered history, not an offer. */
  readonly asMetered: boolean
  /** The replica that a fleet is made of; null for an API. */
  readonly replica: Pick<ReplicaTerms, 'model' | 'gpu' | 'gpusPerReplica'> | null
  /** USD per month at the volume of `youAreHere`; null = unknown. */
  readonly usd: number | null
  readonly usdPerThousandRequests: number | null
  readonly usdPerMtok: number | null
  /** Whose tokens the $/Mtok counts. */
  readonly tokensOf: string
  /** USD a solved task, idle hours of own GPUs and all that their fleet costs included; null = unknown. `tried` has its interval. */
  readonly usdPerSuccess: number | null
  readonly utilization: number | null
  readonly replicas: number | null
  /** GPUs that are paid for: whole instances, where those are leased. */
  readonly gpus: number | null
  /** What an hour of one costs; null for an API and where no price is known. */
  readonly usdPerGpuHour: number | null
  readonly meetsQuality: YesNoUnknown
  readonly meetsLatency: YesNoUnknown
  /** What would have to be taken for granted so that it meets the bars; [] = nothing. */
  readonly unknowns: readonly Assumable[]
  readonly infeasible: {
    readonly calls: number
    readonly share: number
    /** With exact counts of calls. */
    readonly reasons: readonly string[]
    /** Share of calls that no named fallback takes either: what bars an option; absent = `share`. */
    readonly unservedShare?: number
    /** Where refused calls go, and what that costs (part of `usd`); null without one. */
    readonly fallback?: Fallback | null
  }
  readonly tokenRatio: {
    readonly input: number | null
    readonly output: number | null
    /** Of prompts; of answers where it was measured. */
    readonly band: Band | null
    readonly outputBand?: Band | null
    readonly source: string
  }
  /** What tasks say of it; null = none were run on it or on the same weights. */
  readonly tried: TriedAnswer | null
  /** What a token of its own costs on a fleet under this traffic; null for an API, and where its cost is unknown. */
  readonly effectiveRates: EffectiveRates | null
  /** Of two options in a row, how tasks went through them; null = it is one. */
  readonly cascade: Pick<
    Cascade,
    'first' | 'second' | 'escalatedShare' | 'silentErrorShare' | 'shareOfSecondsBill' | 'verifierShareOfSecondsBill'
  > | null
  readonly breakdown: Breakdown
  readonly band: Band | null
  readonly probabilityCheapest: number | null
  readonly terms: CostTerms | null
  /** Calls late or refused in the replay beyond what is tolerated, and the API that is billed for them (null: none takes them, and they stay late); null where nothing was replayed. */
  readonly spill: { readonly calls: number; readonly share: number; readonly api: string | null } | null
  /** What replaying today's calls on exactly these replicas gave; null where nobody replayed them. */
  readonly replay: Replay | null
  readonly priceSource: string
  readonly notes: readonly string[]
  /** Which prompt-cache hits `usd` counts, USD a month; null where a seller's cache does not come in. */
  readonly cache: CacheAnswer | null
  /** The same option after savings that change no answer: what self-hosting is held against; null = there are none. */
  readonly optimised: OptimisedAnswer | null
}

/** USD a month. */
export interface CacheAnswer {
  readonly basis: CacheEvidence['basis']
  /** Share of prompt tokens read from the cache. */
  readonly hitShare: number
  /** Without any hit; null = not known. */
  readonly usdWithout: number | null
  /** With every hit that is possible and not counted on: where the band begins; null = there are none such. */
  readonly usdAtBest: number | null
  readonly rule: string | null
}

export interface OptimisedAnswer {
  /** USD a month: what this option would cost with all levers pulled. */
  readonly usd: number
  readonly levers: readonly { readonly name: string; readonly savesUsd: number; readonly evidence: string }[]
  readonly terms: CostTerms
}

export interface Crossing {
  readonly variable: 'tokensPerMonth'
  readonly at: number
  /** Cheapest just below, and from `at` on. */
  readonly from: string
  readonly to: string
  readonly band: Band | null
  /** Share of the draws in which this crossing exists; null when it was not estimated. */
  readonly shareOfDraws: number | null
}

export interface Answer {
  readonly schemaVersion: 1
  readonly sample: boolean
  readonly currency: 'USD'
  readonly hoursPerMonth: number
  readonly at: string
  readonly seed: number
  readonly requests: number
  readonly tokens: { readonly input: number; readonly output: number; readonly total: number }
  /** What part of the ledger's calls this is about; null = all of them. */
  readonly asked: AskedPart | null
  readonly coverage: {
    readonly days: number
    /** Of 168. */
    readonly hoursOfWeek: number
    /** Of the whole bill and all calls, since no invoice knows a slice: exact, 12 decimals; null without a bill. */
    readonly billedUsd: string | null
    readonly meteredUsd: string | null
    readonly billedShare: number | null
    /** Shares of the calls asked about, as are days and hours. Priced: by the token. */
    readonly pricedShare: number | null
    /** On own servers, which are billed by the hour and have no price by the token; null = not known. */
    readonly ownShare: number | null
    readonly attributedShare: number | null
    readonly estimatedShare: number | null
    readonly unknownShare: number | null
    readonly notes: readonly string[]
  }
  /** Latency that fleets are sized for and every option is held to, 95th percentiles. */
  readonly objective: Evidence['objective']
  readonly grade: Grade
  /** What the grade means here. */
  readonly gradeReason: string
  /** One sentence a buyer can read. */
  readonly verdict: string
  /** Ranked: today's weights first, then by USD; unknown last. */
  readonly options: readonly OptionAnswer[]
  /** The cheapest that is known, or was assumed, to meet every bar. */
  readonly best: string | null
  /** A cheaper one of today's weights that lacks nothing but proof. */
  readonly bestIf: { readonly option: string; readonly usd: number; readonly assumes: readonly Assumable[] } | null
  readonly decision: Decision
  /** Under a week of traffic: the same decision with each shape that the hours not seen may have; [] else. */
  readonly profiles: readonly ProfileAnswer[]
  /** Cheaper options of other weights: what they would save, and which price of a failure would cancel that. */
  readonly possibleSavings: readonly PossibleSaving[]
  /** Breakpoints of the cheapest option among today's weights, ascending; each API after its levers. */
  readonly crossings: readonly Crossing[]
  /** The same with each API as billed; equal to `crossings` where no lever is left. */
  readonly crossingsAsBilled: readonly Pick<Crossing, 'variable' | 'at' | 'from' | 'to'>[]
  /** Each API × self-host pair of today's weights: every crossing of the staircase. */
  readonly pairs: readonly {
    readonly api: string
    readonly selfHost: string
    /** Ascending; the first ones when there are very many. */
    readonly crossings: readonly { readonly tokensPerMonth: number; readonly replicas: number }[]
    readonly forGoodFrom: number | null
    readonly never: string | null
  }[]
  readonly never: readonly {
    readonly option: string
    readonly reason: string
    /** `nearest` in a sentence. */
    readonly nearestChange: string | null
    /** Single changes that each make it cross, with their exact limits; the nearest first. */
    readonly nearest: readonly NearestChange[]
  }[]
  /** From here on the self-hosted `option` stays cheaper than the API `against`; the earliest such pair. */
  readonly forGoodFrom: {
    readonly option: string
    readonly against: string
    readonly tokensPerMonth: number
    readonly band: Band | null
    readonly shareOfDraws: number | null
  } | null
  /** The API option that self-hosting is compared with in verdict, `never` and `forGoodFrom`. */
  readonly comparedApi: string | null
  readonly youAreHere: { readonly tokensPerMonth: number; readonly requestsPerMonth: number }
  /** What the market's spread of GPU prices alone would make of the cheapest fleet; [] where nobody knows one. */
  readonly sensitivities: readonly Sensitivity[]
  /** The unknown whose knowledge would most likely change the decision, in one line. */
  readonly nextMeasurement: string | null
  /** The same in its parts; `command` is what to type, null where it is no command. */
  readonly next: NextMeasurement | null
  /** Calls that repeat an earlier one exactly; null = not known of any. */
  readonly repeats: RepeatedCalls | null
  readonly assumptions: readonly Assumption[]
  readonly notModelled: readonly string[]
  readonly unpriced: readonly { readonly model: string; readonly calls: number; readonly share: number }[]
}

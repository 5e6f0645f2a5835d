// What is known before savings are judged: leases, calls served on own GPUs by local day, and the same calls repriced.
// Plain JSON, like the evidence of an answer: the command line, a server and a page judge from the same value.
import type { Assumption } from './evidence.ts'

/** A day of a calendar, or the part of it that was asked about: [from, to) in UTC microseconds; 23 or 25 hours when clocks change. */
export interface LocalDay {
  readonly date: string
  readonly fromMicros: number
  readonly toMicros: number
}

/** GPUs that a team pays for by the hour, one line of its list. */
export interface OwnLease {
  /** Where it stands in the file, 1-based. */
  readonly line: number
  /** Id in the GPU catalog. */
  readonly gpu: string
  readonly count: number
  readonly fromMicros: number
  /** Up to, not including; null = still running. */
  readonly toMicros: number | null
  /** USD for one GPU and hour, exact decimal string. */
  readonly usdPerGpuHour: string
  /** Until then the money is spent whatever is stopped; null = no commitment. */
  readonly committedUntilMicros: number | null
  readonly team: string | null
}

/** One day's calls of one model on own GPUs. Tokens are those of the calls that tell them. */
export interface ServedCalls {
  /** Catalog name of the weights, else the model's own name; null = the calls name no model. */
  readonly weights: string | null
  readonly calls: number
  readonly unknownUsageCalls: number
  /** The whole prompt, cached or not. */
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The calls of one key (a team), day by day, in the order of `days`. */
export interface ServedPart {
  readonly key: string | null
  readonly days: readonly (readonly ServedCalls[])[]
}

/** One day's calls at one seller's prices of that day. Exact decimal strings. */
export interface DayBill {
  /** Every prompt billed as fresh input: caches do not carry over from one server to another. */
  readonly usd: string
  /** The same with own cache hits granted at the seller's price for hits: the least it could have been. */
  readonly usdWithHits: string
  /** Calls of known usage that have no price here. */
  readonly unpricedCalls: number
}

/** The same calls at another seller. */
export interface Repriced {
  /** `host/model as listed`. */
  readonly name: string
  readonly provider: string
  readonly model: string
  /** Where the rates are from, and when they were seen last; `dated` = the price book's own rates of each day. */
  readonly source: string
  readonly observedAt: string | null
  readonly dated: boolean
  /** By part, then by day, in their orders. */
  readonly parts: readonly (readonly DayBill[])[]
}

/** What a token costs in seconds on one GPU shape, by simulation with these calls; null seconds = not simulated, and why. */
export interface ServedOn {
  readonly weights: string
  readonly gpu: string
  readonly gpuSecondsPerInputToken: number | null
  readonly gpuSecondsPerOutputToken: number | null
  /** Relative band of the throughput. */
  readonly band: number
  readonly note: string
}

/** What an own server said of itself, scraped in the time asked about. */
export interface MeasuredBusy {
  readonly server: string
  /** Hours between scrapes that were near enough to each other to tell. */
  readonly seenHours: number
  /** Share of them with a request running. */
  readonly busyShare: number
}

export interface SavingsEvidence {
  readonly sample: boolean
  readonly zone: string
  readonly days: readonly LocalDay[]
  readonly leases: readonly OwnLease[]
  /** What `parts` are keyed by. */
  readonly by: 'team' | null
  readonly parts: readonly ServedPart[]
  /** Names of providers that are own GPUs, as the ledger has them. */
  readonly ownProviders: readonly string[]
  /** Offers of each weights that were served; `named`: the reader chose the host. */
  readonly hosted: readonly {
    readonly weights: string | null
    readonly named: boolean
    readonly offers: readonly Repriced[]
  }[]
  readonly frontier: Repriced & { readonly chosenBy: string }
  readonly servedOn: readonly ServedOn[]
  readonly measured: readonly MeasuredBusy[]
  readonly notes: readonly string[]
  readonly assumptions: readonly Assumption[]
}

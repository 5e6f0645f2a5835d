// The ledger: append calls once, ask about them. Every store fulfils this and passes the same contract test.
import type { Demand } from '../core/decide/demand.ts'
import type { Call } from '../core/meter/call.ts'
import type { CallRecord, Opened, PriceOfCall, SpoolPositions } from '../core/meter/call-record.ts'
import type { BilledLine, ChargeBatch } from '../core/meter/charge.ts'
import type { CallLoader, DemandShape, PriceCalls, PriceKey, RepriceResult } from '../core/meter/load.ts'
import type { Scrape, ScrapeBatch } from '../core/meter/scrape.ts'
import type { UsageKind } from '../core/meter/usage.ts'

export type { RepriceResult } from '../core/meter/load.ts'

/** Restricts a question to part of the ledger. Times are half-open [from, to) in UTC microseconds. */
export interface Slice {
  readonly fromMicros?: number
  readonly toMicros?: number
  /** Dimension → value, or any of several; `null` means "not attributed". */
  readonly where?: Readonly<Record<string, string | null | readonly string[]>>
  /** `true` only the bundled sample, `false` only real calls. */
  readonly sample?: boolean
  /** `true` only calls of tasks that were tried (`tasks run`, its judges and verifiers), `false` none of them: they are spend, and no traffic. */
  readonly trials?: boolean
}

/** What `report --by` and a slice's `where` understand, beside `tag:NAME`. */
export const dimensions = [
  'provider',
  'model',
  'workload',
  'feature',
  'task',
  'user',
  'team',
  'environment',
  'tier',
  'region',
  'speed',
  'outcome',
  'systemPrompt',
  'source',
  'hour',
  'day',
  'week',
  'month',
] as const

export interface ReportRow {
  readonly key: Readonly<Record<string, string | null>>
  readonly calls: number
  /** Sum of each kind over the calls that know it; null where none does. */
  readonly usage: Readonly<Record<UsageKind, number | null>>
  /** Exact decimal string, 12 decimals; the priced calls only. */
  readonly usd: string
  readonly unpricedCalls: number
  readonly estimatedCalls: number
  readonly unknownUsageCalls: number
  /** Of those the calls that a gateway saw begin and nobody saw end. */
  readonly unsettledCalls: number
  /** What those of unknown usage may have cost, exact decimal string; in no other sum. Null: there are none, or nobody can say. */
  readonly estimateUsd: string | null
  /** Calls of which the provider says itself what they cost, and we do too: both sums; null where there are none. */
  readonly reported: Reported | null
}

export interface Reported {
  readonly calls: number
  readonly usd: string
  readonly differenceUsd: string
}

export interface SourceRow {
  readonly source: string
  readonly name: string
  readonly format: string
  readonly calls: number
  /** Lines of a bill and their sum, exact, 12 decimals; 0 and "0.000000000000" where it is none. */
  readonly billedLines: number
  readonly billedUsd: string
  /** Moments of model servers. */
  readonly scrapes: number
  readonly importedAtMicros: number
  readonly sample: boolean
}

/** A stretch of time, half-open, UTC microseconds; a bound left out is open. */
export type Period = Pick<Slice, 'fromMicros' | 'toMicros'>

/** Calls of a slice as flat arrays in time order, for replay and repricing. Unknown counts are -1. */
export interface CallColumns {
  readonly n: number
  readonly atMicros: Float64Array
  /** The whole prompt, cached or not. */
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
  /** Bits of `callNeeds`: what each call asks beside text. */
  readonly needs: Uint8Array
  /** Milliseconds to the first token and to the end of the answer; NaN where the record does not say. */
  readonly ttftMs: Float32Array
  readonly latencyMs: Float32Array
}

/**
 * Prefix blocks of consecutive calls as flat arrays: those of the k-th call are `blocks[offsets[k]]` up to, not including,
 * `blocks[offsets[k + 1]]`; none where the record has none. An id is the last 53 bits, signed, of the one recorded: a number, and the same number for the same block.
 */
export interface PrefixPiece {
  readonly n: number
  readonly offsets: Int32Array
  readonly blocks: Float64Array
}

/** What a dimension says of each call of a slice, in the order of its columns: `names[labels[i]]`; null = nothing. */
export interface CallLabels {
  readonly labels: Int32Array
  readonly names: readonly (string | null)[]
}

/** Calls that ask again what was asked before, however long ago. */
export interface Repeats {
  /** Calls of which it is known: their whole request was hashed, or their whole prompt. */
  readonly known: number
  /** Those that are not the first of their like. */
  readonly repeated: number
  /** What these cost, exact, 12 decimals; the priced ones only. */
  readonly usd: string
}

/** A call as somebody who draws a sample sees it: what it is like, and nothing that it said. */
export interface FramedCall {
  readonly source: string
  /** Within its source; a row's place where it has none. */
  readonly id: string
  readonly atMicros: number
  readonly provider: string | null
  readonly model: string | null
  readonly workload: string | null
  readonly feature: string | null
  readonly task: string | null
  readonly promptTokens: number | null
  /** Bits of `callNeeds`. */
  readonly needs: number
  readonly outcome: Call['outcome']
  /** Exact, 12 decimals; null = unpriced. */
  readonly usd: string | null
  /** Equal = the same request; of records that know the prompt's blocks alone, as long a prompt with the same blocks. */
  readonly sameAs: string | null
  /** The run of tasks that made it; null = it is nobody's test. */
  readonly run: string | null
}

export interface UsageGroupOptions {
  /** Group by window of this many seconds from the slice's first arrival (as in `demand`); null: no windows. */
  readonly windowSeconds?: number | null
  /** Ascending prompt sizes at which rates change; class k holds the calls with k thresholds ≤ prompt. */
  readonly promptFrom?: readonly number[]
  /** Also apart by UTC hour or day, for rates that change with time. */
  readonly bucket?: 'hour' | 'day' | null
}

/** Calls that an API would price alike: linear rates make their sum's price the sum of their prices. */
export interface UsageGroup extends PriceKey {
  readonly outcome: Call['outcome']
  readonly window: number | null
  readonly promptClass: number
  readonly bucketMicros: number | null
  readonly calls: number
  readonly unknownUsageCalls: number
  /** Sums over the calls of known usage (input and output both); null where none of them knows the kind. */
  readonly usage: Readonly<Record<UsageKind, number | null>>
  /** Exact sum over the priced calls, 12 decimals. */
  readonly usd: string
  /** Largest prompt and answer: what a stated limit is checked against. */
  readonly maxPrompt: number
  readonly maxOutput: number
}

/** What a ledger is asked. */
export interface LedgerReads {
  report(slice: Slice, by: readonly string[], zone: string): Promise<{ rows: ReportRow[]; total: ReportRow }>
  demand(slice: Slice, windowSeconds: number): Promise<Demand | null>
  columns(slice: Slice): Promise<CallColumns>
  /** Whose each of these calls is. @throws Fault UNKNOWN_DIMENSION */
  labels(slice: Slice, dimension: string): Promise<CallLabels>
  /** The calls of a slice one by one in time order. @throws Fault SLICE_TOO_LARGE beyond `most` */
  frame(slice: Slice, most: number): Promise<FramedCall[]>
  /**
   * Hands over the prefix blocks of all calls in the order of `columns`, piece by piece so that they are never all in
   * memory: the next piece waits for `take`. Nothing is handed over when no call has any. Returns how many do.
   */
  prefixBlocks(slice: Slice, take: (piece: PrefixPiece) => void | Promise<void>): Promise<number>
  /**
   * Exact repeats: the same request (model asked for, prompt, every setting that the answer depends on); of records that know
   * the prompt's blocks alone, the same prompt to the same model. A failed call is neither the first nor a repeat.
   */
  repeats(slice: Slice): Promise<Repeats>
  /** Calls of unknown usage count in `calls` and `unknownUsageCalls`, and in no sum: half a count is not a bill. */
  usageGroups(slice: Slice, options: UsageGroupOptions): Promise<UsageGroup[]>
  sources(): Promise<SourceRow[]>
  shapes(): Promise<DemandShape[]>
  /** Billed lines of which some time lies in the period, whole as billed, by time, then source and ordinal. */
  charges(period: Period): Promise<BilledLine[]>
  /** What model servers said of themselves in the period, each moment of an engine once, by server, engine, model and time. */
  scrapes(period: Period): Promise<Scrape[]>
  /** Changes whenever the calls do: the cache key of answers. */
  version(): Promise<string>
}

export interface Ledger extends LedgerReads {
  /** Reads of one state, however many there are and whatever is written meanwhile: sums of two of them agree. */
  still<T>(read: (reads: LedgerReads) => Promise<T>): Promise<T>
  /** Adds calls; those whose (source, id) is already there are left alone. Returns how many were new. */
  append(calls: readonly Call[]): Promise<number>
  /**
   * Takes a gateway's records, and how far they reach, in one transaction. A record that comes again changes nothing, and it
   * does not matter which of a call's two comes first: calls without their end are `unsettled`. `priceOf` prices a call at
   * its own time. Returns how many calls are new, and how many were settled.
   */
  take(
    records: readonly CallRecord[],
    reached: SpoolPositions,
    priceOf: PriceOfCall,
  ): Promise<{ readonly opened: number; readonly settled: number }>
  /** Beginnings of metered calls that were never settled and came at this time or later, UTC microseconds. */
  unsettled(fromMicros: number): Promise<readonly Opened[]>
  /** How far each worker's records were taken. */
  reached(): Promise<SpoolPositions>
  /** Keeps the lines of a bill, all or none; false when its source is there already. */
  addCharges(bill: ChargeBatch): Promise<boolean>
  /** Keeps scrapes of moments not known yet, under a source that may be there already; returns how many. */
  addScrapes(batch: ScrapeBatch): Promise<number>
  /** Removes what a source told: calls, and what it added to those of others, lines of a bill, scrapes; returns how many of its own went. `source` is an id, an unambiguous beginning of one, or a file name. */
  undo(source: string): Promise<number>
  /** Prices the slice's calls again and says what changed (law 10); with `dryRun` nothing is written. */
  reprice(slice: Slice, prices: PriceCalls, dryRun: boolean): Promise<RepriceResult>
  close(): Promise<void>
}

/** A ledger that can also take in whole files. */
export type LedgerLoader = CallLoader

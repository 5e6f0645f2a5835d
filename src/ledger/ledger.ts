// The ledger: append calls once, ask about them. Every store fulfils this and passes the same contract test.
import type { Demand } from '../core/decide/demand.ts'
import type { Call } from '../core/meter/call.ts'
import type { UsageKind } from '../core/meter/usage.ts'

/** Restricts a question to part of the ledger. Times are half-open [from, to) in UTC microseconds. */
export interface Slice {
  readonly fromMicros?: number
  readonly toMicros?: number
  /** Dimension → value; `null` value means "not attributed". */
  readonly where?: Readonly<Record<string, string | null>>
  /** `true` only the bundled sample, `false` only real calls. */
  readonly sample?: boolean
}

export interface ReportRow {
  readonly key: Readonly<Record<string, string | null>>
  readonly calls: number
  readonly usage: Readonly<Record<UsageKind, number>>
  /** Exact decimal string, 12 decimals; the priced calls only. */
  readonly usd: string
  readonly unpricedCalls: number
  readonly estimatedCalls: number
  readonly unknownUsageCalls: number
}

export interface SourceRow {
  readonly source: string
  readonly name: string
  readonly format: string
  readonly calls: number
  readonly importedAtMicros: number
  readonly sample: boolean
}

/** Calls of a slice as flat arrays in time order, for replay and repricing. Unknown counts are -1. */
export interface CallColumns {
  readonly n: number
  readonly atMicros: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
}

export interface Ledger {
  /** Adds calls; those whose (source, id) is already there are left alone. Returns how many were new. */
  append(calls: readonly Call[]): Promise<number>
  report(slice: Slice, by: readonly string[], zone: string): Promise<{ rows: ReportRow[]; total: ReportRow }>
  demand(slice: Slice, windowSeconds: number): Promise<Demand | null>
  columns(slice: Slice): Promise<CallColumns>
  sources(): Promise<SourceRow[]>
  /** Removes a source's calls; returns how many went. */
  undo(source: string): Promise<number>
  /** Changes whenever the calls do: the cache key of answers. */
  version(): Promise<string>
  close(): Promise<void>
}

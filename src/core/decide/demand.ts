// A ledger's calls as demand: totals, ten-minute windows and days, which is all that a decision needs to know of traffic.
import type { UsageKind } from '../meter/usage.ts'

/**
 * Traffic of one slice of the ledger. Windows are contiguous from `firstAtMicros`, empty ones included, so that idle
 * stays visible. Tokens: `input` is the whole prompt (cached or not), `output` all that was generated.
 */
export interface Demand {
  readonly calls: number
  readonly tokens: { readonly input: number; readonly output: number }
  /** Sum of each kind over the calls of known usage (input and output both). */
  readonly usage: Readonly<Record<UsageKind, number>>
  readonly unknownUsageCalls: number
  readonly failedCalls: number
  readonly firstAtMicros: number
  readonly lastAtMicros: number
  /** Length of a window, seconds (600 unless stated). */
  readonly windowSeconds: number
  /** Parallel arrays, one entry per window. */
  readonly windows: {
    readonly calls: readonly number[]
    readonly input: readonly number[]
    readonly output: readonly number[]
  }
  /** Hours of the week (0..167, UTC, Monday 00:00 first) in which a call was seen. */
  readonly hoursOfWeek: number
}

// Money without a call: a line of somebody's bill, with the time that it is for.
import type { Money } from './money.ts'

/** FOCUS 1.2 names what a line is for; a bill that does not say is usage. */
export const chargeCategories = ['usage', 'purchase', 'tax', 'credit', 'adjustment'] as const
export type ChargeCategory = (typeof chargeCategories)[number]

export interface Charge {
  /** Who sold it, as the bill names them. */
  readonly provider: string
  /** The time that it is for, half-open, UTC microseconds. */
  readonly fromMicros: number
  readonly toMicros: number
  /** Negative for a credit. */
  readonly usd: Money
  readonly category: ChargeCategory
  readonly description: string | null
  readonly model: string | null
}

/** All lines of one bill. */
export interface ChargeBatch {
  /** What `undo` removes: `file:<sha256>`. */
  readonly source: string
  readonly name: string
  readonly format: string
  readonly sample: boolean
  readonly importedAtMicros: number
  readonly charges: readonly Charge[]
}

/** A line as a ledger gives it back: (source, ordinal) names it once. */
export interface BilledLine extends Charge {
  readonly source: string
  /** 1-based place in its bill. */
  readonly ordinal: number
  readonly name: string
  readonly importedAtMicros: number
}

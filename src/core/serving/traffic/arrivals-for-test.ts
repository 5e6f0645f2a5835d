// Rows of a test's traffic in; arrivals out. And traffic in bunches, with lulls between them.
import fc from 'fast-check'
import type { Arrivals } from './arrivals.ts'

export interface DrawnRow {
  /** Seconds since the one before. */
  readonly gap: number
  readonly input: number
  readonly output: number
}

export function arrivalsOf(rows: readonly DrawnRow[]): Arrivals {
  let at = 0
  return {
    n: rows.length,
    atSeconds: Float64Array.from(rows, row => (at += row.gap)),
    inputTokens: Int32Array.from(rows, row => row.input),
    outputTokens: Int32Array.from(rows, row => row.output),
  }
}

/** Evenly spread, unlike drawn doubles, most of which are tiny. */
export const tenths = (min: number, max: number) =>
  fc.integer({ min: Math.ceil(min * 10), max: max * 10 }).map(x => x / 10)

/** At once, soon after, or after a while. */
export const bunchedGap = fc.oneof(fc.constant(0), tenths(0, 3), tenths(20, 200))

export const bunchedTraffic = ({ longestInput, most }: { readonly longestInput: number; readonly most: number }) =>
  fc
    .array(
      fc.record({
        gap: bunchedGap,
        input: fc.integer({ min: 1, max: longestInput }),
        output: fc.integer({ min: 1, max: 300 }),
      }),
      { minLength: 1, maxLength: most },
    )
    .map(arrivalsOf)

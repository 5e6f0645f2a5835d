// A measured proportion, or statistics of resampled data, in; an interval around it out.
import type { Random } from './random.ts'
import { quantile, sorted } from './sample.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** Two-sided 95 % normal quantile, to the digits that the interfaces state. */
export const Z95 = 1.959964

/**
 * Wilson's score interval (1927) of a proportion, two-sided at the normal quantile `z`. Null without trials: nothing
 * seen is not a rate of 0.
 */
export function wilson(successes: number, trials: number, z: number = Z95): (Interval & { value: number }) | null {
  if (trials === 0) return null
  const value = successes / trials
  const square = z * z
  const shrink = 1 + square / trials
  const middle = (value + square / (2 * trials)) / shrink
  const half = (z / shrink) * Math.sqrt((value * (1 - value)) / trials + square / (4 * trials * trials))
  return {
    value,
    // At 0 and at all the bound is exactly 0 and 1; rounding must not say otherwise.
    low: successes === 0 ? 0 : Math.max(0, middle - half),
    high: successes === trials ? 1 : Math.min(1, middle + half),
  }
}

/** The middle `level` of bootstrap replicates, by type 7 quantiles (Efron's percentile interval). Null without any. */
export function percentileInterval(replicates: ArrayLike<number>, level = 0.95): Interval | null {
  const ascending = sorted(replicates)
  const low = quantile(ascending, (1 - level) / 2)
  const high = quantile(ascending, (1 + level) / 2)
  return low === null || high === null ? null : { low, high }
}

/** `n` indices drawn with replacement from 0..n−1: one plain bootstrap sample. */
export function resample(n: number, random: Random): Int32Array {
  const indices = new Int32Array(n)
  for (let i = 0; i < n; i++) indices[i] = random.integer(n)
  return indices
}

const DAY_SECONDS = 86_400
const SHORT_BLOCK_SECONDS = 600

/**
 * Windows per resampled block: a day of them once there are two weeks, so that the daily shape stays whole; under that,
 * contiguous ten minutes.
 */
export function blockLength(windows: number, windowSeconds: number): number {
  const enough = windows * windowSeconds >= 14 * DAY_SECONDS
  return Math.max(1, Math.round((enough ? DAY_SECONDS : SHORT_BLOCK_SECONDS) / windowSeconds))
}

/**
 * Indices of one block-bootstrap sample of `n` windows in time order. Blocks begin at multiples of `length`, so that a
 * day is drawn as a day; the last one, when the data end inside it, goes on at the beginning (circular: Politis &
 * Romano 1992), and the sample is cut to n. Blocks longer than the data are the data.
 */
export function resampleBlocks(n: number, length: number, random: Random): Int32Array {
  const indices = new Int32Array(n)
  const blocks = Math.ceil(n / length)
  for (let filled = 0; filled < n; ) {
    const start = random.integer(blocks) * length
    for (let i = 0; i < length && filled < n; i++) indices[filled++] = (start + i) % n
  }
  return indices
}

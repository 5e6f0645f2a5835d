// Measured values in; their order, quantiles and distribution out, all exact.
import type { Random } from './random.ts'

/** A sorted copy (ascending, numbers by value; typed arrays sort without a comparator). */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort()
}

/**
 * The q-quantile of ascending values by linear interpolation (Hyndman & Fan type 7, as numpy and R do by default).
 * Null for no values: an unknown quantile is not 0.
 */
export function quantile(ascending: ArrayLike<number>, q: number): number | null {
  const n = ascending.length
  if (n === 0) return null
  const position = Math.min(1, Math.max(0, q)) * (n - 1)
  const below = Math.floor(position)
  const low = ascending[below]!
  const share = position - below
  return share === 0 ? low : low + share * (ascending[below + 1]! - low)
}

/** The one in the middle of an ordered list, of two the lower: a member of the list, where a median would lie between. */
export function lowerMiddle<T>(ordered: readonly T[]): T | undefined {
  return ordered[Math.floor((ordered.length - 1) / 2)]
}

/** Mean and sample variance (n − 1), in one pass (Welford 1962). Null where they are not defined. */
export function moments(values: ArrayLike<number>): { n: number; mean: number | null; variance: number | null } {
  let mean = 0
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const step = values[i]! - mean
    mean += step / (i + 1)
    squares += step * (values[i]! - mean)
  }
  const n = values.length
  return { n, mean: n > 0 ? mean : null, variance: n > 1 ? squares / (n - 1) : null }
}

/**
 * The q-quantile of weighted values: the smallest value whose cumulative weight reaches q of the total (the inverse of
 * the weighted distribution function). Weights must not be negative. Null without weight.
 */
export function weightedQuantile(values: ArrayLike<number>, weights: ArrayLike<number>, q: number): number | null {
  const order = Array.from({ length: values.length }, (_, i) => i).filter(i => weights[i]! > 0)
  order.sort((a, b) => values[a]! - values[b]! || a - b)
  let total = 0
  for (const i of order) total += weights[i]!
  const wanted = Math.min(1, Math.max(0, q)) * total
  let sum = 0
  for (const i of order) {
    sum += weights[i]!
    if (sum >= wanted) return values[i]!
  }
  return order.length > 0 ? values[order[order.length - 1]!]! : null
}

/** Share of the ascending values that are ≤ x; null for no values. */
export function ecdf(ascending: ArrayLike<number>, x: number): number | null {
  if (ascending.length === 0) return null
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! <= x) low = middle + 1
    else high = middle
  }
  return low / ascending.length
}

/** Draws index i with probability weights[i] ÷ sum, one uniform and one comparison a draw. */
export type WeightedDraw = (random: Random) => number

/** An alias table (Walker 1977, Vose 1991) over weights that are ≥ 0 with a positive sum. */
export function weightedDraw(weights: ArrayLike<number>): WeightedDraw {
  const n = weights.length
  let total = 0
  for (let i = 0; i < n; i++) {
    if (!(weights[i]! >= 0)) throw new RangeError(`expected weights ≥ 0, got ${weights[i]} at ${i}`)
    total += weights[i]!
  }
  if (!(total > 0)) throw new RangeError('expected a positive sum of weights')
  const keep = new Float64Array(n)
  const alias = new Int32Array(n)
  const poor: number[] = []
  const rich: number[] = []
  for (let i = 0; i < n; i++) {
    keep[i] = (weights[i]! * n) / total
    if (keep[i]! < 1) poor.push(i)
    else rich.push(i)
  }
  while (poor.length > 0 && rich.length > 0) {
    const taker = poor.pop()!
    const giver = rich[rich.length - 1]!
    alias[taker] = giver
    keep[giver] = keep[giver]! - (1 - keep[taker]!)
    if (keep[giver]! < 1) poor.push(rich.pop()!)
  }
  for (const i of rich) keep[i] = 1
  // Left over by rounding only: their true share is 1, unless they weigh nothing.
  for (const i of poor) if (weights[i]! > 0) keep[i] = 1
  return random => {
    const u = random.uniform() * n
    const i = Math.min(n - 1, Math.floor(u))
    return u - i < keep[i]! ? i : alias[i]!
  }
}

// Totals of two measures over units drawn alike (cost and successes of tasks) in; their ratio with its intervals out.
import { type Interval, Z95 } from './interval.ts'

/** Two measures of each unit, in the same order: `over` is what is divided (cost), `under` what it is divided by (successes). */
export interface Units {
  readonly over: ArrayLike<number>
  readonly under: ArrayLike<number>
}

export interface PairMoments {
  readonly n: number
  readonly over: number
  readonly under: number
  /** Variances and covariance of the two means; null for fewer than two units. */
  readonly spread: { readonly over: number; readonly under: number; readonly both: number } | null
}

/** Means of both and the sample (co)variances (n − 1) of the means. */
export function pairMoments({ over, under }: Units): PairMoments {
  const n = over.length
  let meanOver = 0
  let meanUnder = 0
  for (let i = 0; i < n; i++) {
    meanOver += over[i]!
    meanUnder += under[i]!
  }
  meanOver /= n
  meanUnder /= n
  let a = 0
  let b = 0
  let ab = 0
  for (let i = 0; i < n; i++) {
    const x = over[i]! - meanOver
    const y = under[i]! - meanUnder
    a += x * x
    b += y * y
    ab += x * y
  }
  const freedom = (n - 1) * n
  const spread = n > 1 ? { over: a / freedom, under: b / freedom, both: ab / freedom } : null
  return { n, over: meanOver, under: meanUnder, spread }
}

/**
 * Fieller's interval (1954) of mean(over) ÷ mean(under) at the normal quantile `z`: the roots r of
 * (s̄² − z²v_s) r² − 2 (c̄ s̄ − z²v_cs) r + (c̄² − z²v_c) = 0, where v are variances of the means. Null when it is unbounded:
 * s̄² ≤ z²v_s, so few successes that none at all cannot be told apart, or too few units to have a variance.
 */
export function fieller({ over, under, spread }: PairMoments, z: number = Z95): Interval | null {
  if (spread === null) return null
  const square = z * z
  const a = under * under - square * spread.under
  if (!(a > 0)) return null
  const b = over * under - square * spread.both
  const c = over * over - square * spread.over
  const root = Math.sqrt(Math.max(0, b * b - a * c))
  return { low: (b - root) / a, high: (b + root) / a }
}

/** First-order interval of the ratio (delta method): r ± z·sd(e) ÷ (√n s̄), e = c − r s. Null where it has no variance or nothing under it. */
export function deltaInterval({ over, under, spread }: PairMoments, z: number = Z95): Interval | null {
  if (spread === null || under === 0) return null
  const ratio = over / under
  const variance = spread.over - 2 * ratio * spread.both + ratio * ratio * spread.under
  const half = (z * Math.sqrt(Math.max(0, variance))) / Math.abs(under)
  return { low: ratio - half, high: ratio + half }
}

/**
 * The ratio's interval from the intervals of its two means, which may lean as they do (Donner & Zou, Statistical Methods
 * in Medical Research 21, 2012: MOVER-R), the means correlated by `correlation`. Null when what is divided by may be 0.
 */
export function ratioOfIntervals(
  over: Interval & { readonly value: number },
  under: Interval & { readonly value: number },
  correlation: number,
): Interval | null {
  if (!(under.low > 0)) return null
  const product = over.value * under.value
  const lower = product - correlation * (over.value - over.low) * (under.high - under.value)
  const upper = product - correlation * (over.high - over.value) * (under.value - under.low)
  const side = (middle: number, c: number, s: number, sign: 1 | -1): number => {
    const inside = middle * middle - c * s * (2 * over.value - c) * (2 * under.value - s)
    return (middle + sign * Math.sqrt(Math.max(0, inside))) / (s * (2 * under.value - s))
  }
  return { low: side(lower, over.low, under.high, -1), high: side(upper, over.high, under.low, 1) }
}

/** Correlation of the two means; 0 where one does not vary. */
export function correlationOf({ spread }: PairMoments): number {
  if (spread === null || !(spread.over > 0 && spread.under > 0)) return 0
  return spread.both / Math.sqrt(spread.over * spread.under)
}

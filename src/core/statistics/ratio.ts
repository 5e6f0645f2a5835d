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

// What two options made of the same tasks in; whether and by how much one is better, and how many tasks would tell, out.
import { betaCdf } from './beta.ts'
import { type Interval, wilson, Z95 } from './interval.ts'
import { Z80 } from './proportion.ts'

/** Normal quantile of a one-sided 95 % bound. */
export const Z90 = 1.644854

/**
 * McNemar's test, exact: of the tasks that only one of the two solved, as many on one side as here or more, were the two
 * alike (binomial, two-sided by doubling; Fagerland, Lydersen & Laake, BMC Med. Res. Methodol. 13, 2013). 1 for none.
 */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB
  const fewer = Math.min(onlyA, onlyB)
  if (n === 0 || onlyA === onlyB) return 1
  // P(X ≤ fewer) of n tosses.
  return Math.min(1, 2 * betaCdf(0.5, n - fewer, fewer + 1))
}

export interface PairedRates {
  readonly a: ArrayLike<number>
  readonly b: ArrayLike<number>
}

export interface PairedDifference extends Interval {
  /** Mean of a − b over the tasks. */
  readonly value: number
  /** sd(a − b) ÷ √n; by clusters where tasks hang together. Null for one unit. */
  readonly standardError: number | null
  readonly n: number
}

/**
 * Rate of a less rate of b on the same tasks. The interval squares and adds Wilson's (Newcombe's method 10 for paired
 * rates, Statistics in Medicine 17, 1998), which holds at small n and at the ends, where ± z standard errors does not;
 * where tasks hang together at the number of tasks that their clusters leave. Null without tasks.
 */
export function pairedDifference(
  { a, b }: PairedRates,
  clusters: ArrayLike<number> | null = null,
  z: number = Z95,
): PairedDifference | null {
  const n = a.length
  if (n === 0) return null
  const [meanA, meanB] = [mean(a), mean(b)]
  const value = meanA - meanB
  let [squaresA, squaresB, products, squares] = [0, 0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB]
    squaresA += x * x
    squaresB += y * y
    products += x * y
    squares += (x - y) * (x - y)
  }
  const plain = n > 1 ? squares / (n * (n - 1)) : null
  const robust = clusters === null ? plain : clusterVariance(a, b, value, clusters)
  const design = plain !== null && robust !== null && plain > 0 ? Math.max(1, robust / plain) : 1
  const effective = n / design
  // Newcombe's continuity correction: a positive ad − bc is taken n ÷ 2 smaller, and products are (ad − bc) ÷ n.
  const corrected = products > 0 ? Math.max(0, products - 0.5) : products
  const correlation = squaresA > 0 && squaresB > 0 ? corrected / Math.sqrt(squaresA * squaresB) : 0
  const [rateA, rateB] = [wilson(meanA * effective, effective, z)!, wilson(meanB * effective, effective, z)!]
  const half = (down: number, up: number) => Math.sqrt(Math.max(0, down * down - 2 * correlation * down * up + up * up))
  return {
    n,
    value,
    low: value - half(meanA - rateA.low, rateB.high - meanB),
    high: value + half(rateA.high - meanA, meanB - rateB.low),
    standardError: robust === null ? null : Math.sqrt(robust),
  }
}

/**
 * Variance of a mean difference when tasks of a cluster hang together: G ÷ (G − 1) · Σ_g (Σ_{i in g} (d_i − d̄))² ÷ n²
 * (Liang & Zeger 1986; Miller, arXiv 2411.00640, for evaluations). Null for one cluster.
 */
function clusterVariance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  value: number,
  clusters: ArrayLike<number>,
): number | null {
  const sums = new Map<number, number>()
  for (let i = 0; i < a.length; i++) {
    sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + a[i]! - b[i]! - value)
  }
  if (sums.size < 2) return null
  let squares = 0
  for (const sum of sums.values()) squares += sum * sum
  return (squares * sums.size) / ((sums.size - 1) * a.length * a.length)
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

/** Paired tasks for 80 % power of non-inferiority at `margin` between equals: (z₉₅ + z₈₀)² σ_d² ÷ m². */
export function tasksForNonInferiority(differenceVariance: number, margin: number): number {
  return Math.ceil(((Z90 + Z80) * (Z90 + Z80) * differenceVariance) / (margin * margin))
}

/** Paired tasks for 80 % power to tell a difference of `difference` at two-sided 95 %: (z₉₇.₅ + z₈₀)² σ_d² ÷ δ². Null for none. */
export function tasksForDifference(differenceVariance: number, difference: number): number | null {
  if (difference === 0) return null
  return Math.ceil(((Z95 + Z80) * (Z95 + Z80) * differenceVariance) / (difference * difference))
}

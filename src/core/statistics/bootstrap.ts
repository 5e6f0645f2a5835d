// Units to draw again in; how often each was drawn, and intervals from what the draws gave, out.
import { Z95 } from './interval.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import type { Random } from './random.ts'
import { quantile, sorted } from './sample.ts'

/** How often each of `counts.length` units is drawn in one bootstrap sample of that size. */
export function drawCounts(counts: Int32Array, random: Random): void {
  counts.fill(0)
  for (let i = 0; i < counts.length; i++) {
    const at = random.integer(counts.length)
    counts[at] = counts[at]! + 1
  }
}

/**
 * Efron's bias-corrected and accelerated interval (JASA 82, 1987). `leftOut` holds the estimate without each unit in turn,
 * for the acceleration. A replicate without any success is +∞, and so may be the upper bound: null = it has no end.
 * Null altogether where replicates do not vary around the estimate at all.
 */
export function bcaInterval(
  replicates: ArrayLike<number>,
  value: number,
  leftOut: ArrayLike<number>,
  z: number = Z95,
): { readonly low: number | null; readonly high: number | null } | null {
  const n = replicates.length
  if (n === 0 || !Number.isFinite(value)) return null
  let below = 0
  for (let i = 0; i < n; i++) below += replicates[i]! < value ? 1 : replicates[i] === value ? 0.5 : 0
  // Never all on one side: the estimate is one of the replicates that there could have been.
  const bias = normalQuantile(Math.min(1 - 0.5 / n, Math.max(0.5 / n, below / n)))
  const acceleration = accelerationOf(leftOut)
  const ascending = sorted(replicates)
  const at = (q: number): number | null => {
    const shifted = bias + (bias + q) / (1 - acceleration * (bias + q))
    return finiteOrNull(quantileWithEnds(ascending, normalCdf(shifted)))
  }
  return { low: at(-z), high: at(z) }
}

/** Σd³ ÷ 6(Σd²)^1.5 of the jackknife's deviations; 0 where leaving one out leaves nothing to divide by. */
function accelerationOf(leftOut: ArrayLike<number>): number {
  const n = leftOut.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += leftOut[i]! / n
  if (!Number.isFinite(mean)) return 0
  let squares = 0
  let cubes = 0
  for (let i = 0; i < n; i++) {
    const step = mean - leftOut[i]!
    squares += step * step
    cubes += step * step * step
  }
  return squares > 0 ? cubes / (6 * squares * Math.sqrt(squares)) : 0
}

/** Between an end that is known and one that is not nothing can be interpolated: the end without bound is taken. */
function quantileWithEnds(ascending: Float64Array, q: number): number {
  const above = ascending[Math.min(ascending.length - 1, Math.ceil(q * (ascending.length - 1)))]!
  return Number.isFinite(above) ? quantile(ascending, q)! : above
}

const finiteOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null)

/** The middle 95 % of replicates; null = no bound on that side. */
export function percentileBounds(replicates: ArrayLike<number>): { low: number | null; high: number | null } {
  const ascending = sorted(replicates)
  return {
    low: finiteOrNull(quantileWithEnds(ascending, 0.025)),
    high: finiteOrNull(quantileWithEnds(ascending, 0.975)),
  }
}

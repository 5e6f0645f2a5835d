// Values of skewed measures (what tasks cost) in; their mean with an interval that leans to the longer side out.
import { studentQuantile } from './beta.ts'
import { exp, log } from './elementary.ts'
import type { Interval } from './interval.ts'
import { moments } from './sample.ts'

/**
 * Student's t for skewed values: Hall's cubic transformation of it (JRSS B 54, 1992), inverted, which undoes the first
 * order of what skewness does. Small samples of skewed values look less skewed than they are, so that their G₁
 * (Joanes & Gill 1998) is lifted by 1 + 6 ÷ n, after Bobée & Robitaille (1975); and it counts up to 0.9 √n ÷ t, since one
 * value that is nearly all of the sum would stretch the transformation to where it turns (`npm run bench:coverage` has what
 * that holds). Null for fewer than two values.
 */
export function skewedMeanInterval(values: ArrayLike<number>, level = 0.95): Interval | null {
  const { n, mean, variance } = moments(values)
  if (mean === null || variance === null) return null
  const t = studentQuantile((1 + level) / 2, n - 1)
  const sd = Math.sqrt(variance)
  if (sd === 0) return { low: mean, high: mean }
  const lifted = n < 3 ? 0 : liftedSkewness(values, mean)
  const most = (0.9 * Math.sqrt(n)) / t
  const skewness = Math.max(-most, Math.min(most, lifted))
  const at = (target: number): number => {
    const y = target / Math.sqrt(n) - skewness / (6 * n)
    const w = Math.abs(skewness) < 1e-8 ? y : (3 / skewness) * (cubeRoot(1 + skewness * y) - 1)
    return mean - w * sd
  }
  return { low: at(t), high: at(-t) }
}

function liftedSkewness(values: ArrayLike<number>, mean: number): number {
  const n = values.length
  let squares = 0
  let cubes = 0
  for (let i = 0; i < n; i++) {
    const step = values[i]! - mean
    squares += step * step
    cubes += step * step * step
  }
  const variance = squares / n
  if (!(variance > 0)) return 0
  const g = cubes / n / (variance * Math.sqrt(variance))
  return ((g * Math.sqrt(n * (n - 1))) / (n - 2)) * (1 + 6 / n)
}

const cubeRoot = (x: number): number => (x === 0 ? 0 : x < 0 ? -exp(log(-x) / 3) : exp(log(x) / 3))

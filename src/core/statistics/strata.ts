// A sample drawn stratum by stratum, with how many each stands for, in; totals and their ratio for the whole out.
import type { PairMoments, Units } from './ratio.ts'

export interface Stratum extends Units {
  /** How many units the stratum has in the whole, drawn or not. */
  readonly population: number
}

/**
 * Means over the whole of two measures, and the (co)variances of these means: Σ W_g ȳ_g and Σ W_g² s²_g ÷ n_g · (1 − n_g ÷ N_g),
 * W_g = N_g ÷ N (Cochran, Sampling Techniques, 1977, §5 and §6.11). Their ratio is the combined ratio estimator, and
 * `fieller` and `deltaInterval` take them as they are: never the mean of the strata's own ratios. A stratum that was drawn
 * whole adds no doubt; one with a single unit of many has no variance that anybody knows: `spread` is null then, and
 * strata without a unit make the whole unknown: null.
 */
export function stratifiedMoments(strata: readonly Stratum[]): PairMoments | null {
  const whole = strata.reduce((sum, { population }) => sum + population, 0)
  let [n, over, under] = [0, 0, 0]
  let [varianceOver, varianceUnder, covariance] = [0, 0, 0]
  let isKnown = true
  for (const stratum of strata) {
    const drawn = stratum.over.length
    if (stratum.population === 0) continue
    if (drawn === 0) return null
    n += drawn
    const share = stratum.population / whole
    const found = sums(stratum)
    over += share * found.over
    under += share * found.under
    const left = Math.max(0, 1 - drawn / stratum.population)
    if (left === 0) continue
    if (drawn === 1) isKnown = false
    else {
      const scale = (share * share * left) / (drawn * (drawn - 1))
      varianceOver += scale * found.squaresOver
      varianceUnder += scale * found.squaresUnder
      covariance += scale * found.products
    }
  }
  if (n === 0) return null
  return {
    n,
    over,
    under,
    spread: isKnown ? { over: varianceOver, under: varianceUnder, both: covariance } : null,
  }
}

function sums({ over, under }: Units) {
  const n = over.length
  let [a, b] = [0, 0]
  for (let i = 0; i < n; i++) {
    a += over[i]! / n
    b += under[i]! / n
  }
  let [squaresOver, squaresUnder, products] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [x, y] = [over[i]! - a, under[i]! - b]
    squaresOver += x * x
    squaresUnder += y * y
    products += x * y
  }
  return { over: a, under: b, squaresOver, squaresUnder, products }
}

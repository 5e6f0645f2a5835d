// The beta distribution, and what follows from it: quantiles of Student's t, tails and exact intervals of the binomial.
import { exp, log } from './elementary.ts'
import type { Interval } from './interval.ts'

/** ln Γ(x) for x > 0, relative error about 1e-15: Lanczos' sum with g = 7 and Godfrey's nine coefficients. */
export function logGamma(x: number): number {
  if (x < 0.5) return log(Math.PI / Math.abs(sinPi(x))) - logGamma(1 - x)
  const y = x - 1
  const sum = lanczos.reduce((total, coefficient, i) => total + coefficient / (y + i + 1), 0.9999999999998099)
  const t = y + 7.5
  return 0.9189385332046727 + (y + 0.5) * log(t) - t + log(sum)
}

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
]

/** sin(πx) for 0 < x < ½ by its series; only needed near 0. */
function sinPi(x: number): number {
  const a = Math.PI * x
  let term = a
  let sum = a
  for (let i = 2; i < 40; i += 2) {
    term *= -(a * a) / (i * (i + 1))
    sum += term
  }
  return sum
}

/** I_x(a, b), the distribution function of Beta(a, b): Lentz's continued fraction (DLMF 8.17.22). */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a)
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(1 - x)) / a
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1), tiny)
  let value = d
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonzero(1 + even * d, tiny)
    c = nonzero(1 + even / c, tiny)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonzero(1 + odd * d, tiny)
    c = nonzero(1 + odd / c, tiny)
    const step = d * c
    value *= step
    if (Math.abs(step - 1) < 1e-15) break
  }
  return front * value
}

const nonzero = (x: number, tiny: number): number => (Math.abs(x) < tiny ? tiny : x)

/** The x with I_x(a, b) = p, by bisection: 100 halvings leave nothing to find. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0
  if (p >= 1) return 1
  let low = 0
  let high = 1
  for (let i = 0; i < 100 && high - low > 1e-17 * high; i++) {
    const middle = (low + high) / 2
    if (betaCdf(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The p-quantile of Student's t with `freedom` degrees: t² ÷ (freedom + t²) is Beta(½, freedom ÷ 2). */
export function studentQuantile(p: number, freedom: number): number {
  if (p === 0.5) return 0
  const tail = 2 * Math.min(p, 1 - p)
  const x = betaQuantile(tail, freedom / 2, 0.5)
  const size = Math.sqrt((freedom * (1 - x)) / x)
  return p < 0.5 ? -size : size
}

/** P(X ≤ successes) of `trials` at rate `p`. */
export function binomialCdf(successes: number, trials: number, p: number): number {
  if (successes < 0) return 0
  if (successes >= trials) return 1
  return betaCdf(1 - p, trials - successes, successes + 1)
}

/** The exact interval of a proportion (Clopper & Pearson 1934): never too short, mostly too long. Null without trials. */
export function clopperPearson(successes: number, trials: number, level = 0.95): Interval | null {
  if (trials === 0) return null
  const out = (1 - level) / 2
  return {
    low: successes === 0 ? 0 : betaQuantile(out, successes, trials - successes + 1),
    high: successes === trials ? 1 : betaQuantile(1 - out, successes + 1, trials - successes),
  }
}

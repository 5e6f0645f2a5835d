// The law of the gaps between requests in; the arrival times of one stretch of time out.
import { exp, log } from './elementary.ts'
import type { Random } from './random.ts'

/** Gaps of the given family and shape; their mean is set by the rate. Shape 1 is a Poisson process either way. */
export interface GapLaw {
  readonly family: 'Gamma' | 'Weibull'
  readonly shape: number
}

/** The Gamma law whose coefficient of variation is `cv` (1 = Poisson, more = bursts). */
export function gapsOfVariation(cv: number): GapLaw {
  return { family: 'Gamma', shape: 1 / (cv * cv) }
}

/**
 * Arrival times in [0, seconds) of a stationary renewal process of `rate` requests a second, appended to `out`. The
 * first gap is drawn from the equilibrium law (a length-biased gap cut at a uniform point; Cox 1962, ch. 5), so that the
 * expected count is exactly rate × seconds however bursty the gaps are; a process begun with a whole gap would send
 * (cv² − 1) ÷ 2 too many.
 */
export function renewalArrivals(law: GapLaw, rate: number, seconds: number, random: Random, out: number[]): void {
  if (!(rate > 0) || !(seconds > 0)) return
  const { shape } = law
  const mean = 1 / rate
  if (law.family === 'Gamma') {
    const scale = mean / shape
    for (let at = random.uniform() * random.gamma(shape + 1, scale); at < seconds; at += random.gamma(shape, scale)) {
      out.push(at)
    }
    return
  }
  const scale = mean / gammaFunction(1 + 1 / shape)
  const lengthBiased = scale * exp(log(random.gamma(1 + 1 / shape, 1)) / shape)
  for (let at = random.uniform() * lengthBiased; at < seconds; at += random.weibull(shape, scale)) out.push(at)
}

const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
]

/** Γ(x) for x > 0 by Lanczos (g = 7, n = 9), relative error below 1e-13 in the range of shapes met here. */
export function gammaFunction(x: number): number {
  const z = x - 1
  let sum = LANCZOS[0]!
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i)
  const t = z + 7.5
  return Math.sqrt(2 * Math.PI) * exp((z + 0.5) * log(t) - t) * sum
}

// A count of requests and the law of the gaps between them in; their arrival times in one stretch of time out.
import { exp, log } from './elementary.ts'
import type { Random } from './random.ts'

/** Gaps of the given family and shape; the count sets their mean. Shape 1 is a Poisson process either way. */
export interface GapLaw {
  readonly family: 'Gamma' | 'Weibull'
  readonly shape: number
}

/** The Gamma law whose coefficient of variation is `cv` (1 = Poisson, more = bursts). */
export function gapsOfVariation(cv: number): GapLaw {
  return { family: 'Gamma', shape: 1 / (cv * cv) }
}

/**
 * How many of the requests measured in a window a draw holds at `scale`. At 1 it is what was measured; below 1 each
 * request is kept by its own coin (binomial, by geometric skips: Devroye 1986, X.4); above 1 the count grows in proportion.
 * The expectation is measured × scale; a fraction of a request is rounded up or down by chance.
 */
export function drawCount(measured: number, scale: number, random: Random): number {
  const near = Math.round(measured)
  // Published rates have five decimals, so a whole count comes back off by a few thousandths.
  const whole = Math.abs(measured - near) < 0.01 ? near : roundByChance(measured, random)
  if (scale === 1) return whole
  if (scale > 1) return roundByChance(whole * scale, random)
  if (!(scale > 0)) return 0
  const logMiss = log(1 - scale)
  let kept = 0
  for (let at = 0; ; kept++) {
    at += 1 + Math.floor(log(1 - random.uniform()) / logMiss)
    if (!(at <= whole)) return kept
  }
}

function roundByChance(x: number, random: Random): number {
  const floor = Math.floor(x)
  return x > floor && random.uniform() < x - floor ? floor + 1 : floor
}

/**
 * Appends `count` arrival times in [0, seconds) to `out`, ascending: count + 1 gaps of the law, stretched to fill the
 * time. With shape 1 that is exactly a Poisson process of which the count is known.
 */
export function spreadByGaps(law: GapLaw, count: number, seconds: number, random: Random, out: number[]): void {
  const { shape } = law
  const draw = law.family === 'Gamma' ? () => random.gamma(shape, 1) : () => random.weibull(shape, 1)
  const first = out.length
  let sum = 0
  for (let i = 0; i < count; i++) {
    sum += draw()
    out.push(sum)
  }
  sum += draw()
  // Gaps of a tiny shape can all underflow to 0: then the burst stands at a place of its own.
  const place = sum === 0 ? random.uniform() : 0
  for (let i = first; i < out.length; i++) {
    out[i] = Math.min(sum === 0 ? place : out[i]! / sum, 0.999999999) * seconds
  }
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

// A point or a probability of the normal distribution in; the other one out.
import { exp, log } from './elementary.ts'

/**
 * Φ⁻¹(p), relative error about 1e-16: Wichura's algorithm AS 241, PPND16 (Applied Statistics 37, 1988).
 * ±∞ at 0 and 1.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * horner(central.over, r)) / horner(central.under, r)
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p))
  const size =
    r <= 5
      ? horner(middle.over, r - 1.6) / horner(middle.under, r - 1.6)
      : horner(tail.over, r - 5) / horner(tail.under, r - 5)
  return q < 0 ? -size : size
}

/** Φ(x), relative error below 1e-14 down to the far tail: the series of erf about 0, the continued fraction of erfc beyond. */
export function normalCdf(x: number): number {
  const size = Math.abs(x)
  const tailBeyond = size > 38 ? 0 : size < 2.5 ? 0.5 - centralArea(size) : upperTail(size)
  return x > 0 ? 1 - tailBeyond : tailBeyond
}

/** ∫₀ˣ φ by Marsaglia's series x + x³/3 + x⁵/(3·5) + … times φ(x) (Journal of Statistical Software 11(4), 2004). */
function centralArea(x: number): number {
  let term = x
  let sum = x
  for (let i = 3; term > sum * 1e-17 && i < 400; i += 2) {
    term *= (x * x) / i
    sum += term
  }
  return sum * exp(-0.5 * x * x - 0.9189385332046727)
}

/** Laplace's continued fraction of the upper tail, evaluated backwards; 100 steps settle it from 2.5 on. */
function upperTail(x: number): number {
  let fraction = x
  for (let k = 100; k > 0; k--) fraction = x + k / fraction
  return exp(-0.5 * x * x - 0.9189385332046727) / fraction
}

/** Polynomial with the highest power first. */
const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)

const central = {
  over: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  under: [
    5226.495278852546, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
}
const middle = {
  over: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  under: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
}
const tail = {
  over: [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  under: [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
}

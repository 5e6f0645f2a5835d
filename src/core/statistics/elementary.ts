// exp, log and pow from + − × ÷ alone, so that every engine gives the same bits (Math.exp, log and pow differ between them).

const LN2_HIGH = 0.6931471803691238 // ln 2 to 33 bits: k × LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10
const TWO_54 = 18014398509481984

const bits = new DataView(new ArrayBuffer(8))

/** 2^k for whole k in [−1022, 1023], built from its bits. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20)
  bits.setUint32(4, 0)
  return bits.getFloat64(0)
}

/**
 * e^x, relative error below 4e-16 for normal results. Cody & Waite (1980) reduction x = k·ln 2 + r, |r| ≤ ln 2 ÷ 2, and
 * the Taylor series of e^r to r^13 (the rest is below 5e-18).
 */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY
  if (x < -745.1332191019412) return 0
  const k = Math.round(x * Math.LOG2E)
  const high = x - k * LN2_HIGH
  const r = high - k * LN2_LOW
  const lost = high - r - k * LN2_LOW // what rounding took from r
  let tail = 1 / 6227020800
  tail = tail * r + 1 / 479001600
  tail = tail * r + 1 / 39916800
  tail = tail * r + 1 / 3628800
  tail = tail * r + 1 / 362880
  tail = tail * r + 1 / 40320
  tail = tail * r + 1 / 5040
  tail = tail * r + 1 / 720
  tail = tail * r + 1 / 120
  tail = tail * r + 1 / 24
  tail = tail * r + 1 / 6
  tail = tail * r + 0.5
  const value = 1 + (r + (r * r * tail + lost))
  if (k >= -1021 && k <= 1023) return value * powerOfTwo(k)
  if (k > 1023) return value * powerOfTwo(1023) * powerOfTwo(k - 1023)
  return value * powerOfTwo(k + 1000) * powerOfTwo(-1000)
}

/**
 * Natural logarithm, relative error below 4e-16. x = 2^k·m with m in [√½, √2), ln m = 2·artanh(s), s = (m−1)÷(m+1),
 * s² ≤ 0.0295, by its series to s^23.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  let k = 0
  let scaled = x
  if (x < 2.2250738585072014e-308) {
    scaled = x * TWO_54
    k = -54
  }
  bits.setFloat64(0, scaled)
  const top = bits.getUint32(0)
  k += (top >>> 20) - 1022
  bits.setUint32(0, (top & 0x000fffff) | 0x3fe00000)
  let m = bits.getFloat64(0) // in [½, 1)
  if (m < Math.SQRT1_2) {
    m *= 2
    k -= 1
  }
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  let series = 1 / 23
  series = series * z + 1 / 21
  series = series * z + 1 / 19
  series = series * z + 1 / 17
  series = series * z + 1 / 15
  series = series * z + 1 / 13
  series = series * z + 1 / 11
  series = series * z + 1 / 9
  series = series * z + 1 / 7
  series = series * z + 1 / 5
  series = series * z + 1 / 3
  // ln(1+f) = f − f²/2 + s·(f²/2 + 2z·series): the large part f is exact, so that only the small one is rounded.
  const half = 0.5 * f * f
  const correction = s * (half + 2 * z * series)
  return k * LN2_HIGH - (half - (correction + k * LN2_LOW) - f)
}

/**
 * x^y. Whole exponents up to 64 by repeated squaring; others as exp(y·log x), whose relative error grows as
 * 4e-16 × (1 + |y·ln x|). A negative base has no real power unless y is whole: NaN.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1
  if (Number.isInteger(y) && Math.abs(y) <= 64) return y > 0 ? wholePower(x, y) : 1 / wholePower(x, -y)
  if (x < 0) return Number.isInteger(y) ? (y % 2 === 0 ? 1 : -1) * exp(y * log(-x)) : Number.NaN
  if (x === 0) return y > 0 ? 0 : Number.POSITIVE_INFINITY
  if (x === 1) return 1
  return exp(y * log(x))
}

function wholePower(x: number, n: number): number {
  let result = 1
  let square = x
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square
    square *= square
  }
  return result
}

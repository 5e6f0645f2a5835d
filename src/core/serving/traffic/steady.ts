// A range of lengths, a rate and its burstiness → requests of steady traffic.
import type { Random } from '../../statistics/random.ts'

/** `n` whole lengths of at least 1, spread evenly over [low, high], in random order (Fisher and Yates): a mean without luck. */
export function evenLengths(low: number, high: number, n: number, random: Random): Int32Array {
  const lengths = Int32Array.from({ length: n }, (_, i) =>
    Math.max(1, Math.round(low + ((high - low) * (i + 0.5)) / n)),
  )
  if (low === high) return lengths
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    const held = lengths[i]!
    lengths[i] = lengths[j]!
    lengths[j] = held
  }
  return lengths
}

/** `n` ascending times, seconds: gaps of a Gamma law of this shape and the rate's mean. 1 = Poisson, below in bursts, large = even. */
export function drawTimes(requestsPerSecond: number, shape: number, n: number, random: Random): Float64Array {
  const mean = 1 / requestsPerSecond
  let at = 0
  return Float64Array.from({ length: n }, () => {
    at += shape === 1 ? random.exponential(mean) : random.gamma(shape, mean / shape)
    return at
  })
}

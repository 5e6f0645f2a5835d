// A stream of values in; quantiles of a stated relative error out, in small memory, mergeable across workers.
import { log, pow } from './elementary.ts'

/** A sketch as plain JSON: what workers send each other. */
export interface SketchState {
  readonly relativeError: number
  readonly zeros: number
  readonly min: number | null
  readonly max: number | null
  /** [bucket, weight] pairs, ascending. */
  readonly buckets: readonly (readonly [number, number])[]
}

/** Log-bucket quantile sketch of values ≥ 0 (DDSketch: Masson, Rim & Lee, VLDB 2019). */
export interface Sketch {
  add(value: number, weight?: number): void
  /** Adds all that another sketch of the same relative error has seen; the result is that of one sketch of both. */
  merge(other: SketchState): void
  /** Within `relativeError` of the value of rank ⌊q·(n − 1)⌋; null when nothing was added. */
  quantile(q: number): number | null
  count(): number
  state(): SketchState
}

/**
 * An empty sketch. Bucket i holds (γ^(i−1), γ^i] with γ = (1 + e) ÷ (1 − e), so its middle 2γ^i ÷ (γ + 1) is within e
 * of everything in it.
 */
export function openSketch(relativeError = 0.01): Sketch {
  if (!(relativeError > 0 && relativeError < 1))
    throw new RangeError(`expected an error in (0, 1), got ${relativeError}`)
  const gamma = (1 + relativeError) / (1 - relativeError)
  const logGamma = log(gamma)
  const buckets = new Map<number, number>()
  let zeros = 0
  let total = 0
  let min: number | null = null
  let max: number | null = null

  function put(bucket: number, weight: number) {
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + weight)
  }

  function widen(low: number | null, high: number | null) {
    if (low !== null && (min === null || low < min)) min = low
    if (high !== null && (max === null || high > max)) max = high
  }

  function ascending(): [number, number][] {
    return [...buckets].sort((a, b) => a[0] - b[0])
  }

  return {
    add(value, weight = 1) {
      if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw new RangeError(`expected a value ≥ 0, got ${value}`)
      if (value === 0) zeros += weight
      else put(Math.ceil(log(value) / logGamma), weight)
      total += weight
      widen(value, value)
    },
    merge(other) {
      if (other.relativeError !== relativeError)
        throw new RangeError('sketches of different relative errors do not merge')
      zeros += other.zeros
      total += other.zeros
      for (const [bucket, weight] of other.buckets) {
        put(bucket, weight)
        total += weight
      }
      widen(other.min, other.max)
    },
    quantile(q) {
      if (min === null || max === null) return null
      const rank = Math.floor(Math.min(1, Math.max(0, q)) * (total - 1))
      let seen = zeros
      if (seen > rank) return 0
      for (const [bucket, weight] of ascending()) {
        seen += weight
        if (seen > rank) return Math.min(max, Math.max(min, (2 * pow(gamma, bucket)) / (gamma + 1)))
      }
      return max
    },
    count: () => total,
    state: () => ({ relativeError, zeros, min, max, buckets: ascending() }),
  }
}

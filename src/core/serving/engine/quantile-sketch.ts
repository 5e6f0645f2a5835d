// Values one by one, or another sketch → their percentiles in bounded memory: exact up to a million values, within 0.5 % beyond.
import { log } from '../../statistics/elementary.ts'
import { type Percentiles, percentiles } from './quantiles.ts'

/** Beyond `exactUpTo` values a percentile is off by at most this share of itself. */
export const sketchError = 0.005
export const exactUpTo = 1_000_000

export interface QuantileSketch {
  /** A value ≥ 0. */
  readonly add: (value: number) => void
  /** Takes over all values of another, which must not be used further. */
  readonly merge: (other: QuantileSketch) => void
  readonly count: () => number
  /** The largest share by which `percentiles` may be off: 0 or `sketchError`. */
  readonly error: () => number
  readonly percentiles: () => Percentiles
  readonly held: () => Held
}

/** The values themselves while they are few, then how many fell into each bucket. */
interface Held {
  readonly values: Float64Array | null
  readonly buckets: Float64Array | null
  readonly count: number
}

// Buckets whose bounds grow by γ = (1 + ε) ÷ (1 − ε), each told by the value 2γ^i ÷ (γ + 1) in its middle, which no value in it
// is further from than ε (DDSketch: Masson, Rim, Lee, VLDB 2019). They reach from 1e-6 to 1e12; what is smaller counts as 0.
const growth = (1 + sketchError) / (1 - sketchError)
const smallest = 1e-6
const perBucket = 1 / log(growth)
const bucketCount = Math.ceil(log(1e18) * perBucket) + 2

function bucketOf(value: number): number {
  if (!(value > smallest)) return 0
  return Math.min(bucketCount - 1, Math.ceil(log(value / smallest) * perBucket))
}

export function quantileSketch(limit: number = exactUpTo): QuantileSketch {
  let values: Float64Array | null = new Float64Array(Math.min(limit, 1024))
  let buckets: Float64Array | null = null
  let count = 0

  function intoBuckets(): Float64Array {
    if (buckets !== null) return buckets
    buckets = new Float64Array(bucketCount)
    for (let i = 0; i < count; i++) addTo(buckets, bucketOf(values![i]!), 1)
    values = null
    return buckets
  }

  function add(value: number): void {
    if (values !== null) {
      if (count < values.length) {
        values[count++] = value
        return
      }
      if (count < limit) {
        const grown = new Float64Array(Math.min(limit, 2 * count))
        grown.set(values)
        values = grown
        values[count++] = value
        return
      }
    }
    addTo(intoBuckets(), bucketOf(value), 1)
    count++
  }

  function quantile(q: number): number {
    const position = q * (count - 1)
    const below = Math.floor(position)
    const low = valueAt(buckets!, below)
    const share = position - below
    return share === 0 ? low : low + share * (valueAt(buckets!, below + 1) - low)
  }

  return {
    add,
    merge: other => {
      const its = other.held()
      if (its.values !== null) {
        for (let i = 0; i < its.count; i++) add(its.values[i]!)
        return
      }
      const all = intoBuckets()
      for (let i = 0; i < bucketCount; i++) addTo(all, i, its.buckets![i]!)
      count += its.count
    },
    count: () => count,
    error: () => (buckets === null ? 0 : sketchError),
    percentiles: () =>
      values === null ? { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) } : percentiles(values, count),
    held: () => ({ values, buckets, count }),
  }
}

function addTo(buckets: Float64Array, bucket: number, by: number): void {
  buckets[bucket] = buckets[bucket]! + by
}

/** The value of the `rank`-th smallest, counted from 0. */
function valueAt(buckets: Float64Array, rank: number): number {
  let seen = buckets[0]!
  if (rank < seen) return 0
  let bound = smallest
  for (let i = 1; i < bucketCount; i++) {
    bound *= growth
    seen += buckets[i]!
    if (rank < seen) return (2 * bound) / (growth + 1)
  }
  return bound
}

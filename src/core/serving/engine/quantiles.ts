// Measured values → their exact quantiles, by selection in place: no sort of a million latencies for three numbers.

/** Quantiles 0.50, 0.95 and 0.99; null without values: unknown is not 0. */
export interface Percentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** Exact percentiles by linear interpolation (Hyndman & Fan type 7), of the first `n` values, which are reordered. */
export function percentiles(values: Float64Array, n: number = values.length): Percentiles {
  if (n === 0) return { p50: null, p95: null, p99: null }
  // Ascending, each selection leaves the larger values to its right for the next.
  const p50 = quantileFrom(values, 0, n, 0.5)
  const p95 = quantileFrom(values, Math.floor(0.5 * (n - 1)), n, 0.95)
  const p99 = quantileFrom(values, Math.floor(0.95 * (n - 1)), n, 0.99)
  return { p50, p95, p99 }
}

function quantileFrom(values: Float64Array, from: number, n: number, q: number): number {
  const position = q * (n - 1)
  const below = Math.floor(position)
  const low = select(values, from, n - 1, below)
  const share = position - below
  if (share === 0) return low
  let above = Number.POSITIVE_INFINITY
  for (let i = below + 1; i < n; i++) if (values[i]! < above) above = values[i]!
  return low + share * (above - low)
}

/** The k-th smallest of values[left..right], moved to its place (Hoare's quickselect, median of three). */
function select(values: Float64Array, from: number, to: number, k: number): number {
  let left = from
  let right = to
  while (right > left) {
    const middle = (left + right) >>> 1
    const a = values[left]!
    const b = values[middle]!
    const c = values[right]!
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
    let i = left
    let j = right
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i <= j) {
        const held = values[i]!
        values[i] = values[j]!
        values[j] = held
        i++
        j--
      }
    }
    if (k <= j) right = j
    else if (k >= i) left = i
    else break
  }
  return values[k]!
}

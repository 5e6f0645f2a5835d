// A stretch of requests and a factor in; as much more or less of the same traffic, with its own bursts, out.
import { stream } from '../../statistics/random.ts'
import { type Arrivals, picked } from './arrivals.ts'

/** Fewer requests than this say little about a 95th percentile: thinned stretches are repeated with other coins. */
const fewest = 600
/** More than this cost time and teach nothing. */
const most = 4000
/** Beyond so many copies superposed arrivals are as good as independent ones (Palm–Khintchine theorem). */
const mostCopies = 8

/** Requests per second of a stretch; null when all came at once. */
export function rateOf({ n, atSeconds }: Arrivals): number | null {
  const span = n > 1 ? atSeconds[n - 1]! - atSeconds[0]! : 0
  return span > 0 ? (n - 1) / span : null
}

/**
 * The traffic at `factor` times its rate without touching its clock: below 1 each request is kept with that
 * probability (what one of several users' worth of traffic looks like); above 1 copies are added, each moved as a whole
 * by a random time around the stretch, so that bursts stay as long as they are and are not in step. A burst of ten
 * seconds stays one of ten seconds: stretching the clock would make it two minutes at a twelfth of the load. What gets
 * too short is repeated until it has about `atLeast` requests.
 */
export function atFactor(
  arrivals: Arrivals,
  factor: number,
  seed: number,
  atLeast = Math.min(fewest, arrivals.n),
): Arrivals {
  const rate = rateOf(arrivals)
  if (rate === null || factor > mostCopies) return independent(arrivals, (rate ?? 1) * factor, seed, atLeast)
  return factor <= 1 ? thinned(arrivals, factor, seed, atLeast) : superposed(arrivals, factor, seed, atLeast)
}

/** Lengths as they came, in random order; exponential gaps. */
function independent(arrivals: Arrivals, rate: number, seed: number, atLeast: number): Arrivals {
  const random = stream(seed, 'pace independent')
  const n = Math.max(fewest, atLeast, Math.min(most, arrivals.n))
  const picks = Int32Array.from({ length: n }, () => random.integer(arrivals.n))
  const taken = new Int32Array(arrivals.n)
  const copies = Int32Array.from(picks, i => taken[i]!++)
  let at = 0
  const times = Float64Array.from({ length: n }, () => {
    at += random.exponential(1 / rate)
    return at
  })
  return picked(arrivals, picks, times, copies)
}

/** One coin per request; the same coins at every factor, so that a lighter load is part of a heavier one. */
function thinned(arrivals: Arrivals, share: number, seed: number, atLeast: number): Arrivals {
  const random = stream(seed, 'pace thinned')
  const { n, atSeconds } = arrivals
  const round = atSeconds[n - 1]! - atSeconds[0]! + (atSeconds[n - 1]! - atSeconds[0]!) / Math.max(1, n - 1)
  const picks: number[] = []
  const times: number[] = []
  const copies: number[] = []
  for (let turn = 0; picks.length < atLeast && turn < 200; turn++) {
    for (let i = 0; i < n; i++) {
      if (random.uniform() >= share) continue
      picks.push(i)
      copies.push(turn)
      times.push(turn * round + atSeconds[i]! - atSeconds[0]!)
    }
  }
  if (picks.length === 0) return independent(arrivals, rateOf(arrivals)! * share, seed, atLeast)
  return picked(arrivals, picks, Float64Array.from(times), copies)
}

/** The stretch and moved copies of it, the last copy thinned to the fraction asked for. */
function superposed(arrivals: Arrivals, factor: number, seed: number, atLeast: number): Arrivals {
  const random = stream(seed, 'pace copies')
  const { atSeconds } = arrivals
  const n = Math.min(arrivals.n, Math.ceil(Math.max(most, atLeast) / factor))
  const start = atSeconds[0]!
  const span = atSeconds[n - 1]! - start + (atSeconds[n - 1]! - start) / Math.max(1, n - 1)
  const picks: number[] = []
  const times: number[] = []
  const copyOf: number[] = []
  // Only the beginning is copied where the whole would be too long, and it may be busier than the rest, or quieter.
  const copies = (factor * rateOf(arrivals)!) / ((n - 1) / (atSeconds[n - 1]! - start))
  for (let copy = 0; copy < copies; copy++) {
    const shift = copy === 0 ? 0 : random.uniform() * span
    const share = Math.min(1, copies - copy)
    for (let i = 0; i < n; i++) {
      if (share < 1 && random.uniform() >= share) continue
      picks.push(i)
      copyOf.push(copy)
      const at = atSeconds[i]! - start + shift
      times.push(at >= span ? at - span : at)
    }
  }
  const order = Int32Array.from(picks.keys()).sort((a, b) => times[a]! - times[b]! || a - b)
  const inOrder = (values: number[]) => Int32Array.from(order, k => values[k]!)
  return picked(
    arrivals,
    inOrder(picks),
    Float64Array.from(order, k => times[k]!),
    inOrder(copyOf),
  )
}

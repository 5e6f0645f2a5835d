// How requests spread over a week, as weights of equal steps; places of single requests drawn inside any stretch of time, out.
import type { RateWindow } from './arrivals-draw.ts'
import type { Random } from './random.ts'

/** Relative rates over a week of equal steps, the first at Monday 00:00 UTC. */
export interface ArrivalProfile {
  readonly name: string
  /** Where the shape comes from, for the reader. */
  readonly source: string
  readonly stepSeconds: number
  readonly weights: readonly number[]
}

const weekSeconds = 604_800
/** 1970 began on a Thursday. */
const mondayOffsetSeconds = 3 * 86_400

export const flatProfile: ArrivalProfile = {
  name: 'flat',
  source: 'the same rate at every moment',
  stepSeconds: weekSeconds,
  weights: [1],
}

/**
 * A measured curve of rates as a profile: the mean of what each step of the week showed. Windows of rate 0 are gaps of
 * the measurement and count for nothing; a step never seen takes the mean of all. The curve's second 0 is a Monday, 00:00.
 */
export function profileOfCurve(
  name: string,
  source: string,
  curve: readonly RateWindow[],
  stepSeconds = 600,
): ArrivalProfile {
  const steps = Math.round(weekSeconds / stepSeconds)
  const sums = new Array<number>(steps).fill(0)
  const seen = new Array<number>(steps).fill(0)
  for (const { startSecond, requestsPerSecond } of curve) {
    if (!(requestsPerSecond > 0)) continue
    const step = Math.floor((startSecond % weekSeconds) / stepSeconds)
    sums[step]! += requestsPerSecond
    seen[step]! += 1
  }
  const count = seen.reduce((a, b) => a + b, 0)
  const mean = count === 0 ? 1 : sums.reduce((a, b) => a + b, 0) / count
  return { name, source, stepSeconds, weights: sums.map((sum, i) => (seen[i]! > 0 ? sum / seen[i]! : mean)) }
}

/** Peak over mean of a profile's steps: 1 when flat. */
export function peakToMean({ weights }: ArrivalProfile): number {
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length
  return mean > 0 ? weights.reduce((a, b) => Math.max(a, b), 0) / mean : 1
}

/** Busiest hour (mean of the steps that end with it) over mean: what a fleet that is sized for an hour must carry. */
export function hourlyPeakToMean({ stepSeconds, weights }: ArrivalProfile): number {
  const steps = Math.max(1, Math.round(3600 / stepSeconds))
  const hours = weights.map((_, i) => {
    let sum = 0
    for (let k = 0; k < steps; k++) sum += weights[(i - k + weights.length * steps) % weights.length]!
    return sum / steps
  })
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length
  return mean > 0 ? hours.reduce((a, b) => Math.max(a, b), 0) / mean : 1
}

/**
 * `count` arrival times in [fromSecond, toSecond) (seconds since 1970), ascending: independent draws from the profile's
 * rates there, which is a Poisson process of that rate of which the count is known.
 */
export function drawArrivals(
  profile: ArrivalProfile,
  fromSecond: number,
  toSecond: number,
  count: number,
  random: Random,
): Float64Array {
  const pieces = piecesOf(profile, fromSecond, toSecond)
  const total = pieces.at(-1)?.upTo ?? 0
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    if (total === 0) {
      times[i] = fromSecond + random.uniform() * (toSecond - fromSecond)
      continue
    }
    const wanted = random.uniform() * total
    const piece = pieces[firstAbove(pieces, wanted)]!
    times[i] = piece.from + ((wanted - (piece.upTo - piece.weight)) / piece.weight) * piece.seconds
  }
  return times.sort()
}

interface Piece {
  readonly from: number
  readonly seconds: number
  readonly weight: number
  /** Weight of this piece and all before it. */
  readonly upTo: number
}

function piecesOf({ stepSeconds, weights }: ArrivalProfile, fromSecond: number, toSecond: number): Piece[] {
  const pieces: Piece[] = []
  let upTo = 0
  for (let from = fromSecond; from < toSecond; ) {
    const inWeek = (((from + mondayOffsetSeconds) % weekSeconds) + weekSeconds) % weekSeconds
    const step = Math.min(weights.length - 1, Math.floor(inWeek / stepSeconds))
    const next = Math.min(toSecond, from + (step + 1) * stepSeconds - inWeek)
    const weight = weights[step]! * (next - from)
    if (weight > 0) {
      upTo += weight
      pieces.push({ from, seconds: next - from, weight, upTo })
    }
    from = next
  }
  return pieces
}

function firstAbove(pieces: readonly Piece[], wanted: number): number {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (pieces[middle]!.upTo > wanted) high = middle
    else low = middle + 1
  }
  return low
}

/** Part `k` of `n` of a whole number: the parts differ by 1 at most and add up to it exactly. All below 2^53, n² too. */
export function partOf(sum: number, n: number, k: number): number {
  const rest = sum % n
  return (sum - rest) / n + Math.floor(((k + 1) * rest) / n) - Math.floor((k * rest) / n)
}

// A straight API line and a staircase of replicas in; every volume at which the staircase begins to be cheaper out, exactly.
import { type Curve, ceiling, floor } from './staircase.ts'

interface PairCrossing {
  /** Million tokens a month: own GPUs are strictly cheaper just above it and not just below. */
  readonly at: number
  /** Steps of the staircase that are paid for there (serving replicas, spares apart). */
  readonly step: number
}

export interface PairCrossings {
  /** Ascending; at most the number asked for. */
  readonly list: readonly PairCrossing[]
  /** How many there are; Infinity when one follows each step for ever. */
  readonly total: number
  /** Where own GPUs stay cheaper at every larger volume; null when they do not. */
  readonly forGood: PairCrossing | null
}

const none: PairCrossings = { list: [], total: 0, forGood: null }

/** All crossings of an API's line with own GPUs; where bursts need a knee, those below it and those from it on. */
export function crossings(api: Curve, own: Curve, most = 1000): PairCrossings {
  const { knee, ...beyond } = own
  if (knee === undefined || knee.steps <= Math.max(1, own.minimum)) return ofEvenSteps(api, beyond, most)
  const edge = (knee.steps - 1) * knee.capacity
  const lower = ofEvenSteps(api, { ...beyond, capacity: knee.capacity }, knee.steps)
  const below = lower.list.filter(({ step }) => step < knee.steps)
  const upper = ofEvenSteps(api, { ...beyond, minimum: knee.steps }, most + 1)
  // To win from the very begin of the knee's step on is to have won before it, unless a step costs nothing.
  const atEdge = { api: api.fixed + api.slope * edge, own: own.fixed + own.slope * edge + own.step * (knee.steps - 1) }
  const winsBefore = atEdge.own < atEdge.api - 1e-12 * (Math.abs(atEdge.own) + Math.abs(atEdge.api))
  const isAbove = ({ at }: PairCrossing) => at > edge || (at >= edge && !winsBefore)
  const above = upper.list.filter(isAbove)
  const forGood = upper.forGood === null || isAbove(upper.forGood) ? upper.forGood : (below.at(-1) ?? null)
  return {
    list: [...below, ...above].slice(0, most),
    total: below.length + upper.total - (upper.list.length - above.length),
    forGood,
  }
}

/**
 * All crossings of api(v) = Fa + b·v with own(v) = Fs + s·v + K·n(v), n(v) = max(minimum, ⌈v ÷ Cap⌉). Only the difference
 * counts, so a = b − s below. With a < 0 own GPUs lose ground with every token: they win, if at all, from 0 on.
 *
 * In segment n, own GPUs win above v_n = (F + K·n) ÷ a, F = Fs − Fa, if that lies below n·Cap, that is if F + K·n < n·D
 * with D = a·Cap; they have won all of it if v_n ≤ (n−1)·Cap. Both conditions are linear in n, so the segments that
 * matter are found by division and nothing is searched. A touch at the very end of a segment is not cheaper, hence no
 * crossing. If K ≥ D and F ≥ 0 a full replica costs what the API would charge for all it serves: never (law 8).
 */
function ofEvenSteps(api: Curve, own: Curve, most: number): PairCrossings {
  const a = api.slope - own.slope
  const F = own.fixed - api.fixed
  if (own.capacity === Number.POSITIVE_INFINITY) return singleSegment(a, F + own.step * own.minimum, own)
  const first = Math.max(1, own.minimum)
  const K = own.step
  const D = a * own.capacity
  const gain = D - K
  const level = (n: number) => F + K * n
  const start: PairCrossing = { at: a > 0 ? Math.max(0, level(first) / a) : 0, step: first }
  if (a < 0) return level(first) < 0 ? { list: [start], total: 1, forGood: null } : none
  const inside = (n: number): PairCrossing => ({ at: n === first ? start.at : level(n) / a, step: n })

  // Rounding error of a quotient by `gain`, which may be a small difference of large numbers.
  const tolerance = 1e-13 * (1 + (D + K) / Math.abs(gain))
  const scale = Math.abs(own.fixed) + Math.abs(api.fixed) + D + K
  if (Math.abs(gain) <= 1e-12 * (D + K)) {
    if (F >= -1e-12 * scale) return none
    if (F + D <= 1e-12 * scale || D === 0) return { list: [start], total: 1, forGood: start }
    return { list: run(first, first + most - 1, inside), total: Number.POSITIVE_INFINITY, forGood: null }
  }
  if (gain > 0) {
    const firstWon = Math.max(first, floor(F / gain, tolerance) + 1)
    const wonFromZero = level(first) <= 1e-12 * scale
    const firstWhole = Math.max(wonFromZero ? first : first + 1, ceiling((F + D) / gain, tolerance))
    if (firstWon >= firstWhole) {
      const only = { at: firstWon === first ? 0 : (firstWon - 1) * own.capacity, step: firstWon }
      return { list: [only], total: 1, forGood: only }
    }
    const list = run(firstWon, Math.min(firstWhole - 1, firstWon + most - 1), inside)
    return { list, total: firstWhole - firstWon, forGood: inside(firstWhole - 1) }
  }
  // K > D: only a head start (the API's larger fixed cost) lets own GPUs win, and only in the first segments.
  const lastWon = ceiling(F / gain, tolerance) - 1
  if (lastWon < first) return none
  const lastWhole = Math.max(first, floor((F + D) / gain, tolerance))
  const later = run(lastWhole + 1, Math.min(lastWon, lastWhole + most - 1), inside)
  return { list: [start, ...later], total: 1 + Math.max(0, lastWon - lastWhole), forGood: null }
}

function singleSegment(a: number, level: number, own: Curve): PairCrossings {
  const at = level <= 0 ? 0 : level / a
  const wins = a > 0 ? at < own.limit : level < 0
  if (!wins) return none
  const only = { at, step: own.minimum }
  return { list: [only], total: 1, forGood: own.limit === Number.POSITIVE_INFINITY && a >= 0 ? only : null }
}

function run(from: number, to: number, crossing: (n: number) => PairCrossing): PairCrossing[] {
  const list: PairCrossing[] = []
  for (let n = from; n <= to; n++) list.push(crossing(n))
  return list
}

/**
 * The first volume above `v` at which `other` begins to be cheaper than the line `api`, given that it is not just above
 * `v`; null when it never is. Both are curves over million tokens a month.
 */
export function nextBelow(api: Curve, other: Curve, v: number): number | null {
  const { knee, ...beyond } = other
  if (knee === undefined || knee.steps <= Math.max(1, other.minimum)) return nextBelowEven(api, beyond, v)
  const edge = (knee.steps - 1) * knee.capacity
  const lower = v < edge ? nextBelowEven(api, { ...beyond, capacity: knee.capacity }, v) : null
  if (lower !== null && lower < edge) return lower
  return nextBelowEven(api, { ...beyond, minimum: knee.steps }, Math.max(v, edge))
}

function nextBelowEven(api: Curve, other: Curve, v: number): number | null {
  if (other.step === 0 || other.capacity === Number.POSITIVE_INFINITY) {
    const slope = api.slope - other.slope
    const rise = other.fixed + other.step * other.minimum - api.fixed
    const at = rise / slope
    return slope > 0 && at >= v && at < other.limit ? at : null
  }
  const a = api.slope - other.slope
  if (!(a > 0)) return null
  const F = other.fixed - api.fixed
  const D = a * other.capacity
  const beginsIn = (n: number): number | null => {
    const at = (F + other.step * n) / a
    const low = n <= Math.max(1, other.minimum) ? 0 : (n - 1) * other.capacity
    const end = n * other.capacity
    return at >= Math.max(v, low) && at < end * (1 - 1e-12) ? at : null
  }
  const here = Math.max(1, other.minimum, floor(v / other.capacity) + 1)
  const near = beginsIn(here) ?? beginsIn(here + 1)
  if (near !== null || D <= other.step) return near
  const firstWon = floor(F / (D - other.step)) + 1
  return firstWon > here + 1 ? beginsIn(firstWon) : null
}

// A straight API line and a staircase of replicas in; every volume at which the staircase begins to be cheaper out, exactly.
import { type Curve, ceiling, floor, lotsFor, servingIn } from './staircase.ts'

interface PairCrossing {
  /** Million tokens a month: own GPUs are strictly cheaper just above it and not just below. */
  readonly at: number
  /** Lots that are leased there: replicas, where each is leased by itself. */
  readonly lots: number
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
  if (knee === undefined || knee.replicas <= Math.max(1, own.minimum)) return ofEvenSteps(api, beyond, most)
  const edge = (knee.replicas - 1) * knee.capacity
  const lower = ofEvenSteps(api, { ...beyond, capacity: knee.capacity }, knee.replicas)
  const below = lower.list.filter(({ at }) => at < edge * (1 - 1e-12))
  const upper = ofEvenSteps(api, { ...beyond, minimum: knee.replicas }, most + 1)
  // To win from the very begin of the knee's step on is to have won before it, unless a step costs nothing.
  const lots = lotsFor(own, Math.max(own.minimum, knee.replicas - 1))
  const atEdge = { api: api.fixed + api.slope * edge, own: own.fixed + own.slope * edge + own.step * lots }
  const winsBefore = atEdge.own < atEdge.api - 1e-12 * (Math.abs(atEdge.own) + Math.abs(atEdge.api))
  const isAbove = ({ at }: PairCrossing) => at > edge * (1 + 1e-12) || (at >= edge * (1 - 1e-12) && !winsBefore)
  const above = upper.list.filter(isAbove)
  const forGood = upper.forGood === null || isAbove(upper.forGood) ? upper.forGood : (below.at(-1) ?? null)
  return {
    list: [...below, ...above].slice(0, most),
    total: below.length + upper.total - (upper.list.length - above.length),
    forGood,
  }
}

/**
 * All crossings of api(v) = Fa + b·v with own(v) = Fs + s·v + K·m(v), m(v) = max(first, ⌈(v + o) ÷ C⌉) lots of C = lot · Cap,
 * o = spare · Cap. Only the difference counts, so a = b − s below. With a < 0 own GPUs lose ground with every token: they
 * win, if at all, from 0 on.
 *
 * With m lots own GPUs win above v_m = (F + K·m) ÷ a, F = Fs − Fa, if that lies below m·C − o, that is if G + K·m < m·D with
 * G = F + a·o and D = a·C; they have won all of it if v_m ≤ (m−1)·C − o. Both conditions are linear in m, so the segments
 * that matter are found by division and nothing is searched. A touch at the very end of a segment is not cheaper, hence no
 * crossing. If K ≥ D and G ≥ 0 a full lot costs what the API would charge for all it serves: never (law 8).
 */
function ofEvenSteps(api: Curve, own: Curve, most: number): PairCrossings {
  const a = api.slope - own.slope
  const F = own.fixed - api.fixed
  if (own.capacity === Number.POSITIVE_INFINITY) {
    return singleSegment(a, F + own.step * lotsFor(own, own.minimum), own)
  }
  const { lot = 1, spare = 0 } = own
  const first = lotsFor(own, Math.max(1, own.minimum))
  const K = own.step
  const D = a * lot * own.capacity
  const G = F + a * spare * own.capacity
  const gain = D - K
  const level = (m: number) => F + K * m
  const start: PairCrossing = { at: a > 0 ? Math.max(0, level(first) / a) : 0, lots: first }
  if (a < 0) return level(first) < 0 ? { list: [start], total: 1, forGood: null } : none
  const inside = (m: number): PairCrossing => ({ at: m === first ? start.at : level(m) / a, lots: m })

  // Rounding error of a quotient by `gain`, which may be a small difference of large numbers.
  const tolerance = 1e-13 * (1 + (D + K) / Math.abs(gain))
  const scale = Math.abs(own.fixed) + Math.abs(api.fixed) + Math.abs(G) + D + K
  if (Math.abs(gain) <= 1e-12 * (D + K)) {
    if (G >= -1e-12 * scale) return none
    if (G + D <= 1e-12 * scale || D === 0) return { list: [start], total: 1, forGood: start }
    return { list: run(first, first + most - 1, inside), total: Number.POSITIVE_INFINITY, forGood: null }
  }
  if (gain > 0) {
    const firstWon = Math.max(first, floor(G / gain, tolerance) + 1)
    const wonFromZero = level(first) <= 1e-12 * scale
    const firstWhole = Math.max(wonFromZero ? first : first + 1, ceiling((G + D) / gain, tolerance))
    if (firstWon >= firstWhole) {
      const only = { at: firstWon === first ? 0 : servingIn(own, firstWon - 1) * own.capacity, lots: firstWon }
      return { list: [only], total: 1, forGood: only }
    }
    const list = run(firstWon, Math.min(firstWhole - 1, firstWon + most - 1), inside)
    return { list, total: firstWhole - firstWon, forGood: inside(firstWhole - 1) }
  }
  // K > D: only a head start (the API's larger fixed cost) lets own GPUs win, and only in the first segments.
  const lastWon = ceiling(G / gain, tolerance) - 1
  if (lastWon < first) return none
  const lastWhole = Math.max(first, floor((G + D) / gain, tolerance))
  const later = run(lastWhole + 1, Math.min(lastWon, lastWhole + most - 1), inside)
  return { list: [start, ...later], total: 1 + Math.max(0, lastWon - lastWhole), forGood: null }
}

function singleSegment(a: number, level: number, own: Curve): PairCrossings {
  const at = level <= 0 ? 0 : level / a
  const wins = a > 0 ? at < own.limit : level < 0
  if (!wins) return none
  const only = { at, lots: lotsFor(own, own.minimum) }
  return { list: [only], total: 1, forGood: own.limit === Number.POSITIVE_INFINITY && a >= 0 ? only : null }
}

/** By index: where segments are so many that the next number is the same one, counting on would never end. */
function run(from: number, to: number, crossing: (n: number) => PairCrossing): PairCrossing[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => crossing(from + i))
}

/**
 * The first volume above `v` at which `other` begins to be cheaper than the line `api`, given that it is not just above
 * `v`; null when it never is. Both are curves over million tokens a month.
 */
export function nextBelow(api: Curve, other: Curve, v: number): number | null {
  const { knee, ...beyond } = other
  if (knee === undefined || knee.replicas <= Math.max(1, other.minimum)) return nextBelowEven(api, beyond, v)
  const edge = (knee.replicas - 1) * knee.capacity
  const lower = v < edge ? nextBelowEven(api, { ...beyond, capacity: knee.capacity }, v) : null
  if (lower !== null && lower < edge) return lower
  return nextBelowEven(api, { ...beyond, minimum: knee.replicas }, Math.max(v, edge))
}

function nextBelowEven(api: Curve, other: Curve, v: number): number | null {
  if (other.step === 0 || other.capacity === Number.POSITIVE_INFINITY) {
    const slope = api.slope - other.slope
    const rise = other.fixed + other.step * lotsFor(other, other.minimum) - api.fixed
    const at = rise / slope
    return slope > 0 && at >= v && at < other.limit ? at : null
  }
  const a = api.slope - other.slope
  if (!(a > 0)) return null
  const { lot = 1, spare = 0, capacity } = other
  const F = other.fixed - api.fixed
  const G = F + a * spare * capacity
  const D = a * lot * capacity
  const first = lotsFor(other, Math.max(1, other.minimum))
  const beginsIn = (m: number): number | null => {
    const at = (F + other.step * m) / a
    const low = m <= first ? 0 : servingIn(other, m - 1) * capacity
    const end = servingIn(other, m) * capacity
    return at >= Math.max(v, low) && at < end * (1 - 1e-12) ? at : null
  }
  const here = Math.max(first, lotsFor(other, floor(v / capacity) + 1))
  const near = beginsIn(here) ?? beginsIn(here + 1)
  if (near !== null || D <= other.step) return near
  const firstWon = floor(G / (D - other.step)) + 1
  return firstWon > here + 1 ? beginsIn(firstWon) : null
}

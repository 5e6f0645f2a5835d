// Several bills as functions of volume in; which is cheapest where, and each volume at which that changes, out.
import { nextBelow } from './crossings.ts'
import { type Curve, curveAt, endOf, lotsFor, servingAfter, servingIn } from './staircase.ts'

interface Change {
  /** Million tokens a month: `from` is cheapest up to here, `to` just above. Indices into the curves. */
  readonly at: number
  readonly from: number
  readonly to: number
}

export interface Envelope {
  /** The cheapest just above the lowest volume; null without curves. */
  readonly first: number | null
  /** Ascending. */
  readonly changes: readonly Change[]
  /** The sweep ended at this volume because there were too many changes or steps; null = it reached the end. */
  readonly stoppedAt: number | null
}

/**
 * Lower envelope over (low, high]. The cheapest curve can be overtaken only where it steps up itself, or, while it is a
 * line with a slope, where another curve comes to lie below it; so the sweep jumps from one such volume to the next and misses none.
 * Ties go to the flatter curve, then to the one listed first.
 */
export function envelope(curves: readonly Curve[], low: number, high: number, mostChanges = 200): Envelope {
  const changes: Change[] = []
  let v = low
  const start = cheapestAfter(curves, v)
  let cheapest = start
  for (let steps = 0; cheapest !== null && v < high; steps++) {
    if (changes.length >= mostChanges || steps >= 20000) return { first: start, changes, stoppedAt: v }
    const next = nextEvent(curves, cheapest, v)
    if (next === null || next > high) break
    // A step must go on, whatever rounding does to an event that falls on the volume where we stand.
    v = Math.max(next, v * (1 + 1e-15))
    const then = cheapestAfter(curves, v)
    if (then !== null && then !== cheapest) changes.push({ at: v, from: cheapest, to: then })
    cheapest = then
  }
  return { first: start, changes, stoppedAt: null }
}

function nextEvent(curves: readonly Curve[], index: number, v: number): number | null {
  const curve = curves[index]!
  if (v >= curve.limit) return null
  let next: number | null = curve.limit === Number.POSITIVE_INFINITY ? null : curve.limit
  let line = curve
  if (curve.step > 0 && curve.capacity !== Number.POSITIVE_INFINITY) {
    const lots = lotsFor(curve, servingAfter(curve, v))
    next = endOf(curve, servingIn(curve, lots))
    // Within a segment a staircase is a line, which another curve may come to lie below where it rises with the volume.
    line = { ...curve, fixed: curve.fixed + curve.step * lots, step: 0, capacity: Number.POSITIVE_INFINITY }
  }
  for (let i = 0; i < curves.length; i++) {
    if (i === index) continue
    const at = nextBelow(line, curves[i]!, v)
    if (at !== null && (next === null || at < next)) next = at
  }
  return next
}

/** Index of the curve that is cheapest just above `v`; null when none serves it. */
export function cheapestAfter(curves: readonly Curve[], v: number): number | null {
  let best: number | null = null
  let bestUsd = Number.POSITIVE_INFINITY
  for (let i = 0; i < curves.length; i++) {
    const usd = curveAfter(curves[i]!, v)
    if (usd === Number.POSITIVE_INFINITY) continue
    const tie = Math.abs(usd - bestUsd) <= 1e-12 * Math.abs(bestUsd)
    const flatter = best !== null && tie && curves[i]!.slope < curves[best]!.slope
    if (best === null || flatter || (!tie && usd < bestUsd)) {
      best = i
      bestUsd = usd
    }
  }
  return best
}

/** The bill just above volume `v`. */
function curveAfter(curve: Curve, v: number): number {
  if (v >= curve.limit * (1 - 1e-12)) return Number.POSITIVE_INFINITY
  if (curve.step === 0) return curveAt(curve, v)
  return curve.fixed + curve.slope * v + curve.step * lotsFor(curve, servingAfter(curve, v))
}

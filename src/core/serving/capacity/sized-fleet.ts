// Arrivals, an engine, an objective and a first guess in; the smallest fleet that keeps the objective, by replaying every call, out.

import type { Engine } from '../engine/engine.ts'
import type { RouterName } from '../fleet/routers.ts'
import { type Outcome, simulate } from '../fleet/simulate.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { busyHourLateShare, keepsObjective, lateAllowed, windowsMet } from '../traffic/windows.ts'
import type { Objective } from './sustain.ts'

/** Up to here fleets are tried one replica apart, beyond it a twentieth apart. */
const oneApart = 20

export interface SizeRequest {
  readonly arrivals: Arrivals
  readonly engine: Engine
  readonly router: RouterName
  readonly objective: Objective
  /** What windows of load call for: the search begins here. */
  readonly guess: number
  /** No larger fleet is tried. */
  readonly most: number
  /** Replays that may be made; with few of them a guess that keeps the objective is not made smaller. */
  readonly tries: number
  /** Whether fewer late calls than these could pay for one more replica, when `smallest` of them keep the objective. */
  readonly isWorthMore: (replicas: number, outcome: Outcome, smallest: number) => boolean
}

export interface Size {
  readonly replicas: number
  readonly outcome: Outcome
  readonly keeps: boolean
}

export interface Sizes {
  /** Those that keep the objective, the smallest first, and larger ones with fewer late calls; without any the last one tried. */
  readonly sizes: readonly Size[]
  /** A request alone on a replica is late too often already: no number of them keeps the objective. */
  readonly isHopeless: boolean
  /** How many times the arrivals were replayed. */
  readonly replays: number
}

/** With fewer replays than this one only looks upwards: to stop on the way down would make a looser objective the dearer one. */
const enoughToGoDown = 12

/**
 * At least 99 % of the five-minute windows meet the objective, and so does each busy hour. Sizes are taken from one ladder
 * whatever the objective, upwards from the guess until one keeps it, or downwards as long as they do; every size is
 * replayed alike. So a tighter objective, whose guess is no smaller, never finds a smaller fleet.
 */
export function sizesOf(request: SizeRequest): Sizes {
  const { arrivals, engine, router, objective, guess, most, tries, isWorthMore } = request
  const tried = new Map<number, Size>()
  const at = (replicas: number): Size => {
    const known = tried.get(replicas)
    if (known) return known
    const outcome = simulate(arrivals, { engine, replicas, router }, { objective })
    const size = { replicas, outcome, keeps: keeps(outcome) }
    tried.set(replicas, size)
    return size
  }
  const mayTry = () => tried.size < tries
  let size = at(rungFrom(guess))
  if (size.keeps) {
    while (tries >= enoughToGoDown && size.replicas > 1 && mayTry()) {
      const smaller = at(rungBelow(size.replicas))
      if (!smaller.keeps) break
      size = smaller
    }
  } else {
    if (isHopeless(request)) return { sizes: [size], isHopeless: true, replays: tried.size + 1 }
    while (!size.keeps && mayTry() && rungFrom(size.replicas + 1) <= most) size = at(rungFrom(size.replicas + 1))
    if (!size.keeps) return { sizes: [size], isHopeless: false, replays: tried.size + 1 }
  }
  const sizes = [size]
  const smallest = size.replicas
  for (;;) {
    const next = rungFrom(size.replicas + 1)
    if (next > most || !(mayTry() || tried.has(next)) || !isWorthMore(size.replicas, size.outcome, smallest)) break
    size = at(next)
    if (size.keeps) sizes.push(size)
  }
  return { sizes, isHopeless: false, replays: tried.size }
}

/** Windows and busy hours: a month that passes with a peak that fails has failed where it matters. */
function keeps({ late }: Outcome): boolean {
  return keepsObjective(windowsMet(late)) && (busyHourLateShare(late) ?? 0) <= lateAllowed * (1 + 1e-12)
}

/** The smallest size of the ladder that is no less than `replicas`: 1, 2, 3, … 20, then a twentieth apart. */
function rungFrom(replicas: number): number {
  let rung = oneApart
  if (replicas <= rung) return Math.max(1, replicas)
  while (rung < replicas) rung = above(rung)
  return rung
}

function rungBelow(replicas: number): number {
  if (replicas <= oneApart + 1) return replicas - 1
  let rung = oneApart
  while (above(rung) < replicas) rung = above(rung)
  return rung
}

const above = (rung: number): number => rung + Math.ceil(rung / 20)

/** Each request long after the one before, counted in the window in which it really came. */
function isHopeless({ arrivals, engine, objective }: SizeRequest): boolean {
  const apart = { ...arrivals, atSeconds: arrivals.atSeconds.map((_, id) => id * 1e4) }
  return !keeps(simulate(apart, { engine, replicas: 1 }, { objective, countedAtSeconds: arrivals.atSeconds }))
}

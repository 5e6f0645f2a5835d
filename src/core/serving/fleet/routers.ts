// Replicas at an arrival → which of them takes it: one entry per way to choose.
import { Fault } from '../../fault/fault.ts'
import { stream } from '../../statistics/random.ts'
import type { Progress } from '../engine/progress.ts'
import type { Replica } from '../engine/replica.ts'

export type RouterName = 'round-robin' | 'least-loaded' | 'power-of-two' | 'prefix-aware' | 'session-sticky'

/** A warm replica as a router sees it. */
export interface Seat {
  readonly replica: Replica
  /** Its own number in this run, never given to another. */
  readonly key: number
  /** Share of the load that it is meant for, against others'. */
  readonly weight: number
}

/** Picks one of at least one seat for request `id`, which reaches the engine at `seenSeconds`: an index into `seats`. */
type PickSeat = (seats: readonly Seat[], id: number, seenSeconds: number) => number

/** A router at the start of a run; what it remembers is its own. @throws Fault ROUTER_NEEDS */
type Router = (traffic: Pick<Progress, 'prefix' | 'sessions'>, seed: number) => PickSeat

export const routers: Readonly<Record<RouterName, Router>> = {
  'round-robin': roundRobin,
  'least-loaded': () => leastLoaded,
  'power-of-two': powerOfTwo,
  'prefix-aware': prefixAware,
  'session-sticky': sessionSticky,
}

/** Requests that it holds for its weight. It is brought to the time only where one may have finished since. */
function loadOf({ replica, weight }: Seat, seenSeconds: number): number {
  if (replica.quietUntil() < seenSeconds) replica.advance(seenSeconds)
  return replica.outstanding() / weight
}

/** In turn; seats of unequal weight by smooth weighted round robin, as nginx does it. */
function roundRobin(): PickSeat {
  let turn = 0
  const credit = new Map<number, number>()
  let seen: readonly Seat[] = []
  let isEqual = true
  return seats => {
    if (seats !== seen) {
      seen = seats
      isEqual = seats.every(seat => seat.weight === seats[0]!.weight)
    }
    if (isEqual) return turn++ % seats.length
    let best = 0
    let total = 0
    let most = Number.NEGATIVE_INFINITY
    for (let i = 0; i < seats.length; i++) {
      const { key, weight } = seats[i]!
      const now = (credit.get(key) ?? 0) + weight
      credit.set(key, now)
      total += weight
      if (now > most) {
        best = i
        most = now
      }
    }
    credit.set(seats[best]!.key, most - total)
    return best
  }
}

/** Fewest requests waiting or running; the first of equals. */
function leastLoaded(seats: readonly Seat[], _id: number, seenSeconds: number): number {
  let best = 0
  let fewest = Number.POSITIVE_INFINITY
  for (let i = 0; i < seats.length; i++) {
    const load = loadOf(seats[i]!, seenSeconds)
    if (load < fewest) {
      best = i
      fewest = load
    }
  }
  return best
}

/** The less loaded of two drawn ones (Mitzenmacher 2001). */
function powerOfTwo(_traffic: unknown, seed: number): PickSeat {
  const random = stream(seed, 'power of two')
  return (seats, _id, seenSeconds) => {
    const n = seats.length
    if (n === 1) return 0
    const a = random.integer(n)
    const drawn = random.integer(n - 1)
    const b = drawn < a ? drawn : drawn + 1
    return loadOf(seats[a]!, seenSeconds) <= loadOf(seats[b]!, seenSeconds) ? a : b
  }
}

/** A replica may hold so many times the mean load before affinity yields (Mirrokni et al. 2018; KubeAI's default is 1.25). */
const loadBound = 1.25

/**
 * To the replica that last took the longest beginning of this prompt, as the router remembers it (it does not hear of what
 * was dropped from a cache), unless that holds more than its bound of the load: then to the least loaded.
 */
function prefixAware({ prefix }: Pick<Progress, 'prefix'>): PickSeat {
  if (prefix === null) throw needs('prefix-aware', 'prefix blocks')
  const { ids, from, to } = prefix
  // By block, the key of the seat that took it last, plus one.
  let takenBy = new Int32Array(1 << 12)
  return (seats, id, seenSeconds) => {
    const first = from[id]!
    const end = to[id]!
    let known = end - 1
    while (known >= first && !takenBy[ids[known]!]) known--
    const owner = known < first ? -1 : seatOf(seats, takenBy[ids[known]!]! - 1)
    const chosen = owner >= 0 && isWithinBound(seats, owner, seenSeconds) ? owner : leastLoaded(seats, id, seenSeconds)
    const key = seats[chosen]!.key + 1
    for (let i = first; i < end; i++) {
      const block = ids[i]!
      if (block >= takenBy.length) takenBy = grown(takenBy, block)
      takenBy[block] = key
    }
    return chosen
  }
}

function grown(from: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(Math.max(2 * from.length, index + 1))
  to.set(from)
  return to
}

/** With this request it would hold no more than `loadBound` times its share of all requests, this one included. */
function isWithinBound(seats: readonly Seat[], seat: number, seenSeconds: number): boolean {
  let outstanding = 1
  let weights = 0
  for (const one of seats) {
    outstanding += loadOf(one, seenSeconds) * one.weight
    weights += one.weight
  }
  const { replica, weight } = seats[seat]!
  return replica.outstanding() + 1 <= Math.ceil((loadBound * outstanding * weight) / weights)
}

/** To the replica that took the session's last request, however loaded; a new session, or one whose replica is gone, to the least loaded. */
function sessionSticky({ sessions }: Pick<Progress, 'sessions'>): PickSeat {
  if (sessions === null) throw needs('session-sticky', 'sessions')
  const takenBy = new Map<number, number>()
  return (seats, id, seenSeconds) => {
    const session = sessions[id]!
    const last = session < 0 ? undefined : takenBy.get(session)
    const owner = last === undefined ? -1 : seatOf(seats, last)
    const chosen = owner >= 0 ? owner : leastLoaded(seats, id, seenSeconds)
    if (session >= 0) takenBy.set(session, seats[chosen]!.key)
    return chosen
  }
}

/** Seats stand in the order of their keys but for those that were repaired; few enough to look through. */
function seatOf(seats: readonly Seat[], key: number): number {
  for (let i = 0; i < seats.length; i++) if (seats[i]!.key === key) return i
  return -1
}

function needs(router: RouterName, what: string): Fault {
  return new Fault('ROUTER_NEEDS', `a ${router} router needs ${what}, and this traffic tells none`, {
    fix: 'use least-loaded, power-of-two or round-robin',
  })
}

// Arrivals and a fleet of one group or several → every request handed to a replica by a router and served: one loop over events.
import { Fault } from '../../fault/fault.ts'
import { type Progress, startProgress } from '../engine/progress.ts'
import type { Replica } from '../engine/replica.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { checkGroups, type Fleet, groupsOf, type MixedFleet } from './group.ts'
import type { Member } from './member.ts'
import { handOver } from './overflow.ts'
import { createRoster, type Roster, type RunState } from './roster.ts'
import { routers, type Seat } from './routers.ts'
import type { Watch } from './timeline.ts'

export type { Fleet, Group, MixedFleet } from './group.ts'

/** For how long a replica was paid for. Seconds; from the lease's begin to ready it was cold. */
export interface ReplicaLease {
  /** Of the fleet's groups, which. */
  readonly group: number
  /** Null: it was let go, or the clock stopped, before it was ready. */
  readonly replica: Replica | null
  readonly fromSeconds: number
  readonly readySeconds: number
  readonly toSeconds: number
  /** No lease of its own: it was repaired, on the lease of the one that failed when this began. */
  readonly continues: boolean
}

export interface FleetRun {
  readonly progress: Progress
  readonly replicas: readonly Replica[]
  readonly leases: readonly ReplicaLease[]
  /** Arrivals taken in (all, unless stopped before). */
  readonly taken: number
  /** Of these, the ones that wait for a replica to be ready, held by none. */
  readonly unplaced: number
  /** With the last step or the last arrival; where the clock was stopped, there (a step in flight is finished). */
  readonly endSeconds: number
  /** How often a request lost its replica and was computed anew. */
  readonly interrupted: number
  /** By request, the group that took it last; null with one group. */
  readonly groupOf: Uint8Array | null
}

/**
 * Serves the arrivals in order until all are done, or until `untilSeconds`. A replica is leased when it is wished for and
 * serves when its cold start is over. One too many is given up while it is still cold, the newest first; a warm one (with
 * the fewest requests) takes no more and its lease ends when the last is done. A request that finds no replica waits for
 * the next that is ready. What a lost replica held is given to others, in the order of arrival, and computed anew. A watch
 * is shown the fleet between events: replicas are brought up to its look, as to a router's.
 */
export function runFleet(
  arrivals: Arrivals,
  fleet: Fleet | MixedFleet,
  untilSeconds = Number.POSITIVE_INFINITY,
  watch?: Watch,
): FleetRun {
  const groups = groupsOf(fleet)
  checkGroups(groups)
  const { seed = 1 } = fleet
  const { atSeconds, inputTokens, outputTokens } = arrivals
  const progress = startProgress(arrivals, { charges: fleet.charges ?? false })
  const pick = routers[fleet.router ?? 'round-robin'](progress, seed)
  let interrupted = 0
  const lost: { readonly ids: readonly number[]; readonly fromSeconds: number }[] = []
  const members: Member[] = []
  const rosters: Roster[] = []
  let isChanged = true
  const run: RunState = {
    progress,
    seed,
    members,
    rosters,
    changed: () => {
      isChanged = true
    },
    giveBack: (ids, fromSeconds) => {
      if (ids.length > 0) lost.push({ ids, fromSeconds })
      interrupted += ids.length
      if (interrupted > 1000 + 100 * arrivals.n) throw endless(interrupted)
    },
  }
  for (const [index, group] of groups.entries()) rosters.push(createRoster(group, index, run))
  const groupOf = groups.length > 1 ? new Uint8Array(arrivals.n) : null
  // The engine sees a request once it is tokenised.
  const entrySeconds = Math.max(...groups.map(({ engine }) => engine.timer.entrySeconds))
  const servedByAll = rosters.reduce((least, { longest }) => Math.min(least, longest), Number.POSITIVE_INFINITY)
  const servedByAny = rosters.reduce((most, { longest }) => Math.max(most, longest), 0)
  let seats: readonly Seat[] = []
  let nextEvent = 0

  function look(): void {
    nextEvent = lost.reduce((next, { fromSeconds }) => Math.min(next, fromSeconds), Number.POSITIVE_INFINITY)
    for (const roster of rosters) nextEvent = Math.min(nextEvent, roster.nextAt())
    if (isChanged) seats = rosters.length === 1 ? [...rosters[0]!.warm] : rosters.flatMap(({ warm }) => warm)
    isChanged = false
  }

  /** Replicas that serve and that this request fits into. With one group the replica itself refuses what does not. */
  function seatsFor(tokens: number): readonly Seat[] {
    if (tokens <= servedByAll || rosters.length === 1) return seats
    return rosters.flatMap(({ warm, longest }) => (tokens <= longest ? warm : []))
  }

  /** Where a request waits that no replica can take now: with the group whose next one is ready first, or can be leased. */
  function rosterFor(tokens: number, now: number): Roster {
    const fitting = rosters.filter(({ longest }) => tokens <= longest)
    let best = fitting[0]!
    let soonest = Number.POSITIVE_INFINITY
    for (const roster of fitting) {
      const at = roster.comingAt()
      if (at === null || at >= soonest) continue
      best = roster
      soonest = at
    }
    return soonest < Number.POSITIVE_INFINITY ? best : (fitting.find(roster => roster.wake(now)) ?? best)
  }

  const tokensOf = (id: number): number => inputTokens[id]! + outputTokens[id]!

  function place(id: number, now: number): Seat | null {
    const open = seatsFor(tokensOf(id))
    if (open.length === 0) return null
    const seat = open[pick(open, id, now)]!
    seat.replica.advance(now)
    if (groupOf !== null) groupOf[id] = members[seat.key]!.group
    return seat
  }

  function wait(id: number, now: number): void {
    rosterFor(tokensOf(id), now).unplaced.push(id)
    look()
  }

  function arrive(id: number, now: number): void {
    const seat = place(id, now)
    const unplaced = seat === null ? rosters.reduce((sum, roster) => sum + roster.unplaced.length, 0) : 0
    const isServable = seat !== null || tokensOf(id) <= servedByAny
    const stays = handOver(seat === null ? null : seat.replica, id, progress, fleet, isServable, unplaced)
    if (stays && seat === null) wait(id, now)
  }

  /** Requests that were taken in before and hold no replica: first come, first served. */
  function placeWaiting(now: number): void {
    // Without a replica those that wait go on waiting, however many they are.
    const ids = seats.length === 0 ? [] : rosters.flatMap(({ unplaced }) => unplaced.splice(0))
    for (let i = lost.length - 1; i >= 0; i--) {
      if (lost[i]!.fromSeconds <= now) for (const id of lost.splice(i, 1)[0]!.ids) ids.push(id)
    }
    for (const id of ids.sort((a, b) => a - b)) {
      const seat = place(id, now)
      if (seat === null) wait(id, now)
      else seat.replica.enqueue(id)
    }
  }

  function happen(now: number): void {
    for (const roster of rosters) roster.promote(now)
    look()
    placeWaiting(now)
    for (const roster of rosters) roster.lose(now)
    for (const roster of rosters) roster.tick(now)
    look()
    placeWaiting(now)
    look()
  }

  const isDone = (now: number): boolean => {
    // Not `some`: every group is brought up to now.
    const left = rosters.filter(roster => roster.hasLeft(now))
    return lost.length === 0 && left.length === 0
  }

  const waitingForOne = (): number =>
    lost.reduce((sum, { ids }) => sum + ids.length, 0) + rosters.reduce((sum, { unplaced }) => sum + unplaced.length, 0)

  look()
  let taken = 0
  let before = 0
  let last = 0
  let nextLook = watch === undefined ? Number.POSITIVE_INFINITY : watch.nextAt()
  for (;;) {
    const at = taken < arrivals.n ? atSeconds[taken]! : Number.POSITIVE_INFINITY
    if (!(at >= before)) throw outOfOrder(taken, at, before)
    const seen = at < untilSeconds ? at + entrySeconds : Number.POSITIVE_INFINITY
    if (nextLook <= Math.min(seen, nextEvent) && nextLook < Number.POSITIVE_INFINITY) {
      const isOver = nextLook >= untilSeconds || (isDone(nextLook) && taken === arrivals.n)
      if (!isOver) watch!.see(nextLook, members, waitingForOne())
      nextLook = isOver ? Number.POSITIVE_INFINITY : watch!.nextAt()
      continue
    }
    if (nextEvent <= seen) {
      if (nextEvent >= untilSeconds) break
      if (taken === arrivals.n && isDone(nextEvent)) break
      happen(nextEvent)
      continue
    }
    before = at
    last = seen
    arrive(taken++, seen)
  }
  for (const roster of rosters) {
    if (untilSeconds < Number.POSITIVE_INFINITY) roster.promote(untilSeconds)
    roster.advance(untilSeconds)
  }
  const endSeconds = endOf(members, progress.finishedAt, taken, last, untilSeconds)
  const leases = members.map((member): ReplicaLease => {
    const { group, fromSeconds, readySeconds, continues } = member
    const isOpen = member.toSeconds === null || rosters[group]!.isDraining(member)
    const toSeconds = isOpen ? endSeconds : member.toSeconds!
    // Ready only after the last step: the event that found nothing left to do had woken it.
    const replica = readySeconds < toSeconds ? member.replica : null
    return { group, replica, fromSeconds, readySeconds, toSeconds, continues }
  })
  return {
    progress,
    replicas: members.flatMap(member => member.replica ?? []),
    leases,
    taken,
    unplaced: waitingForOne(),
    endSeconds,
    interrupted,
    groupOf,
  }
}

function endOf(
  members: readonly Member[],
  finishedAt: Float64Array,
  taken: number,
  last: number,
  untilSeconds: number,
): number {
  let end = last
  if (untilSeconds < Number.POSITIVE_INFINITY) {
    for (const { replica } of members) end = Math.max(end, replica?.state().nowSeconds ?? 0)
    return Math.max(end, untilSeconds)
  }
  for (let id = 0; id < taken; id++) if (finishedAt[id]! > end) end = finishedAt[id]!
  return end
}

function endless(times: number): Fault {
  return new Fault('FAILURES_ENDLESS', `replicas fail faster than requests are served: ${times} were begun in vain`, {
    fix: 'state a longer time between failures, or fewer interruptions an hour',
  })
}

export function outOfOrder(index: number, at: number, before: number): Fault {
  return new Fault('ARRIVALS_ORDER', `arrival ${index} is at ${at} s, after one at ${before} s`, {
    fix: 'sort by time',
  })
}

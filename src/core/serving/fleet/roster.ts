// One group of a fleet → its replicas from lease to end: cold, warm, failing, draining, as its sizing and its leases have it.

import type { Progress } from '../engine/progress.ts'
import { createReplica } from '../engine/replica.ts'
import { createAutoscaler, type Scaling, scalingDefaults, scheduledAt } from './autoscaler.ts'
import { failsAt, noticeAt } from './failures.ts'
import { coldStartOf, type Group, longestServed, nameOf } from './group.ts'
import { emptied, type Member, type Warm } from './member.ts'

/** What the groups of a run have in common. */
export interface RunState {
  readonly progress: Progress
  readonly seed: number
  /** The groups of the fleet, in order. */
  readonly rosters: Roster[]
  /** Every member there was, of all groups, in the order of their leases. */
  readonly members: Member[]
  /** Requests that lost their replica, and from when on they can be given to another. */
  readonly giveBack: (ids: readonly number[], fromSeconds: number) => void
  /** The replicas that serve are others now. */
  readonly changed: () => void
}

/** A group at work. All times only move forward. */
export interface Roster {
  readonly group: Group
  readonly warm: readonly Warm[]
  /** Requests that wait for one of its replicas to be ready. */
  readonly unplaced: number[]
  /** The longest request, in tokens, that a replica of it can serve. */
  readonly longest: number
  /** When its next event is due: one ready, failed, given notice or gone, or a look of the autoscaler. */
  readonly nextAt: () => number
  /** Those whose cold start is over by now begin to serve. */
  readonly promote: (now: number) => void
  /** Failures, notices and ends of leases that are due. */
  readonly lose: (now: number) => void
  /** The autoscaler's look at the group where it is due, and what follows from it. */
  readonly tick: (now: number) => void
  /** Brings those that serve to `now`, and serves what draining ones have left until then. */
  readonly advance: (now: number) => void
  /** Serves what there is until `now`; who has nothing left stands still. Whether something is left, or waits. */
  readonly hasLeft: (now: number) => boolean
  /** Requests that it holds or that wait for it, those that no batch has taken in, and for how long the first of these has waited. */
  readonly load: (now: number) => Load
  readonly isDraining: (member: Member) => boolean
  /** When the next replica is ready; null: none is on its way. */
  readonly comingAt: () => number | null
  /** Leases one at once where an autoscaler may; whether it did. */
  readonly wake: (now: number) => boolean
}

interface Load {
  readonly outstanding: number
  readonly waiting: number
  readonly longestWaitSeconds: number
}

export function createRoster(group: Group, index: number, run: RunState): Roster {
  const { engine, scaling, spares = 0, weight = 1, failures, spot } = group
  const { progress, seed, members } = run
  const interval = scaling?.intervalSeconds ?? scalingDefaults.intervalSeconds
  const decide = scaling === undefined ? null : createAutoscaler(scaling)
  const failureTimes = [...(failures?.atSeconds ?? [])].sort((a, b) => a - b)
  const unplaced: number[] = []
  const cold: Member[] = []
  const warm: Warm[] = []
  const draining: Warm[] = []
  let leased = 0
  let failed = 0 // of `failureTimes`, those past
  let nextTick = decide === null ? Number.POSITIVE_INFINITY : interval
  let busyBefore = 0

  function lease(fromSeconds: number, coldSeconds: number, continues = false): Member {
    const readySeconds = fromSeconds + coldSeconds
    const name = `${nameOf(group, index)}/${leased++}`
    const member: Member = {
      key: members.length,
      weight,
      group: index,
      replica: null,
      fromSeconds,
      readySeconds,
      toSeconds: null,
      continues,
      failsAt: failsAt(failures, readySeconds, seed, name),
      noticeAt: noticeAt(spot, fromSeconds, seed, name),
      goneAt: Number.POSITIVE_INFINITY,
    }
    members.push(member)
    return member
  }

  function warmUp(member: Member): void {
    member.replica = createReplica(engine, progress, member.readySeconds)
    warm.push(member as Warm)
    run.changed()
  }

  function promote(now: number): void {
    for (let i = 0; i < cold.length; ) {
      if (cold[i]!.readySeconds <= now) warmUp(cold.splice(i, 1)[0]!)
      else i++
    }
  }

  function drain(now: number): void {
    for (let i = draining.length - 1; i >= 0; i--) {
      const member = draining[i]!
      if (!emptied(member.replica, now)) continue
      // A step that was in flight when the draining began is finished and paid for.
      member.toSeconds = Math.max(member.toSeconds!, member.replica.state().nowSeconds)
      draining.splice(i, 1)
    }
  }

  function advance(now: number): void {
    for (const { replica } of warm) replica.advance(now)
    drain(now)
  }

  function retire(at: number, now: number): Warm {
    const [member] = warm.splice(at, 1)
    member!.toSeconds = now
    draining.push(member!)
    run.changed()
    return member!
  }

  function shrink(now: number, by: number): void {
    for (let k = 0; k < by; k++) {
      const newest = cold.pop()
      // A repair may begin where a step in flight ends, a little later than now.
      if (newest !== undefined) newest.toSeconds = Math.max(now, newest.fromSeconds)
      else {
        let least = warm.length - 1
        for (let i = least - 1; i >= 0; i--) {
          if (warm[i]!.replica.outstanding() < warm[least]!.replica.outstanding()) least = i
        }
        retire(least, now)
      }
    }
    drain(now)
  }

  /** The replica is lost at `now`, or when its step in flight is done. Returns when its lease or its repair goes on. */
  function end(member: Warm, now: number): number {
    member.replica.advance(now)
    const at = Math.max(now, member.replica.state().nowSeconds)
    member.toSeconds = at
    member.failsAt = member.noticeAt = member.goneAt = Number.POSITIVE_INFINITY
    run.giveBack(member.replica.evict(), at)
    return at
  }

  function fail(member: Warm, now: number): void {
    const at = end(member, now)
    const place = warm.indexOf(member)
    if (place < 0) draining.splice(draining.indexOf(member), 1)
    else {
      warm.splice(place, 1)
      run.changed()
      cold.push(lease(at, coldStartOf(group), true))
    }
  }

  function lose(now: number): void {
    drain(now)
    while (failed < failureTimes.length && failureTimes[failed]! <= now) {
      failed++
      if (warm.length > 0) fail(warm[0]!, now)
    }
    for (const member of [...warm, ...draining]) {
      if (member.failsAt <= now) fail(member, now)
      else if (member.goneAt <= now) {
        end(member, now)
        draining.splice(draining.indexOf(member), 1)
      } else if (member.noticeAt <= now) {
        member.noticeAt = Number.POSITIVE_INFINITY
        member.goneAt = now + spot!.noticeSeconds
        const place = warm.indexOf(member)
        if (place < 0) continue
        member.replica.advance(now)
        retire(place, now)
        cold.push(lease(now, coldStartOf(group)))
      }
    }
    for (const member of [...cold]) {
      if (member.noticeAt > now) continue
      cold.splice(cold.indexOf(member), 1)
      member.toSeconds = now
      cold.push(lease(now, coldStartOf(group)))
    }
  }

  function tick(now: number): void {
    if (nextTick > now) return
    nextTick += interval
    for (const { replica } of warm) replica.advance(now)
    drain(now)
    const serving = warm.length
    const busy = busySeconds()
    const present = serving + cold.length - spares
    const busyShare = serving === 0 ? 0 : Math.min(1, Math.max(0, busy - busyBefore) / (interval * serving))
    const wish = decide!(now, { ...signalsOf(now, scaling!), serving, busyShare }, present)
    for (let k = present; k < wish; k++) cold.push(lease(now, scaling!.coldStartSeconds))
    if (wish < present) shrink(now, present - wish)
    promote(now)
    busyBefore = busySeconds()
  }

  const busySeconds = (): number => warm.reduce((sum, { replica }) => sum + replica.state().busySeconds, 0)

  function load(now: number): Load {
    let outstanding = unplaced.length
    let waiting = unplaced.length
    let oldest = unplaced.length > 0 ? progress.atSeconds[unplaced[0]!]! : now
    for (const { replica } of warm) {
      outstanding += replica.outstanding()
      waiting += replica.waiting()
      const first = replica.firstWaiting()
      if (first >= 0) oldest = Math.min(oldest, progress.atSeconds[first]!)
    }
    return { outstanding, waiting, longestWaitSeconds: now - oldest }
  }

  /**
   * What its autoscaler sees: its own load, and of the groups before it what waits there and what they hold beyond its
   * target. So a group stands by for the peaks of those before it.
   */
  function signalsOf(now: number, sizing: Scaling) {
    const own = load(now)
    let { waiting, longestWaitSeconds } = own
    let beyond = 0
    for (const before of run.rosters.slice(0, index)) {
      before.advance(now)
      const theirs = before.load(now)
      waiting += theirs.waiting
      longestWaitSeconds = Math.max(longestWaitSeconds, theirs.longestWaitSeconds)
      beyond += theirs.outstanding - (sizing.target * before.warm.length * (before.group.weight ?? 1)) / weight
    }
    const outstanding = own.outstanding + Math.max(0, beyond)
    return { outstanding, waiting, longestWaitSeconds, scheduled: scheduledAt(sizing, now) }
  }

  function nextAt(): number {
    let next = Math.min(nextTick, failureTimes[failed] ?? Number.POSITIVE_INFINITY)
    for (const member of cold) next = Math.min(next, member.readySeconds, member.noticeAt)
    for (const member of warm) next = Math.min(next, member.failsAt, member.noticeAt)
    for (const member of draining) next = Math.min(next, member.failsAt, member.goneAt)
    return next
  }

  const fewest = scaling
    ? Math.max(scaling.minReplicas, scaling.startReplicas ?? scheduledAt(scaling, 0))
    : group.replicas
  const start = scaling ? Math.min(scaling.maxReplicas, fewest) : fewest
  for (let k = 0; k < start + spares; k++) warmUp(lease(0, 0))

  return {
    group,
    warm,
    unplaced,
    longest: longestServed(engine),
    nextAt,
    promote,
    lose,
    tick,
    advance,
    hasLeft: now => {
      drain(now)
      let left = draining.length + unplaced.length
      for (const { replica } of warm) if (!emptied(replica, now)) left++
      return left > 0
    },
    load,
    isDraining: member => draining.includes(member as Warm),
    comingAt: () =>
      cold.length === 0 ? null : cold.reduce((soonest, member) => Math.min(soonest, member.readySeconds), Infinity),
    wake: now => {
      if (scaling === undefined || cold.length + warm.length > 0) return false
      cold.push(lease(now, scaling.coldStartSeconds))
      return true
    },
  }
}

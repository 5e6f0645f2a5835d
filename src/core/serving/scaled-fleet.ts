// Arrivals and an autoscaler → replicas that are leased, warm up, serve, drain and go, with every request handed to a warm one.
import { Fault } from '../fault/fault.ts'
import type { Arrivals } from './arrivals.ts'
import { checkScaling, createAutoscaler, type Scaling, scalingDefaults } from './autoscaler.ts'
import { type Fleet, type FleetRun, outOfOrder, type ReplicaLease } from './fleet.ts'
import { handOver } from './overflow.ts'
import { startProgress } from './progress.ts'
import { createReplica, type Replica } from './replica.ts'
import { routers } from './routers.ts'

/** A replica from the wish for it to its end. */
interface Member {
  replica: Replica | null
  readonly fromSeconds: number
  readonly readySeconds: number
  toSeconds: number | null
}

/**
 * Serves the arrivals in order until all are done, or until `untilSeconds`, on as many replicas as the autoscaler asks
 * for. A new replica is leased at once and serves when its cold start is over. One too many is given up while it is still
 * cold, the newest first; a warm one (with the fewest requests) takes no more and its lease ends when the last is done.
 */
export function runScaled(
  arrivals: Arrivals,
  fleet: Fleet & { readonly scaling: Scaling },
  untilSeconds = Number.POSITIVE_INFINITY,
): FleetRun {
  const { engine, scaling, overflow } = fleet
  if (!engine.memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', engine.memory.problem ?? 'the model does not fit')
  checkScaling(scaling)
  const interval = scaling.intervalSeconds ?? scalingDefaults.intervalSeconds
  const start = Math.min(scaling.maxReplicas, Math.max(scaling.minReplicas, scaling.startReplicas ?? 1))
  const decide = createAutoscaler(scaling)
  const { entrySeconds } = engine.timer
  const { atSeconds } = arrivals
  const { looks, pick } = routers[fleet.router ?? 'round-robin']
  const progress = startProgress(arrivals)
  const members: Member[] = []
  const cold: Member[] = []
  const warm: Member[] = []
  const draining: Member[] = []
  // What a router looks at: the replicas of `warm`, in its order.
  let serving: Replica[] = []
  let busyBefore = 0

  function lease(fromSeconds: number, coldSeconds: number): Member {
    const member: Member = { replica: null, fromSeconds, readySeconds: fromSeconds + coldSeconds, toSeconds: null }
    members.push(member)
    return member
  }

  function warmUp(member: Member): void {
    member.replica = createReplica(engine, progress, member.readySeconds)
    warm.push(member)
    serving.push(member.replica)
  }

  /** Those whose cold start is over by now; the oldest is the first. */
  function promote(now: number): void {
    while (cold.length > 0 && cold[0]!.readySeconds <= now) warmUp(cold.shift()!)
  }

  function drain(now: number): void {
    for (let i = draining.length - 1; i >= 0; i--) {
      const member = draining[i]!
      if (!emptied(member.replica!, now)) continue
      // A step that was in flight when the draining began is finished and paid for.
      member.toSeconds = Math.max(member.toSeconds!, member.replica!.state().nowSeconds)
      draining.splice(i, 1)
    }
  }

  function shrink(now: number, by: number): void {
    for (let k = 0; k < by; k++) {
      const newest = cold.pop()
      if (newest !== undefined) newest.toSeconds = now
      else {
        let least = warm.length - 1
        for (let i = least - 1; i >= 0; i--) {
          if (serving[i]!.outstanding() < serving[least]!.outstanding()) least = i
        }
        const [member] = warm.splice(least, 1)
        member!.toSeconds = now
        draining.push(member!)
      }
    }
    serving = warm.map(member => member.replica!)
    drain(now)
  }

  /** One look at the fleet, and what follows from it. */
  function tick(now: number): void {
    const outstanding = serving.reduce((sum, replica) => sum + replica.outstanding(), 0)
    const busy = serving.reduce((sum, replica) => sum + replica.state().busySeconds, 0)
    const busyShare = Math.min(1, Math.max(0, busy - busyBefore) / (interval * serving.length))
    const present = warm.length + cold.length
    const wish = decide(now, { serving: serving.length, outstanding, busyShare }, present)
    for (let k = present; k < wish; k++) cold.push(lease(now, scaling.coldStartSeconds))
    if (wish < present) shrink(now, present - wish)
    promote(now)
    busyBefore = serving.reduce((sum, replica) => sum + replica.state().busySeconds, 0)
  }

  for (let k = 0; k < start; k++) warmUp(lease(0, 0))
  let taken = 0
  let before = 0
  let last = 0
  let nextTick = interval
  for (;;) {
    const at = taken < arrivals.n ? atSeconds[taken]! : Number.POSITIVE_INFINITY
    if (!(at >= before)) throw outOfOrder(taken, at, before)
    const seen = at < untilSeconds ? at + entrySeconds : Number.POSITIVE_INFINITY
    if (nextTick <= seen) {
      if (nextTick >= untilSeconds) break
      promote(nextTick)
      for (const replica of serving) replica.advance(nextTick)
      drain(nextTick)
      if (taken === arrivals.n && !serving.some(isAtWork) && draining.length === 0) break
      tick(nextTick)
      nextTick += interval
      continue
    }
    before = at
    last = seen
    promote(seen)
    if (looks) for (const replica of serving) if (replica.quietUntil() < seen) replica.advance(seen)
    const replica = serving[pick(serving, taken)]!
    replica.advance(seen)
    handOver(replica, taken, progress, overflow)
    taken++
  }
  if (untilSeconds < Number.POSITIVE_INFINITY) {
    promote(untilSeconds)
    for (const replica of serving) replica.advance(untilSeconds)
    drain(untilSeconds)
  }
  const end = endOf(members, progress.finishedAt, taken, last, untilSeconds)
  const leases = members.map((member): ReplicaLease => {
    const { fromSeconds, readySeconds } = member
    const toSeconds = member.toSeconds === null || draining.includes(member) ? end : member.toSeconds
    // Ready only after the last step: the tick that found nothing left to do had woken it.
    return { replica: readySeconds < toSeconds ? member.replica : null, fromSeconds, readySeconds, toSeconds }
  })
  const replicas = members.flatMap(member => member.replica ?? [])
  return { progress, replicas, leases, taken }
}

const isAtWork = (replica: Replica): boolean => replica.outstanding() > 0

/** Serves what is left up to `now`, and says whether nothing is. */
function emptied(replica: Replica, now: number): boolean {
  while (replica.outstanding() > 0 && replica.state().nowSeconds < now) replica.advanceToFinish(now)
  return replica.outstanding() === 0
}

/** When the run ends: with the last step, or the last arrival; where the clock was stopped, there (a step in flight is finished). */
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

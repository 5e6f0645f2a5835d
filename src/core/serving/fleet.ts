// Arrivals and N replicas of one shape → every request handed to a replica by a router and served.
import { Fault } from '../fault/fault.ts'
import type { Arrivals } from './arrivals.ts'
import type { Scaling } from './autoscaler.ts'
import type { Engine } from './engine.ts'
import { handOver, type Overflow } from './overflow.ts'
import { type Progress, startProgress } from './progress.ts'
import { createReplica, type Replica } from './replica.ts'
import { type RouterName, routers } from './routers.ts'

/** Replicas of one engine behind one router. */
export interface Fleet {
  readonly engine: Engine
  /** So many throughout; with `scaling` the autoscaler's numbers hold instead. */
  readonly replicas: number
  readonly router?: RouterName | undefined
  /** Where requests go that the fleet has no room for; absent: they wait. */
  readonly overflow?: Overflow | undefined
  readonly scaling?: Scaling | undefined
}

/** For how long a replica was paid for. Seconds; from the lease's begin to ready it was cold. */
export interface ReplicaLease {
  /** Null: it was let go, or the clock stopped, before it was ready. */
  readonly replica: Replica | null
  readonly fromSeconds: number
  readonly readySeconds: number
  /** Null: until the end of the run. */
  readonly toSeconds: number | null
}

export interface FleetRun {
  readonly progress: Progress
  readonly replicas: readonly Replica[]
  readonly leases: readonly ReplicaLease[]
  /** Arrivals taken in (all, unless stopped before). */
  readonly taken: number
}

/** Serves the arrivals in order until all are done, or until `untilSeconds`, on a fixed number of replicas. */
export function runFleet(arrivals: Arrivals, fleet: Fleet, untilSeconds = Number.POSITIVE_INFINITY): FleetRun {
  const count = fleet.replicas
  if (!Number.isInteger(count) || count < 1) {
    throw new Fault('FLEET_EMPTY', `a fleet needs a whole number of replicas ≥ 1, got ${count}`, {
      fix: 'use 1 or more',
    })
  }
  const { memory, timer } = fleet.engine
  const { entrySeconds } = timer
  if (!memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', memory.problem ?? 'the model does not fit')
  const progress = startProgress(arrivals)
  const replicas = Array.from({ length: count }, () => createReplica(fleet.engine, progress))
  const { looks, pick } = routers[fleet.router ?? 'round-robin']
  const { overflow } = fleet
  const { atSeconds } = arrivals
  let taken = 0
  let before = 0
  for (; taken < arrivals.n; taken++) {
    const at = atSeconds[taken]!
    if (at >= untilSeconds) break
    if (!(at >= before)) throw outOfOrder(taken, at, before)
    before = at
    // The engine sees a request once it is tokenised.
    const seen = at + entrySeconds
    if (looks) for (let i = 0; i < count; i++) if (replicas[i]!.quietUntil() < seen) replicas[i]!.advance(seen)
    const replica = replicas[pick(replicas, taken)]!
    replica.advance(seen)
    handOver(replica, taken, progress, overflow)
  }
  for (const replica of replicas) replica.advance(untilSeconds)
  const leases = replicas.map(replica => ({ replica, fromSeconds: 0, readySeconds: 0, toSeconds: null }))
  return { progress, replicas, leases, taken }
}

export function outOfOrder(index: number, at: number, before: number): Fault {
  return new Fault('ARRIVALS_ORDER', `arrival ${index} is at ${at} s, after one at ${before} s`, {
    fix: 'sort by time',
  })
}

// Arrivals and N replicas of one shape → every request handed to a replica by a router and served.
import { Fault } from '../fault/fault.ts'
import type { Arrivals } from './arrivals.ts'
import type { Engine } from './engine.ts'
import { type Progress, startProgress } from './progress.ts'
import { createReplica, type Replica } from './replica.ts'

export type RouterName = 'round-robin' | 'least-loaded'

/** Replicas of one engine behind one router. */
export interface Fleet {
  readonly engine: Engine
  readonly replicas: number
  readonly router?: RouterName | undefined
}

/** Picks the replica of the next request; `turn` counts the requests routed so far. */
interface Router {
  /** Whether it looks at the state of replicas: then all are brought to the time of each arrival. */
  readonly looks: boolean
  readonly pick: (replicas: readonly Replica[], turn: number) => number
}

const routers: Readonly<Record<RouterName, Router>> = {
  'round-robin': { looks: false, pick: (replicas, turn) => turn % replicas.length },
  'least-loaded': { looks: true, pick: leastLoaded },
}

/** Fewest requests waiting or running; the first of equals. */
function leastLoaded(replicas: readonly Replica[]): number {
  let best = 0
  let fewest = Number.POSITIVE_INFINITY
  for (let i = 0; i < replicas.length; i++) {
    const outstanding = replicas[i]!.outstanding()
    if (outstanding < fewest) {
      best = i
      fewest = outstanding
    }
  }
  return best
}

export interface FleetRun {
  readonly progress: Progress
  readonly replicas: readonly Replica[]
  /** Arrivals taken in (all, unless stopped before). */
  readonly taken: number
}

/** Serves the arrivals in order until all are done, or until `untilSeconds`. */
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
  const { atSeconds } = arrivals
  let taken = 0
  let before = 0
  for (; taken < arrivals.n; taken++) {
    const at = atSeconds[taken]!
    if (at >= untilSeconds) break
    if (!(at >= before)) {
      throw new Fault('ARRIVALS_ORDER', `arrival ${taken} is at ${at} s, after one at ${before} s`, {
        fix: 'sort by time',
      })
    }
    before = at
    // The engine sees a request once it is tokenised.
    const seen = at + entrySeconds
    if (looks) for (let i = 0; i < count; i++) if (replicas[i]!.quietUntil() < seen) replicas[i]!.advance(seen)
    const replica = replicas[pick(replicas, taken)]!
    replica.advance(seen)
    replica.enqueue(taken)
  }
  for (const replica of replicas) replica.advance(untilSeconds)
  return { progress, replicas, taken }
}

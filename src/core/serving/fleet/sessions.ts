// Sessions whose next turn waits for the answer to the last, and a fixed fleet → what would have happened: a closed loop.

import { finishHeap } from '../engine/finish-heap.ts'
import { startProgress } from '../engine/progress.ts'
import { createReplica } from '../engine/replica.ts'
import { tally } from '../engine/tally.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { type FixedOutcome, fixedOutcome } from './fixed-outcome.ts'
import type { Fleet } from './group.ts'
import { handOver } from './overflow.ts'
import { routers } from './routers.ts'
import { chargesOf, type SimulateOptions } from './simulate.ts'

/** Requests of sessions, the turns of each in the order of their numbers. A request of no session (−1) is one of a single turn. */
export interface Turns extends Arrivals {
  /** When a first turn starts; of later ones not looked at. Need not be sorted. */
  readonly atSeconds: Float64Array
  readonly sessions: Int32Array
  /** From the answer to the last turn to this one: reading and typing, or what an agent's tools take. */
  readonly thinkSeconds: Float64Array
  /** A turn does not start sooner than this after the last one did; absent: as soon as may be. */
  readonly gapSeconds?: Float64Array | undefined
}

export interface SessionOptions extends Pick<SimulateOptions, 'objective' | 'windowSeconds'> {
  /** Sessions in progress at once; the next in order starts when one ends. Absent: each starts at its own time. */
  readonly concurrency?: number | undefined
}

export interface SessionsOutcome extends FixedOutcome {
  /** When each turn started. */
  readonly startedAtSeconds: Float64Array
}

/**
 * Serves all turns on a fixed number of replicas. A turn that is refused or sent elsewhere is answered at once. No lane
 * takes a step before it is certain that no turn could start sooner that would have joined it.
 */
export function simulateSessions(
  turns: Turns,
  fleet: Omit<Fleet, 'scaling' | 'spares' | 'failures' | 'spot'>,
  options: SessionOptions = {},
): SessionsOutcome {
  const { n, thinkSeconds, gapSeconds } = turns
  const { engine, seed = 1 } = fleet
  const { entrySeconds } = engine.timer
  const at = turns.atSeconds.slice()
  const progress = startProgress({ ...turns, atSeconds: at }, { ended: true, charges: fleet.charges ?? false })
  const { ended, finishedAt, rejected, spilled } = progress
  const replicas = Array.from({ length: fleet.replicas }, () => createReplica(engine, progress))
  const lanes = replicas.flatMap(replica => replica.lanes)
  const seats = replicas.map((replica, key) => ({ replica, key, weight: 1 }))
  const pick = routers[fleet.router ?? 'round-robin'](progress, seed)
  const book = tally(progress, options)
  const { firsts, nextOf } = chains(turns.sessions)
  const pending = finishHeap(at, new Int32Array(n), n)
  let pendingCount = 0
  let begun = 0

  const start = (id: number): void => {
    pending.push(id)
    pendingCount++
  }
  const startSession = (notBefore: number): void => {
    if (begun === firsts.length) return
    const id = firsts[begun++]!
    at[id] = Math.max(at[id]!, notBefore)
    start(id)
  }
  const answered = (id: number, seconds: number): void => {
    book.add(id)
    const next = nextOf[id]!
    if (next >= 0) {
      at[next] = Math.max(seconds + thinkSeconds[next]!, at[id]! + (gapSeconds?.[next] ?? 0))
      start(next)
    } else if (options.concurrency !== undefined) startSession(seconds)
  }

  const together = Math.min(firsts.length, options.concurrency ?? firsts.length)
  for (let i = 0; i < together; i++) startSession(0)
  for (;;) {
    for (const id of ended!) answered(id, finishedAt[id]!)
    ended!.length = 0
    // The two lanes on which a request may finish first: no turn can come of it sooner.
    let first = -1
    let quiet = Number.POSITIVE_INFINITY
    let second = Number.POSITIVE_INFINITY
    for (let i = 0; i < lanes.length; i++) {
      const until = lanes[i]!.quietUntil()
      if (until < quiet) {
        second = quiet
        quiet = until
        first = i
      } else if (until < second) second = until
    }
    const id = pendingCount > 0 ? pending.top() : -1
    const seen = id < 0 ? Number.POSITIVE_INFINITY : at[id]! + entrySeconds
    if (id < 0 && first < 0) break
    if (seen <= quiet + entrySeconds) {
      pending.pop()
      pendingCount--
      const { replica } = seats[pick(seats, id, seen)]!
      replica.advance(seen)
      handOver(replica, id, progress, fleet)
      if (rejected[id] === 1 || spilled[id] === 1) answered(id, at[id]!)
      continue
    }
    const lane = lanes[first]!
    const { nowSeconds } = lane.state()
    lane.advanceToFinish(Math.max(Math.min(seen, second + entrySeconds), nowSeconds * (1 + 2 ** -52) + 2 ** -1000))
  }
  return {
    ...fixedOutcome(fleet, replicas, progress, book),
    ...chargesOf({ progress, replicas }),
    startedAtSeconds: at,
  }
}

/** First turns in the order of their numbers, and by turn the next one of its session (−1: none). */
function chains(sessions: Int32Array): { firsts: readonly number[]; nextOf: Int32Array } {
  const nextOf = new Int32Array(sessions.length).fill(-1)
  const last = new Map<number, number>()
  const firsts: number[] = []
  for (let id = 0; id < sessions.length; id++) {
    const session = sessions[id]!
    const before = session < 0 ? undefined : last.get(session)
    if (before === undefined) firsts.push(id)
    else nextOf[before] = id
    if (session >= 0) last.set(session, id)
  }
  return { firsts, nextOf }
}

// Requests that come piece by piece, however many, and a fixed fleet → what would have happened, in memory that does not grow with them.
import { Fault } from '../../fault/fault.ts'
import { createReplica } from '../engine/replica.ts'
import { requestSlots } from '../engine/slots.ts'
import { tally } from '../engine/tally.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { type FixedOutcome, fixedOutcome } from './fixed-outcome.ts'
import { type Fleet, outOfOrder } from './fleet.ts'
import { handOver } from './overflow.ts'
import { routers } from './routers.ts'
import type { SimulateOptions } from './simulate.ts'

export interface StreamOptions extends Pick<SimulateOptions, 'untilSeconds' | 'objective' | 'windowSeconds'> {
  /** Most requests in the house at once; more are a Fault. */
  readonly mostAtOnce?: number
}

/** Ended requests are taken out in such heaps. */
const heap = 4096

/**
 * As `simulate`, of pieces of arrivals that are asked for one after another and not kept: those with prefix blocks must all
 * have them, and of one size. Throws a Fault when the model does not fit or arrivals are out of order.
 */
export function simulateStream(
  pieces: Iterable<Arrivals>,
  fleet: Omit<Fleet, 'scaling' | 'spares' | 'failures' | 'spot'>,
  options: StreamOptions = {},
): FixedOutcome {
  const { engine, replicas: count, seed = 1 } = fleet
  const { untilSeconds = Number.POSITIVE_INFINITY, mostAtOnce = 1 << 22 } = options
  if (!engine.memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', engine.memory.problem ?? 'the model does not fit')
  const iterator = pieces[Symbol.iterator]()
  let next = iterator.next()
  const slots = requestSlots(mostAtOnce, next.done ? undefined : next.value.prefix?.tokensPerBlock)
  const { progress } = slots
  const ended = progress.ended!
  const replicas = Array.from({ length: count }, () => createReplica(engine, progress))
  const seats = replicas.map((replica, key) => ({ replica, key, weight: 1 }))
  const pick = routers[fleet.router ?? 'round-robin'](progress, seed)
  const { entrySeconds } = engine.timer
  const book = tally(progress, options)
  let turn = 0
  let before = 0

  const out = (id: number): void => {
    book.add(id)
    slots.leave(id)
  }
  const empty = (): void => {
    for (const id of ended) out(id)
    ended.length = 0
  }

  for (let stopped = false; !next.done && !stopped; next = stopped ? next : iterator.next()) {
    const piece = next.value
    for (let i = 0; i < piece.n; i++) {
      const at = piece.atSeconds[i]!
      stopped = at >= untilSeconds
      if (stopped) break
      if (!(at >= before)) throw outOfOrder(turn, at, before)
      before = at
      const seen = at + entrySeconds
      if (ended.length >= heap) empty()
      const id = slots.enter(piece, i)
      turn++
      const { replica } = seats[pick(seats, id, seen)]!
      replica.advance(seen)
      handOver(replica, id, progress, fleet)
      if (progress.rejected[id] === 1 || progress.spilled[id] === 1) out(id)
    }
  }
  for (const replica of replicas) {
    replica.advance(untilSeconds)
    empty()
  }
  for (let id = 0; id < slots.used(); id++) if (slots.isTaken(id)) book.add(id)

  return fixedOutcome(fleet, replicas, progress, book)
}

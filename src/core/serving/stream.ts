// Requests that come piece by piece, however many, and a fixed fleet → what would have happened, in memory that does not grow with them.
import { Fault } from '../fault/fault.ts'
import type { Arrivals } from './arrivals.ts'
import { type Fleet, outOfOrder } from './fleet.ts'
import { nameOf } from './group.ts'
import { handOver } from './overflow.ts'
import { createReplica } from './replica.ts'
import { routers } from './routers.ts'
import type { Outcome, SimulateOptions } from './simulate.ts'
import { requestSlots } from './slots.ts'
import { tally } from './tally.ts'

export interface StreamOptions extends Pick<SimulateOptions, 'untilSeconds' | 'objective' | 'windowSeconds'> {
  /** Most requests in the house at once; more are a Fault. */
  readonly mostAtOnce?: number
}

export interface StreamOutcome extends Outcome {
  /** The largest share by which a percentile may be off: 0 up to a million requests, 0.005 beyond. */
  readonly percentileError: number
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
): StreamOutcome {
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

  const states = replicas.map(replica => replica.state())
  const sum = (of: (state: (typeof states)[number]) => number): number => states.reduce((s, one) => s + of(one), 0)
  const durationSeconds = states.reduce((latest, { nowSeconds }) => Math.max(latest, nowSeconds), 0)
  const leased = count * durationSeconds
  const busy = sum(state => state.busySeconds)
  const prompted = sum(state => state.promptTokens)
  const { inHouseSeconds, ...figures } = book.figures()
  const time = {
    completed: sum(state => state.completed),
    leasedGpuSeconds: leased * engine.gpus,
    busyGpuSeconds: busy * engine.gpus,
    idleGpuSeconds: (leased - busy) * engine.gpus,
    coldGpuSeconds: 0,
    utilization: leased > 0 ? busy / leased : null,
    leases: replicas.map(() => ({ fromSeconds: 0, toSeconds: durationSeconds })),
    replicas: { min: count, mean: count, max: count },
  }
  return {
    ...figures,
    ...time,
    interrupted: 0,
    escalated: 0,
    escalatedTokens: { input: 0, output: 0 },
    groups: [{ name: nameOf(fleet, 0), gpusPerReplica: engine.gpus, tokens: figures.tokens, ...time }],
    running: sum(state => state.running),
    waiting: sum(state => state.waiting),
    durationSeconds,
    meanOutstanding: durationSeconds > 0 ? inHouseSeconds / durationSeconds : 0,
    preemptions: sum(state => state.preemptions),
    prefixHitRate: progress.prefix && prompted > 0 ? sum(state => state.hitTokens) / prompted : null,
  }
}

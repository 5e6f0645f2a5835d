// An engine → a replica of it: its lanes behind one door, each request given to the one that holds the fewest.
import { type Engine, laneOf } from './engine.ts'
import { createLane, type Lane, type LaneState } from './lane.ts'
import { totalWork } from './peak-shares.ts'
import type { Progress } from './progress.ts'

/** One engine at work, of one lane or several. Times only move forward. */
export interface Replica extends Omit<Lane, 'advanceToFinish' | 'state'> {
  /** Where its requests are served, one batch each. */
  readonly lanes: readonly Lane[]
  readonly state: () => ReplicaState
}

/**
 * Of several lanes, counts and blocks are sums; `nowSeconds` is where the furthest is, and busy and idle seconds are their
 * means, for each has its share of the GPUs: copies of the attention their own, micro-batches one stage after the other. So
 * GPUs × busy seconds are those in which a step was running, and busy + idle = the seconds since the clock began (law 3).
 */
export type ReplicaState = LaneState

/** Starts a replica at `fromSeconds`, warm. */
export function createReplica(engine: Engine, progress: Progress, fromSeconds = 0): Replica {
  const one = laneOf(engine)
  const lanes = Array.from({ length: engine.lanes }, () => createLane(one, progress, fromSeconds))
  // Not a copy: what runs for each request stays as fast as it was made.
  return lanes.length === 1 ? Object.assign(lanes[0]!, { lanes }) : severalLanes(lanes, progress)
}

function severalLanes(lanes: readonly Lane[], progress: Progress): Replica {
  let reached = Number.NEGATIVE_INFINITY
  const sum = (of: (lane: Lane) => number): number => lanes.reduce((total, lane) => total + of(lane), 0)

  /** A lane on which nothing can have happened yet is left behind until somebody looks at it. */
  function advance(until: number): void {
    reached = Math.max(reached, until)
    for (const lane of lanes) if (lane.quietUntil() < until) lane.advance(until)
  }

  function catchUp(): void {
    for (const lane of lanes) lane.advance(reached)
  }

  /** As vLLM's and SGLang's balancers choose between ranks: the fewest requests, the first of equals. */
  function next(): Lane {
    return lanes.reduce((best, lane) => (lane.outstanding() < best.outstanding() ? lane : best))
  }

  function firstWaiting(): number {
    let first = -1
    for (const lane of lanes) {
      const id = lane.firstWaiting()
      if (id >= 0 && (first < 0 || progress.atSeconds[id]! < progress.atSeconds[first]!)) first = id
    }
    return first
  }

  return {
    lanes,
    enqueue: id => {
      const lane = next()
      lane.advance(reached)
      return lane.enqueue(id)
    },
    advance,
    state: () => {
      catchUp()
      return stateOf(lanes.map(lane => lane.state()))
    },
    quietUntil: () => lanes.reduce((soonest, lane) => Math.min(soonest, lane.quietUntil()), Number.POSITIVE_INFINITY),
    outstanding: () => sum(lane => lane.outstanding()),
    waiting: () => sum(lane => lane.waiting()),
    firstWaiting,
    cachedTokens: id => next().cachedTokens(id),
    evict: () => {
      catchUp()
      return lanes.flatMap(lane => lane.evict())
    },
    settleCharges: () => {
      catchUp()
      for (const lane of lanes) lane.settleCharges()
    },
  }
}

function stateOf(states: readonly LaneState[]): ReplicaState {
  const sum = (of: (state: LaneState) => number): number => states.reduce((total, state) => total + of(state), 0)
  const nowSeconds = states.reduce((furthest, state) => Math.max(furthest, state.nowSeconds), Number.NEGATIVE_INFINITY)
  return {
    nowSeconds,
    busySeconds: sum(state => state.busySeconds) / states.length,
    idleSeconds: sum(state => state.idleSeconds + nowSeconds - state.nowSeconds) / states.length,
    waiting: sum(state => state.waiting),
    running: sum(state => state.running),
    completed: sum(state => state.completed),
    preemptions: sum(state => state.preemptions),
    cacheStalls: sum(state => state.cacheStalls),
    usedBlocks: sum(state => state.usedBlocks),
    freeBlocks: sum(state => state.freeBlocks),
    cachedBlocks: sum(state => state.cachedBlocks),
    promptTokens: sum(state => state.promptTokens),
    hitTokens: sum(state => state.hitTokens),
    steps: sum(state => state.steps),
    work: totalWork(states.map(({ work }) => work)),
  }
}

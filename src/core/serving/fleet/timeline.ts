// Looks at a fleet while it runs, and when its requests came and were served → what was going on over time.

import type { Progress } from '../engine/progress.ts'
import { percentiles } from '../engine/quantiles.ts'
import type { Replica } from '../engine/replica.ts'

/** What there is to see of a replica from its lease to its end. */
export interface Seen {
  /** Null while it is cold. */
  readonly replica: Replica | null
  readonly fromSeconds: number
  /** Null: it is leased and takes requests. */
  readonly toSeconds: number | null
}

/** Is shown a fleet at times of its own choosing. */
export interface Watch {
  /** When it looks next; Infinity: no more. */
  readonly nextAt: () => number
  /** All replicas there were so far, brought up to `atSeconds`, and requests that wait for one to be ready. */
  readonly see: (atSeconds: number, members: readonly Seen[], unplaced: number) => void
}

export interface Instant {
  readonly atSeconds: number
  /** Requests that no batch has taken in yet. */
  readonly waiting: number
  /** Sequences in the batches of all replicas. */
  readonly running: number
  /** Of one replica: the fewest, the mean and the most; null while none serves. */
  readonly batch: Range | null
  /** Share of the cache in use, over replicas; null while none serves. */
  readonly kvUse: Range | null
  /** Replicas that serve, draining ones among them, and those that are leased and cold. */
  readonly serving: number
  readonly cold: number
}

export interface Range {
  readonly min: number
  readonly mean: number
  readonly max: number
}

/** Requests that came in one stretch of time. */
export interface Stretch {
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly requestsPerSecond: number
  /** Of those of them whose first token came; null without one. */
  readonly ttftP50Ms: number | null
  readonly ttftP95Ms: number | null
}

export interface Timeline {
  readonly durationSeconds: number
  /** At even distances, at most `mostInstants`. What happens between two looks is not seen. */
  readonly instants: readonly Instant[]
  readonly stretches: readonly Stretch[]
}

export const mostInstants = 600
const mostStretches = 120
/** Fewer requests than this in a stretch say little of its p95. */
const perStretch = 40

/**
 * A watch that keeps at most `mostInstants` looks at even distances however long the run is: when it has more, it forgets
 * every other and looks half as often.
 * @param expectedSeconds how long the run will be, more or less: the time of the last arrival
 */
export function timelineWatch(expectedSeconds: number): { readonly watch: Watch; readonly instants: () => Instant[] } {
  let every = Math.max(expectedSeconds, 1e-3) / (mostInstants * 0.75)
  let count = 0
  let seen: Instant[] = []
  return {
    instants: () => seen,
    watch: {
      nextAt: () => count * every,
      see: (atSeconds, members, unplaced) => {
        seen.push(instantOf(atSeconds, members, unplaced))
        count++
        if (seen.length <= mostInstants) return
        seen = seen.filter((_, i) => i % 2 === 0)
        every *= 2
        count = seen.length
      },
    },
  }
}

function instantOf(atSeconds: number, members: readonly Seen[], unplaced: number): Instant {
  let waiting = unplaced
  let running = 0
  let serving = 0
  let cold = 0
  const batch = { min: Number.POSITIVE_INFINITY, mean: 0, max: 0 }
  const kvUse = { min: Number.POSITIVE_INFINITY, mean: 0, max: 0 }
  const add = (range: { min: number; mean: number; max: number }, value: number): void => {
    range.min = Math.min(range.min, value)
    range.mean += value
    range.max = Math.max(range.max, value)
  }
  for (const { replica, fromSeconds, toSeconds } of members) {
    if (replica === null) {
      if (toSeconds === null && fromSeconds <= atSeconds) cold++
      continue
    }
    if (toSeconds !== null && replica.outstanding() === 0) continue
    const state = replica.state()
    serving++
    waiting += state.waiting
    running += state.running
    add(batch, state.running)
    add(kvUse, state.usedBlocks / (state.usedBlocks + state.freeBlocks))
  }
  batch.mean /= serving
  kvUse.mean /= serving
  const isServing = serving > 0
  return {
    atSeconds,
    waiting,
    running,
    batch: isServing ? batch : null,
    kvUse: isServing ? kvUse : null,
    serving,
    cold,
  }
}

/** What the looks saw, and how fast first tokens came in stretches of arrivals. */
export function timelineOf(
  instants: readonly Instant[],
  { atSeconds, firstTokenAt }: Pick<Progress, 'atSeconds' | 'firstTokenAt'>,
  taken: number,
  durationSeconds: number,
): Timeline {
  const count = Math.max(1, Math.min(mostStretches, Math.floor(taken / perStretch)))
  const last = taken > 0 ? atSeconds[taken - 1]! : 0
  const width = last > 0 ? last / count : Math.max(durationSeconds, 1e-9)
  const stretches: Stretch[] = []
  for (let i = 0, from = 0; i < count; i++) {
    let to = from
    while (to < taken && (i === count - 1 || atSeconds[to]! < (i + 1) * width)) to++
    const waits = new Float64Array(to - from)
    let known = 0
    for (let id = from; id < to; id++) {
      if (!Number.isNaN(firstTokenAt[id]!)) waits[known++] = (firstTokenAt[id]! - atSeconds[id]!) * 1000
    }
    const { p50, p95 } = percentiles(waits, known)
    stretches.push({
      fromSeconds: i * width,
      toSeconds: (i + 1) * width,
      requestsPerSecond: (to - from) / width,
      ttftP50Ms: p50,
      ttftP95Ms: p95,
    })
    from = to
  }
  return { durationSeconds, instants, stretches }
}

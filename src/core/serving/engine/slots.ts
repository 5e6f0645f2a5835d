// Requests that come without end → places in flat arrays for those in the house, used again when one leaves: memory follows the queue, not the traffic.
import { Fault } from '../../fault/fault.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { type Progress, startProgress } from './progress.ts'

export interface Slots {
  readonly progress: Progress
  /** A place for arrival `i` of a piece. */
  readonly enter: (piece: Arrivals, i: number) => number
  readonly leave: (slot: number) => void
  /** Requests in the house. */
  readonly taken: () => number
  /** All places ever used are below. */
  readonly used: () => number
  readonly isTaken: (slot: number) => boolean
}

/**
 * Places for `most` requests at once. The arrays are as long as that, but the system gives memory only for places that were
 * ever used, and the place left last is taken first.
 */
export function requestSlots(most: number, tokensPerBlock: number | null | undefined): Slots {
  const hashed = tokensPerBlock !== undefined
  const pool = hashed ? idPool() : null
  const progress = startProgress(
    {
      n: most,
      atSeconds: new Float64Array(most),
      inputTokens: new Int32Array(most),
      outputTokens: new Int32Array(most),
      prefix: pool ? { offsets: new Int32Array(1), ids: pool.ids, tokensPerBlock: tokensPerBlock! } : undefined,
    },
    { reused: true },
  )
  const { atSeconds, inputTokens, outputTokens, firstTokenAt, finishedAt, generated, rejected, spilled } = progress
  const { prefix } = progress
  const free = new Int32Array(most)
  const isTaken = new Uint8Array(most)
  let freed = 0
  let used = 0
  let taken = 0
  return {
    progress,
    enter: (piece, i) => {
      if (freed === 0 && used === most) throw queueTooLong(most)
      const slot = freed > 0 ? free[--freed]! : used++
      taken++
      isTaken[slot] = 1
      atSeconds[slot] = piece.atSeconds[i]!
      inputTokens[slot] = piece.inputTokens[i]!
      outputTokens[slot] = piece.outputTokens[i]!
      firstTokenAt[slot] = Number.NaN
      finishedAt[slot] = Number.NaN
      generated[slot] = 0
      rejected[slot] = 0
      spilled[slot] = 0
      if (pool !== null) {
        const { offsets, ids } = piece.prefix!
        const from = pool.keep(ids, offsets[i]!, offsets[i + 1]!)
        prefix!.from[slot] = from
        prefix!.to[slot] = from + offsets[i + 1]! - offsets[i]!
      }
      return slot
    },
    leave: slot => {
      taken--
      isTaken[slot] = 0
      free[freed++] = slot
      if (pool !== null) pool.drop(prefix!.from[slot]!, prefix!.to[slot]! - prefix!.from[slot]!)
    },
    taken: () => taken,
    used: () => used,
    isTaken: slot => isTaken[slot] === 1,
  }
}

/** Ids of the prompts in the house, in stretches of 1, 2, 4, … that are used again. */
function idPool() {
  const ids = new Int32Array(1 << 26)
  // The first of the free stretches of each size; each holds where the next is.
  const first = new Int32Array(27).fill(-1)
  let used = 0
  const sizeOf = (count: number): number => (count <= 1 ? 0 : 32 - Math.clz32(count - 1))
  return {
    ids,
    keep: (from: Int32Array, start: number, end: number): number => {
      const size = sizeOf(end - start)
      let at = first[size]!
      if (at >= 0) first[size] = ids[at]!
      else {
        at = used
        used += 1 << size
        if (used > ids.length) throw queueTooLong(used)
      }
      for (let i = start; i < end; i++) ids[at + i - start] = from[i]!
      return at
    },
    drop: (at: number, count: number): void => {
      const size = sizeOf(count)
      ids[at] = first[size]!
      first[size] = at
    },
  }
}

function queueTooLong(most: number): Fault {
  return new Fault(
    'QUEUE_TOO_LONG',
    `the fleet is so far behind that ${most.toLocaleString('en-US')} requests wait at once`,
    {
      fix: 'use more replicas, or let them spill',
    },
  )
}

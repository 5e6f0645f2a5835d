// A request that its fleet has no room for → whether it goes elsewhere: one line per bound that a gateway could watch.
import type { Progress } from '../engine/progress.ts'
import type { Replica } from '../engine/replica.ts'

export type OverflowName = 'outstanding' | 'waiting'

/** What is held against the bound, of the replica that the router picked; of none, the requests that wait for one. */
const held: Readonly<Record<OverflowName, (replica: Replica) => number>> = {
  outstanding: replica => replica.outstanding(),
  waiting: replica => replica.waiting(),
}

/** Whether the picked replica, or the queue of `unplaced` requests where there is none, is at its bound. */
function isAtBound(
  { policy = 'outstanding', bound }: Pick<Overflow, 'policy' | 'bound'>,
  replica: Replica | null,
  unplaced: number,
): boolean {
  return (replica === null ? unplaced : held[policy](replica)) >= bound
}

/** Refuses requests on arrival (HTTP 429): what a gateway does whose queue has an end. */
export interface Admission {
  /** Default: outstanding. */
  readonly policy?: OverflowName | undefined
  /** A request is refused when the picked replica already holds so many. */
  readonly bound: number
}

/** Sends requests elsewhere on arrival; one that was taken in stays. What elsewhere costs is not asked here. */
export interface Overflow {
  /** Default: outstanding. */
  readonly policy?: OverflowName | undefined
  /** A request goes elsewhere when the picked replica already holds so many; Infinity: only one that no replica could ever serve. */
  readonly bound: number
  /** What elsewhere takes: prompt + output, and output. Null = no known limit. */
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
}

/** Whether elsewhere takes a request of these lengths. */
export function takesElsewhere(overflow: Overflow, inputTokens: number, outputTokens: number): boolean {
  const { contextTokens, maxOutputTokens } = overflow
  return (
    (contextTokens === null || inputTokens + outputTokens <= contextTokens) &&
    (maxOutputTokens === null || outputTokens <= maxOutputTokens)
  )
}

/** What a fleet does with a request besides serving it. */
interface Doors {
  readonly overflow?: Overflow | undefined
  readonly admission?: Admission | undefined
}

/**
 * Whether request `id` stays in the fleet, with the picked replica or (null) waiting for one. Else it goes elsewhere: over
 * the bound, or when no replica can ever serve it; or it is refused. `unplaced` = requests that wait for a replica.
 */
export function handOver(
  replica: Replica | null,
  id: number,
  progress: Progress,
  { overflow, admission }: Doors,
  isServable = true,
  unplaced = 0,
): boolean {
  if (overflow === undefined && admission === undefined) return enter(replica, id, progress, isServable)
  const takes =
    overflow !== undefined && takesElsewhere(overflow, progress.inputTokens[id]!, progress.outputTokens[id]!)
  if (takes && isAtBound(overflow, replica, unplaced)) {
    progress.spilled[id] = 1
    return false
  }
  if (admission !== undefined && isAtBound(admission, replica, unplaced)) {
    progress.rejected[id] = 1
    return false
  }
  if (enter(replica, id, progress, isServable)) return true
  if (takes) {
    progress.rejected[id] = 0
    progress.spilled[id] = 1
  }
  return false
}

function enter(replica: Replica | null, id: number, progress: Progress, isServable: boolean): boolean {
  if (replica !== null) return replica.enqueue(id)
  if (!isServable) progress.rejected[id] = 1
  return isServable
}

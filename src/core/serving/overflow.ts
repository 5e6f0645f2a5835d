// A request that its fleet has no room for → whether it goes elsewhere: one line per bound that a gateway could watch.
import type { Progress } from './progress.ts'
import type { Replica } from './replica.ts'

export type OverflowName = 'outstanding' | 'waiting'

/** What is held against the bound, of the replica that the router picked. */
export const overflows: Readonly<Record<OverflowName, (replica: Replica) => number>> = {
  outstanding: replica => replica.outstanding(),
  waiting: replica => replica.waiting(),
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

/** Hands request `id` to the picked replica, or elsewhere: over the bound, or when no replica can serve it. */
export function handOver(replica: Replica, id: number, progress: Progress, overflow: Overflow | undefined): void {
  if (overflow === undefined) {
    replica.enqueue(id)
    return
  }
  const takes = takesElsewhere(overflow, progress.inputTokens[id]!, progress.outputTokens[id]!)
  if (takes && overflows[overflow.policy ?? 'outstanding'](replica) >= overflow.bound) {
    progress.spilled[id] = 1
  } else if (!replica.enqueue(id) && takes) {
    progress.rejected[id] = 0
    progress.spilled[id] = 1
  }
}

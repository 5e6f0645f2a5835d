// One replica of a fleet, from the wish for it to the end of its lease.
import type { Replica } from '../engine/replica.ts'
import type { Seat } from './routers.ts'

/** A replica from the wish for it to its end. Seconds; Infinity = not foreseen. */
export interface Member {
  readonly key: number
  readonly weight: number
  readonly group: number
  /** Null while it is cold. */
  replica: Replica | null
  readonly fromSeconds: number
  readonly readySeconds: number
  /** Null: until the end of the run. */
  toSeconds: number | null
  /** It takes the place of a failed one, whose lease goes on. */
  readonly continues: boolean
  failsAt: number
  noticeAt: number
  goneAt: number
}

export type Warm = Member & Seat

/** Serves what is left up to `now`, and says whether nothing is. */
export function emptied(replica: Replica, now: number): boolean {
  for (const lane of replica.lanes) {
    while (lane.outstanding() > 0 && lane.state().nowSeconds < now) lane.advanceToFinish(now)
  }
  return replica.outstanding() === 0
}

// A replica's number and how often such replicas fail → when it fails: drawn from its own stream, or as stated.
import { Fault } from '../../fault/fault.ts'
import { stream } from '../../statistics/random.ts'

/**
 * Replicas that fail: what they hold goes back to the queue and is computed anew, and each is there again after a cold
 * start, on the same lease.
 */
export interface Failures {
  /** Mean time that a serving replica runs before it fails; exponential. Absent: only at `atSeconds`. */
  readonly meanSecondsBetween?: number | undefined
  /** At each of these the replica that has served longest fails. */
  readonly atSeconds?: readonly number[] | undefined
}

/** Leases that the provider ends: after a notice the replica takes no more, then it is gone; another is leased at the notice. */
export interface Spot {
  /** Interruptions of one leased replica an hour, the mean; exponential. */
  readonly perHour: number
  /** From the notice to the end (AWS: 120, Google Cloud and Azure: 30). */
  readonly noticeSeconds: number
}

export function checkFailures(failures: Failures | undefined, spot: Spot | undefined): void {
  const mean = failures?.meanSecondsBetween ?? 1
  const times = failures?.atSeconds ?? []
  const rate = spot?.perHour ?? 0
  const notice = spot?.noticeSeconds ?? 0
  if (mean > 0 && times.every(at => at >= 0) && rate >= 0 && rate < Number.POSITIVE_INFINITY && notice >= 0) return
  throw new Fault('FAILURES_RANGE', 'failures need a mean time above 0, and interruptions a rate and a notice from 0', {
    where: `mean time ${mean} s, ${rate} interruptions an hour, notice ${notice} s`,
    fix: 'leave out what does not happen',
  })
}

/** When a replica that serves from `readySeconds` fails; the same for a seed, a group and its number there. */
export function failsAt(failures: Failures | undefined, readySeconds: number, seed: number, name: string): number {
  const mean = failures?.meanSecondsBetween
  if (mean === undefined) return Number.POSITIVE_INFINITY
  return readySeconds + stream(seed, `failure ${name}`).exponential(mean)
}

/** When the provider gives notice of a lease that began at `fromSeconds`. */
export function noticeAt(spot: Spot | undefined, fromSeconds: number, seed: number, name: string): number {
  if (spot === undefined || spot.perHour === 0) return Number.POSITIVE_INFINITY
  return fromSeconds + stream(seed, `interruption ${name}`).exponential(3600 / spot.perHour)
}

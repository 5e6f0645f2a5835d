// Begin and end of a reported stretch of time, as Unix seconds or ISO text, in; microseconds out.
import { Fault } from '../core/fault/fault.ts'
import { parseInstant } from '../core/meter/calendar.ts'

export interface BucketTimes {
  readonly fromMicros: number
  /** Not included. */
  readonly toMicros: number
}

/** Reads `start_time`/`end_time` (seconds) or `starting_at`/`ending_at` (ISO). Faults: FIELD_INVALID. */
export function bucketTimes(bucket: Readonly<Record<string, unknown>>, where: string): BucketTimes {
  const [from, to] = [
    ['start_time', 'starting_at'],
    ['end_time', 'ending_at'],
  ].map(keys => instantOf(keys.map(key => bucket[key]).find(value => value !== undefined)))
  if (from === null || from === undefined || to === null || to === undefined || to <= from) {
    throw new Fault('FIELD_INVALID', 'expected start_time and end_time, or starting_at and ending_at, the end later', {
      where,
    })
  }
  return { fromMicros: from, toMicros: to }
}

/** A moment as Unix seconds (number or text) or as a date and time, UTC unless it says otherwise; null when it is neither. */
export function instantOf(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return null
  const seconds = Number(value)
  if (Number.isFinite(seconds) && seconds >= 946_684_800 && seconds < 7_258_118_400) return Math.round(seconds * 1e6)
  return typeof value === 'string' ? parseInstant(value) : null
}

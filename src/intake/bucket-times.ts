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

/** A day (`2026-04-06`), or the hour that a day and a time begin (`2026-04-06 13:00`), as consoles write them; null when it is neither. */
export function consolePeriod(text: string | null): BucketTimes | null {
  const [, day, hour] = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):00(?::00)?Z?)?$/.exec(text ?? '') ?? []
  const fromMicros = day === undefined ? null : instantOf(hour === undefined ? day : `${day}T${hour}:00:00Z`)
  return fromMicros === null ? null : { fromMicros, toMicros: fromMicros + (hour === undefined ? 24 : 1) * 3_600e6 }
}

/** A moment as Unix seconds (number or text) or as a date and time, UTC unless it says otherwise; null when it is neither. */
export function instantOf(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return null
  const seconds = Number(value)
  if (Number.isFinite(seconds) && seconds >= 946_684_800 && seconds < 7_258_118_400) return Math.round(seconds * 1e6)
  return typeof value === 'string' ? parseInstant(value) : null
}

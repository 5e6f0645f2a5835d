// An instant and a zone in; the hour, day, week or month that a report names, out.
import { Fault } from '../core/fault/fault.ts'

export const calendarUnits = ['hour', 'day', 'week', 'month'] as const
export type CalendarUnit = (typeof calendarUnits)[number]

export const isCalendarUnit = (name: string): name is CalendarUnit =>
  (calendarUnits as readonly string[]).includes(name)

/** Refuses a zone that the platform's IANA table does not know; returns its canonical spelling. */
export function knownZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    throw new Fault('UNKNOWN_ZONE', `unknown time zone "${zone}"`, {
      where: '--zone',
      fix: 'use an IANA name such as Europe/Berlin or UTC',
    })
  }
}

/**
 * Names a period that begins at local wall time `localMicros` (a zone's local time read as if it were UTC).
 * An hour carries its offset, because the hour in which clocks go back exists twice.
 */
export function periodName(unit: CalendarUnit, localMicros: number, offsetMinutes: number): string {
  const text = new Date(localMicros / 1000).toISOString()
  if (unit === 'month') return text.slice(0, 7)
  if (unit === 'day') return text.slice(0, 10)
  if (unit === 'week') return isoWeek(localMicros)
  const sign = offsetMinutes < 0 ? '-' : '+'
  const pad = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${text.slice(0, 13)}:00${sign}${pad(Math.abs(offsetMinutes) / 60)}:${pad(Math.abs(offsetMinutes) % 60)}`
}

/** The period of an instant in a zone, by the platform's own calendar. */
export function localPeriod(unit: CalendarUnit, micros: number, zone: string): string {
  const local = localMs(micros, zone)
  const offsetMinutes = Math.round((local - Math.floor(micros / 1e6) * 1000) / 60_000)
  const hour = 3_600_000
  return periodName(unit, Math.floor(local / hour) * hour * 1000, offsetMinutes)
}

/** A zone's local time of an instant, read as if it were UTC: milliseconds, whole seconds. */
function localMs(micros: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(micros / 1000))
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find(p => p.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

const dayMs = 86_400_000

/** The day, ISO week or month of a zone that holds an instant, half-open, in UTC microseconds. */
export function periodAround(
  unit: Exclude<CalendarUnit, 'hour'>,
  micros: number,
  zone: string,
): { readonly fromMicros: number; readonly toMicros: number } {
  const today = new Date(Math.floor(localMs(micros, zone) / dayMs) * dayMs)
  const [year, month, day] = [today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()]
  const first = unit === 'day' ? day : unit === 'month' ? 1 : day - ((today.getUTCDay() + 6) % 7)
  const next = unit === 'day' ? day + 1 : unit === 'month' ? 1 : first + 7
  return {
    fromMicros: firstMoment(Date.UTC(year, month, first), zone),
    toMicros: firstMoment(Date.UTC(year, unit === 'month' ? month + 1 : month, next), zone),
  }
}

/** When a local day begins: at its midnight, at the first of two, or where clocks skip it, when they do. */
function firstMoment(localMidnightMs: number, zone: string): number {
  const offsetAt = (ms: number) => localMs(ms * 1000, zone) - ms
  // One of the offsets in force a day before and a day after is that of midnight.
  const candidates = [-dayMs, dayMs].map(apart => localMidnightMs - offsetAt(localMidnightMs + apart))
  const begun = candidates.filter(ms => localMs(ms * 1000, zone) >= localMidnightMs)
  return Math.min(...(begun.length > 0 ? begun : candidates)) * 1000
}

/** ISO 8601 week: the week that holds the Thursday names the year. */
function isoWeek(localMicros: number): string {
  const day = 86_400_000
  const date = new Date(localMicros / 1000)
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * day)
  const newYear = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = 1 + Math.floor((thursday.getTime() - newYear) / (7 * day))
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}

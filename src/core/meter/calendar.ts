// UTC instants as microseconds, and the weekly windows in which a price holds, by plain calendar arithmetic.
import { Fault } from '../fault/fault.ts'

export const microsPerSecond = 1_000_000
export const microsPerDay = 86_400_000_000

/** When a row holds: on these weekdays (0 = Sunday), in these spans of the UTC day, except on these dates. */
export interface WeeklyWindow {
  readonly weekdays: readonly number[]
  /** [start, end) in seconds of the UTC day; an end at or before its start runs into the next day. */
  readonly spans: readonly (readonly [number, number])[]
  /** Days since 1970-01-01 on which the window does not open (public holidays). */
  readonly exceptDays: readonly number[]
}

/** Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date algorithms"). */
export function dayOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The inverse of `dayOf`: [year, month, day]. */
export function dateOf(days: number): readonly [number, number, number] {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const mp = Math.floor((5 * dayOfYear + 2) / 153)
  const month = mp < 10 ? mp + 3 : mp - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * mp + 2) / 5) + 1]
}

const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i

/** A date (its first instant, UTC) or an RFC 3339 time as UTC microseconds; null when it is neither. A time without a zone is UTC. */
export function parseInstant(text: string): number | null {
  const match = instantPattern.exec(text.trim())
  if (!match) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const days = dayOf(Number(year), Number(month), Number(day))
  const [y, m, d] = dateOf(days)
  if (y !== Number(year) || m !== Number(month) || d !== Number(day)) return null
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null
  const offset =
    zone === 'Z' || zone === 'z'
      ? 0
      : (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60)
  return days * microsPerDay + (seconds - offset) * microsPerSecond + Number(fraction.padEnd(6, '0').slice(0, 6))
}

/** `parseInstant` for text that must be one. Throws Fault. */
export function instant(text: string, where?: string): number {
  const micros = parseInstant(text)
  if (micros !== null) return micros
  throw new Fault('TIME_INVALID', `expected a date or time such as 2026-11-23 or 2026-11-23T03:59:59Z, got "${text}"`, {
    where,
  })
}

const two = (n: number): string => String(n).padStart(2, '0')

/** The UTC date of an instant, `2026-11-23`. */
export function dateText(micros: number): string {
  const [y, m, d] = dateOf(Math.floor(micros / microsPerDay))
  return `${String(y).padStart(4, '0')}-${two(m)}-${two(d)}`
}

/** An instant as text: the date alone at midnight UTC, else to the second (microseconds when there are any). */
export function instantText(micros: number): string {
  const rest = micros - Math.floor(micros / microsPerDay) * microsPerDay
  if (rest === 0) return dateText(micros)
  const seconds = Math.floor(rest / microsPerSecond)
  const fraction = rest - seconds * microsPerSecond
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${dateText(micros)}T${clock}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}Z`
}

/** Whether a window is open at an instant. A span over midnight belongs to the day on which it starts. */
export function isOpen(window: WeeklyWindow, atMicros: number): boolean {
  const day = Math.floor(atMicros / microsPerDay)
  const second = (atMicros - day * microsPerDay) / microsPerSecond
  for (const [start, end] of window.spans) {
    if (end > start) {
      if (second >= start && second < end && opensOn(window, day)) return true
    } else {
      if (second >= start && opensOn(window, day)) return true
      if (second < end && opensOn(window, day - 1)) return true
    }
  }
  return false
}

function opensOn(window: WeeklyWindow, day: number): boolean {
  const weekday = (((day + 4) % 7) + 7) % 7 // 1970-01-01 was a Thursday
  return window.weekdays.includes(weekday) && !window.exceptDays.includes(day)
}

/** The instants in (from, to) at which any of the windows could open or close, ascending. */
export function windowEdges(windows: readonly WeeklyWindow[], fromMicros: number, toMicros: number): number[] {
  const seconds = new Set<number>()
  for (const window of windows) for (const [start, end] of window.spans) seconds.add(start).add(end)
  if (seconds.size > 0) seconds.add(0)
  const edges: number[] = []
  const sorted = [...seconds].sort((a, b) => a - b)
  if (sorted.length === 0) return edges
  for (let day = Math.floor(fromMicros / microsPerDay); day * microsPerDay < toMicros; day++) {
    for (const second of sorted) {
      const at = day * microsPerDay + second * microsPerSecond
      if (at > fromMicros && at < toMicros && edges[edges.length - 1] !== at) edges.push(at)
    }
  }
  return edges
}

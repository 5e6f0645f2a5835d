// A day or an instant as a person writes it, in a zone → UTC microseconds.
import { Fault } from '../core/fault/fault.ts'

/**
 * `2026-11-01` is that day's first moment in the zone; `2026-11-01T08:30` is local to the zone; with `Z` or an offset it
 * stands for itself.
 * @throws Fault BAD_TIME, BAD_ZONE
 */
export function microsOf(text: string, zone: string, where: string): number {
  if (!isDate(text.slice(0, 10))) throw badTime(text, where)
  const local = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
  if (local === null) {
    const instant = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isNaN(instant)) throw badTime(text, where)
    return instant * 1000
  }
  const [year, month, day, hour = 0, minute = 0, second = 0] = local.slice(1).map(part => Number(part ?? 0))
  const wanted = Date.UTC(year!, month! - 1, day!, hour, minute, second)
  if (hour > 23 || minute > 59 || second > 59) throw badTime(text, where)
  // The offset at the guess may differ from the one at the answer near a change of the clocks: once more settles it.
  const guess = wanted - offsetMs(zone, wanted)
  return (wanted - offsetMs(zone, guess)) * 1000
}

/**
 * A half-open range of times as a person writes its ends; null where it is open.
 * @throws Fault BAD_TIME, BAD_ZONE, BAD_RANGE
 */
export function rangeMicros(
  from: string | undefined,
  to: string | undefined,
  zone: string = 'UTC',
): { readonly fromMicros: number | null; readonly toMicros: number | null } {
  const fromMicros = from === undefined ? null : microsOf(from, zone, '--from')
  const toMicros = to === undefined ? null : microsOf(to, zone, '--to')
  if (fromMicros !== null && toMicros !== null && fromMicros >= toMicros) {
    throw new Fault('BAD_RANGE', `nothing lies from ${from} up to ${to}`, {
      where: '--to',
      fix: 'give a later --to: the range ends before it',
    })
  }
  return { fromMicros, toMicros }
}

/** A month 13, or a day 31 of a shorter month, would roll over into another date. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []
  if (day === undefined) return false
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).toISOString().startsWith(text)
}

/** Throws unless the zone is known here. */
export function checkZone(zone: string): string {
  formatterOf(zone)
  return zone
}

function offsetMs(zone: string, atMs: number): number {
  const parts = Object.fromEntries(
    formatterOf(zone)
      .formatToParts(atMs)
      .map(part => [part.type, Number(part.value)]),
  )
  const seen = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour! % 24, parts.minute!, parts.second!)
  return seen - Math.floor(atMs / 1000) * 1000
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    throw new Fault('BAD_ZONE', `"${zone}" is not a time zone`, {
      where: '--zone',
      fix: 'give an IANA name such as Europe/Oslo',
    })
  }
}

function badTime(text: string, where: string): Fault {
  return new Fault('BAD_TIME', `"${text}" is not a time`, { where, fix: 'write 2026-11-01 or 2026-11-01T08:30:00Z' })
}

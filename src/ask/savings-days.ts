// Leases, the ledger's last call and the newest date known in; the days that savings tell of, and what was cut from them, out.
import type { LocalDay, OwnLease } from '../core/decide/savings-evidence.ts'
import { Fault } from '../core/fault/fault.ts'
import { instantText } from '../core/meter/calendar.ts'
import { localPeriod } from '../ledger/calendar.ts'
import { dayStart, localDays, nextDay } from './local-days.ts'

export interface DaysAsked {
  readonly leases: readonly OwnLease[]
  /** Half-open, UTC microseconds; null = from the first lease, to the last call or lease end. */
  readonly fromMicros: number | null
  readonly toMicros: number | null
  readonly zone: string
}

export interface DaysTold {
  readonly days: readonly LocalDay[]
  /** How their end came about, in words. */
  readonly endsBy: string
  /** Leases that are not counted to their stated end. */
  readonly notes: readonly string[]
}

/**
 * The days told of. They begin with the first lease; they end with the last day that has a call of any provider, or with
 * the last stated end of a lease when that is later: idle after the last call is paid for too. Days to come are not idle,
 * so a lease is cut where nothing later is known; no clock is read, "now" is the catalog's newest date or the last call.
 * @param lastCallMicros null = the ledger holds none
 * @throws Fault PERIOD_OPEN, PERIOD_EMPTY
 */
export function daysTold(asked: DaysAsked, lastCallMicros: number | null, newestDate: string): DaysTold {
  const { leases, zone } = asked
  const fromMicros = asked.fromMicros ?? dayStart(Math.min(...leases.map(lease => lease.fromMicros)), zone)
  if (asked.toMicros !== null) {
    if (asked.toMicros <= fromMicros) throw empty(between(fromMicros, asked.toMicros), '--to')
    return {
      days: localDays(fromMicros, asked.toMicros, zone),
      endsBy: 'to: stated by you, not included',
      notes: [],
    }
  }
  const lastCall = lastCallMicros === null ? null : nextDay(lastCallMicros, zone)
  const known = Math.max(lastCall ?? 0, endOf(newestDate, zone))
  const knownDate = localPeriod('day', known - 1, zone)
  const begun = leases.filter(lease => lease.fromMicros < known)
  if (begun.length === 0) throw empty(`every lease begins after ${knownDate}, the newest date known`, '--to')
  const ends = begun.flatMap(({ toMicros }) => (toMicros === null ? [] : [Math.min(toMicros, known)]))
  if (ends.length === 0 && lastCall === null) {
    throw new Fault('PERIOD_OPEN', 'every lease still runs and the ledger holds no calls: no end is known', {
      where: '--to',
      fix: 'give --to, such as --to 2026-12-01',
    })
  }
  const toMicros = Math.max(...ends, lastCall ?? 0)
  if (toMicros <= fromMicros) throw empty(between(fromMicros, toMicros), 'the last call or end of a lease')
  const cut = begun.filter(lease => lease.toMicros !== null && lease.toMicros > known)
  const later = leases.filter(lease => lease.fromMicros >= known)
  const lines = (some: readonly OwnLease[]) => `line ${some.map(lease => lease.line).join(', ')} of the leases`
  return {
    days: localDays(fromMicros, toMicros, zone),
    endsBy:
      cut.length > 0
        ? 'to the newest date known, days to come are not idle'
        : 'to the end of the last day with a call, or of the last lease',
    notes: [
      ...(cut.length > 0
        ? [`${lines(cut)}: counted to the end of ${knownDate}, the newest date known; its own end is later (--to)`]
        : []),
      ...(later.length > 0
        ? [`${lines(later)}: begins after ${knownDate}, the newest date known, and is not counted (--to)`]
        : []),
    ],
  }
}

/** The end of a date in the zone. At noon in UTC it is that date everywhere, or the next one already. */
function endOf(date: string, zone: string): number {
  const noon = Date.parse(`${date}T12:00:00Z`) * 1000
  return localPeriod('day', noon, zone) === date ? nextDay(noon, zone) : dayStart(noon, zone)
}

const between = (fromMicros: number, toMicros: number): string =>
  `no time lies between ${instantText(fromMicros)} and ${instantText(toMicros)}`

const empty = (message: string, where: string): Fault =>
  new Fault('PERIOD_EMPTY', message, { where, fix: 'give --from and --to' })

// A fact's date and the date of the question in; its age, and a warning when it is old, out.
import { Fault } from '../core/fault/fault.ts'

/** Prices older than this are said to be. */
export const STALE_AFTER_DAYS = 90

/** Whole days from `asOf` to `at` (both YYYY-MM-DD, or longer ISO text); negative when seen after it, null when undated. */
export function ageDays(asOf: string | null, at: string): number | null {
  if (asOf === null) return null
  return Math.round((dayNumber(at) - dayNumber(asOf)) / 86_400_000)
}

/** What to say of a price's age at the date of the question: null when it is fresh, never null when undated. */
export function staleness(asOf: string | null, at: string, limitDays: number = STALE_AFTER_DAYS): string | null {
  const age = ageDays(asOf, at)
  if (age === null) return 'age unknown'
  if (age > limitDays) return `price seen ${asOf}, ${age} days old at ${at.slice(0, 10)}`
  return null
}

function dayNumber(date: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(date)
  const time = match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : Number.NaN
  if (!match || new Date(time).toISOString().slice(0, 10) !== match[0]) {
    throw new Fault('DATE_UNREADABLE', `"${date}" is not a date`, { fix: 'write it as YYYY-MM-DD' })
  }
  return time
}

// A span of time and a zone in; the days of its calendar out, 23 and 25 hours long where clocks change.
import type { LocalDay } from '../core/decide/savings-evidence.ts'
import { localPeriod } from '../ledger/calendar.ts'

const hour = 3_600_000_000
const minute = 60_000_000

/** The days of [from, to), the first and the last cut to the span. */
export function localDays(fromMicros: number, toMicros: number, zone: string): LocalDay[] {
  const days: LocalDay[] = []
  let from = fromMicros
  while (from < toMicros) {
    const to = Math.min(toMicros, nextDay(from, zone))
    days.push({ date: localPeriod('day', from, zone), fromMicros: from, toMicros: to })
    from = to
  }
  return days
}

/** The first moment of the day that follows the one of `micros`. */
export function nextDay(micros: number, zone: string): number {
  const date = localPeriod('day', micros, zone)
  const isSame = (at: number) => localPeriod('day', at, zone) === date
  const usual = micros + 24 * hour
  if (isSame(usual - 1) && !isSame(usual)) return usual
  // A day may end early or late; offsets are whole minutes, and so is where a day ends.
  let [last, next] = [Math.floor(micros / minute), Math.ceil((micros + 50 * hour) / minute)]
  while (next - last > 1) {
    const middle = Math.floor((last + next) / 2)
    if (isSame(middle * minute)) last = middle
    else next = middle
  }
  return next * minute
}

/** The first moment of the day of `micros`. */
export function dayStart(micros: number, zone: string): number {
  const date = localPeriod('day', micros, zone)
  let [before, own] = [Math.floor((micros - 50 * hour) / minute), Math.floor(micros / minute)]
  while (own - before > 1) {
    const middle = Math.floor((before + own) / 2)
    if (localPeriod('day', middle * minute, zone) === date) own = middle
    else before = middle
  }
  return own * minute
}

// Lines of a provider's bill in; the stretches of days that they tell apart, and which line is of which, out.
import { dateText, microsPerDay, parseInstant } from '../core/meter/calendar.ts'
import type { BilledLine } from '../core/meter/charge.ts'
import { localPeriod } from '../ledger/calendar.ts'
import { dayStart } from './local-days.ts'

/** Days that a bill does not split further, half-open; dates as the bill writes them. */
export interface BillDays<Item> {
  /** `2026-11-20`, or `2026-11-01..2026-11-30`. */
  readonly label: string
  readonly fromDay: number
  readonly toDay: number
  readonly items: readonly Item[]
}

interface Span {
  readonly fromMicros: number
  readonly toMicros: number
}

/**
 * One stretch for each day, and one for days that some line holds together; days without a line, from the first to the last,
 * are billed nothing. `spanning` are the lines that cut days: a month's tax does not join them.
 */
export function billDays<Item extends Span>(spanning: readonly Item[], zone: string): BillDays<Item>[] {
  const found: { fromDay: number; toDay: number; items: Item[] }[] = []
  const placed = spanning.map(item => ({ item, ...daysOf(item, zone) })).sort((a, b) => a.fromDay - b.fromDay)
  for (const { item, fromDay, toDay } of placed) {
    const last = found.at(-1)
    if (last && fromDay < last.toDay) {
      last.toDay = Math.max(last.toDay, toDay)
      last.items.push(item)
      continue
    }
    for (let day = last?.toDay ?? fromDay; day < fromDay; day++) found.push({ fromDay: day, toDay: day + 1, items: [] })
    found.push({ fromDay, toDay, items: [item] })
  }
  return found.map(one => ({ ...one, label: labelOf(one) }))
}

const labelOf = ({ fromDay, toDay }: { fromDay: number; toDay: number }): string => {
  const [first, last] = [dateText(fromDay * microsPerDay), dateText((toDay - 1) * microsPerDay)]
  return first === last ? first : `${first}..${last}`
}

/** Days since 1970 by the bill's own dates: a line from midnight to midnight (UTC, as it was read) states dates, any other instants. */
export function daysOf({ fromMicros, toMicros }: Span, zone: string): { fromDay: number; toDay: number } {
  const isDates = fromMicros % microsPerDay === 0 && toMicros % microsPerDay === 0
  const dayOfInstant = (micros: number) => parseInstant(localPeriod('day', micros, zone))! / microsPerDay
  if (!isDates) return { fromDay: dayOfInstant(fromMicros), toDay: dayOfInstant(toMicros - 1) + 1 }
  return { fromDay: fromMicros / microsPerDay, toDay: toMicros / microsPerDay }
}

/** The first moment of a date in the zone. */
export function startOfDate(day: number, zone: string): number {
  const noon = (day + 0.5) * microsPerDay
  // Noon in UTC is that date everywhere but far in the east, where the next has begun.
  return dayStart(localPeriod('day', noon, zone) === dateText(noon) ? noon : noon - microsPerDay, zone)
}

/** Lines for calls to models; the others (tax, credits, purchases) stand beside them. */
export const isUsage = ({ category }: Pick<BilledLine, 'category'>): boolean => category === 'usage'

// Hours of the week in a time zone, and when traffic begins and ends, in; how many replicas from which second on, out.
import type { ScheduleStep } from '../core/serving/fleet/autoscaler.ts'
import { knownZone } from '../ledger/calendar.ts'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export interface WeekSchedule {
  /** IANA zone that the hours are of. */
  readonly zone: string
  /** Later entries win. `from` and `to` are hours, 0 to 24; `to` before `from` runs into the next day. */
  readonly hours: readonly {
    readonly days?: readonly (typeof weekdays)[number][] | undefined
    readonly from: number
    readonly to: number
    readonly replicas: number
  }[]
  /** At all other times. */
  readonly otherwise: number
}

const quarter = 900e6

/**
 * Steps from `fromMicros` (second 0) to `toMicros`. Clocks are looked at every quarter of an hour, so that changes to and
 * from summer time are kept. @throws Fault UNKNOWN_ZONE
 */
export function scheduleSteps(schedule: WeekSchedule, fromMicros: number, toMicros: number): readonly ScheduleStep[] {
  const clock = clockOf(schedule.zone)
  const steps: { fromSeconds: number; replicas: number }[] = []
  for (let at = Math.floor(fromMicros / quarter) * quarter; at <= toMicros; at += quarter) {
    const { day, hour } = clock(at)
    const replicas = schedule.hours.reduce((count, { days = weekdays, from, to, replicas: stated }) => {
      const open = days.includes(weekdays[day]!)
      const isSame = open && hour >= from && (hour < to || to < from)
      const isNext = to < from && days.includes(weekdays[(day + 6) % 7]!) && hour < to
      return isSame || isNext ? stated : count
    }, schedule.otherwise)
    if (steps.at(-1)?.replicas !== replicas) steps.push({ fromSeconds: Math.max(0, at - fromMicros) / 1e6, replicas })
  }
  return steps
}

/** Day of the week (Monday 0) and hour with its fraction, in the zone. */
function clockOf(zone: string): (micros: number) => { day: number; hour: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: knownZone(zone),
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return micros => {
    const parts = Object.fromEntries(format.formatToParts(micros / 1000).map(({ type, value }) => [type, value]))
    const day = (weekdays as readonly string[]).indexOf(parts.weekday!.toLowerCase())
    return { day, hour: Number(parts.hour) + Number(parts.minute) / 60 }
  }
}

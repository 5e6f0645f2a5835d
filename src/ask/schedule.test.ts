import { expect, test } from 'vitest'
import { scheduleSteps, type WeekSchedule } from './schedule.ts'

const hour = 3600e6
const at = (text: string): number => Date.parse(text) * 1000
const hoursOf = (schedule: WeekSchedule, from: string, hours: number) =>
  scheduleSteps(schedule, at(from), at(from) + hours * hour).map(({ fromSeconds, replicas }) => [
    fromSeconds / 3600,
    replicas,
  ])

const office: WeekSchedule = {
  zone: 'Europe/Berlin',
  hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: 8, to: 18, replicas: 4 }],
  otherwise: 1,
}

test('hours are those of the zone, whatever the clock says in UTC', () => {
  // Monday 2 November 2026, 00:00 UTC is 01:00 in Berlin.
  expect(hoursOf(office, '2026-11-02T00:00:00Z', 24)).toEqual([
    [0, 1],
    [7, 4],
    [17, 1],
  ])
  // In July Berlin is two hours ahead.
  expect(hoursOf(office, '2026-07-06T00:00:00Z', 24)).toEqual([
    [0, 1],
    [6, 4],
    [16, 1],
  ])
})

test('the clocks go back in the night to Sunday 25 October 2026: Monday begins an hour later in UTC', () => {
  const steps = hoursOf(office, '2026-10-23T00:00:00Z', 96)
  expect(steps).toEqual([
    [0, 1],
    [6, 4],
    [16, 1],
    [72 + 7, 4],
    [72 + 17, 1],
  ])
})

test('a window over midnight is of the day on which it begins; later entries win', () => {
  const night: WeekSchedule = {
    zone: 'UTC',
    hours: [
      { days: ['fri'], from: 22, to: 6, replicas: 2 },
      { days: ['sat'], from: 2, to: 3, replicas: 5 },
    ],
    otherwise: 0,
  }
  // Friday 6 November 2026.
  expect(hoursOf(night, '2026-11-06T00:00:00Z', 72)).toEqual([
    [0, 0],
    [22, 2],
    [26, 5],
    [27, 2],
    [30, 0],
  ])
})

test('traffic that begins within an hour begins with its replicas; a zone that nobody knows is named', () => {
  expect(hoursOf(office, '2026-11-02T07:20:00Z', 1)).toEqual([[0, 4]])
  expect(() => hoursOf({ ...office, zone: 'Mars/Base' }, '2026-11-02T07:20:00Z', 1)).toThrow(/Mars\/Base/)
})

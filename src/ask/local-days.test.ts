import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localPeriod } from '../ledger/calendar.ts'
import { dayStart, localDays } from './local-days.ts'

const at = (text: string) => Date.parse(text) * 1000
const hours = (days: ReturnType<typeof localDays>) => days.map(day => (day.toMicros - day.fromMicros) / 3.6e9)

test('days of Oslo: 23 hours when clocks go forward, 25 when they go back', () => {
  const spring = localDays(at('2026-03-28T00:00:00+01:00'), at('2026-03-31T00:00:00+02:00'), 'Europe/Oslo')
  expect(spring.map(day => day.date)).toEqual(['2026-03-28', '2026-03-29', '2026-03-30'])
  expect(hours(spring)).toEqual([24, 23, 24])
  expect(hours(localDays(at('2026-10-24T00:00:00+02:00'), at('2026-10-27T00:00:00+01:00'), 'Europe/Oslo'))).toEqual([
    24, 25, 24,
  ])
})

test('a day without a midnight begins when it begins, and offsets of half an hour and less are exact', () => {
  // Cairo goes forward at midnight: the last Friday of April begins at 01:00 (tzdata 2023c).
  const cairo = localDays(at('2026-04-23T00:00:00+02:00'), at('2026-04-26T00:00:00+03:00'), 'Africa/Cairo')
  expect(hours(cairo)).toEqual([24, 23, 24])
  // Lord Howe's clocks move by half an hour.
  expect(
    hours(localDays(at('2026-04-04T00:00:00+11:00'), at('2026-04-06T00:00:00+10:30'), 'Australia/Lord_Howe')),
  ).toEqual([24, 24.5])
  expect(hours(localDays(at('2026-01-05T00:00:00+05:45'), at('2026-01-07T00:00:00+05:45'), 'Asia/Kathmandu'))).toEqual([
    24, 24,
  ])
})

test('the days of any span are contiguous, cover it, and each has one date', () => {
  const zones = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Europe/Oslo',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'Pacific/Apia',
  )
  const start = fc.integer({ min: Date.UTC(2024, 0, 1) / 60_000, max: Date.UTC(2027, 0, 1) / 60_000 })
  fc.assert(
    fc.property(zones, start, fc.integer({ min: 1, max: 20_000 }), (zone, minute, length) => {
      const [from, to] = [minute * 6e7, (minute + length) * 6e7]
      const days = localDays(from, to, zone)
      expect(days[0]!.fromMicros).toBe(from)
      expect(days.at(-1)!.toMicros).toBe(to)
      days.forEach((day, i) => {
        if (i > 0) expect(day.fromMicros).toBe(days[i - 1]!.toMicros)
        expect(localPeriod('day', day.fromMicros, zone)).toBe(day.date)
        expect(localPeriod('day', day.toMicros - 1, zone)).toBe(day.date)
      })
      expect(new Set(days.map(day => day.date)).size).toBe(days.length)
      expect(localPeriod('day', dayStart(from, zone) - 1, zone)).not.toBe(days[0]!.date)
      expect(localPeriod('day', dayStart(from, zone), zone)).toBe(days[0]!.date)
    }),
    { numRuns: 60 },
  )
})

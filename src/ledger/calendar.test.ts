import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localPeriod, periodAround } from './calendar.ts'

const micros = (text: string) => Date.parse(text) * 1000
const around = (unit: 'day' | 'week' | 'month', at: string, zone: string) => {
  const { fromMicros, toMicros } = periodAround(unit, micros(at), zone)
  return [new Date(fromMicros / 1000).toISOString(), new Date(toMicros / 1000).toISOString()]
}

test('a period begins and ends at midnight of its zone, be the day 23 or 25 hours long', () => {
  expect(around('day', '2026-03-29T12:00Z', 'Europe/Berlin')).toEqual([
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ])
  expect(around('day', '2026-10-25T12:00Z', 'Europe/Berlin')).toEqual([
    '2026-10-24T22:00:00.000Z',
    '2026-10-25T23:00:00.000Z',
  ])
  expect(around('month', '2026-03-31T22:30Z', 'Europe/Berlin')[0]).toBe('2026-03-31T22:00:00.000Z')
  // ISO 8601: the week that holds 2027-01-01 begins on Monday, 2026-12-28.
  expect(around('week', '2027-01-01T00:00Z', 'UTC')).toEqual(['2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z'])
})

test('a day whose midnight the clocks skip begins when they do; one with two midnights at the first', () => {
  // IANA: Chile moves from 24:00 to 01:00 on the first Sunday of September; Cuba from 01:00 back to 00:00 in November.
  expect(around('day', '2026-09-06T12:00Z', 'America/Santiago')[0]).toBe('2026-09-06T04:00:00.000Z')
  expect(around('day', '2026-11-01T12:00Z', 'America/Havana')[0]).toBe('2026-11-01T04:00:00.000Z')
})

test('any instant lies in its period, and the platform’s calendar names all of the period alike and nothing beside it', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/Santiago',
    'America/Havana',
    'Asia/Kathmandu',
    'Africa/Cairo',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom('day', 'week', 'month'),
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (unit, zone, ms, part) => {
        const at = ms * 1000
        const { fromMicros, toMicros } = periodAround(unit, at, zone)
        expect(fromMicros <= at && at < toMicros).toBe(true)
        const name = localPeriod(unit, at, zone)
        const inside = Math.floor((fromMicros + part * (toMicros - fromMicros - 1)) / 1000) * 1000
        expect([fromMicros, inside, toMicros - 1000].map(one => localPeriod(unit, one, zone))).toEqual([
          name,
          name,
          name,
        ])
        expect(localPeriod(unit, fromMicros - 1000, zone)).not.toBe(name)
        expect(localPeriod(unit, toMicros, zone)).not.toBe(name)
      },
    ),
    { numRuns: 400 },
  )
})

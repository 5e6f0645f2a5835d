import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dateOf,
  dayOf,
  instant,
  instantText,
  isOpen,
  parseInstant,
  type WeeklyWindow,
  windowEdges,
} from './calendar.ts'

const days = fc.integer({ min: -200_000, max: 2_000_000 })

test('dates agree with the calendar of the engine', () => {
  fc.assert(
    fc.property(days, day => {
      const [y, m, d] = dateOf(day)
      const js = new Date(day * 86_400_000)
      return dayOf(y, m, d) === day && y === js.getUTCFullYear() && m === js.getUTCMonth() + 1 && d === js.getUTCDate()
    }),
  )
})

test('times are read as the engine reads RFC 3339, to the microsecond', () => {
  for (const text of ['2026-08-16T16:00:00Z', '2026-02-28T23:59:59.999Z', '2026-11-23T03:59:59+08:00', '2026-11-23']) {
    expect(parseInstant(text), text).toBe(Date.parse(text) * 1000)
  }
  expect(parseInstant('2026-11-23T00:00:00.000001Z')).toBe(Date.parse('2026-11-23') * 1000 + 1)
  expect(parseInstant('2026-08-16T16:00Z')).toBe(Date.parse('2026-08-16T16:00:00Z') * 1000)
  expect(parseInstant('2026-08-16 16:00:00')).toBe(Date.parse('2026-08-16T16:00:00Z') * 1000)
})

test('a day that does not exist is refused', () => {
  for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', 'today', '2026-01-01T25:00Z', '']) {
    expect(parseInstant(text), text).toBeNull()
  }
  expect(() => instant('tomorrow', '--at')).toThrow('expected a date')
})

test('an instant prints as the text that reads back to it', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e15 }), at => parseInstant(instantText(at)) === at))
})

const peak: WeeklyWindow = {
  weekdays: [1, 2, 3, 4, 5],
  spans: [
    [3600, 4 * 3600],
    [6 * 3600, 10 * 3600],
  ],
  exceptDays: [dayOf(2026, 10, 5)],
}

test('a window holds from its first second to before its last, on its weekdays, but not on holidays', () => {
  const open = (text: string): boolean => isOpen(peak, instant(text))
  expect(open('2026-11-16T01:00:00Z')).toBe(true) // a Monday
  expect(open('2026-11-16T03:59:59.999999Z')).toBe(true)
  expect(open('2026-11-16T04:00:00Z')).toBe(false)
  expect(open('2026-11-14T02:00:00Z')).toBe(false) // a Saturday
  expect(open('2026-10-05T02:00:00Z')).toBe(false) // a holiday Monday
})

test('a span over midnight belongs to the day on which it starts', () => {
  const night: WeeklyWindow = { weekdays: [5], spans: [[22 * 3600, 2 * 3600]], exceptDays: [] }
  expect(isOpen(night, instant('2026-11-20T23:00Z'))).toBe(true) // Friday night
  expect(isOpen(night, instant('2026-11-21T01:59Z'))).toBe(true) // and Saturday's small hours
  expect(isOpen(night, instant('2026-11-20T01:00Z'))).toBe(false)
})

test('between two edges a window neither opens nor closes', () => {
  const from = instant('2026-10-01')
  const to = instant('2026-10-15')
  const edges = [from, ...windowEdges([peak], from, to), to]
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: edges.length - 2 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (i, share) => {
        const at = Math.floor(edges[i]! + share * (edges[i + 1]! - edges[i]!))
        return isOpen(peak, at) === isOpen(peak, edges[i]!)
      },
    ),
  )
})

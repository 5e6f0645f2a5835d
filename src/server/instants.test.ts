import { expect, test } from 'vitest'
import { microsOf, rangeMicros } from './instants.ts'

// Expected instants are GNU date's: TZ=<zone> date -d '<text>' +%s
test.each([
  ['2026-11-01', 'UTC', 1793491200],
  ['2026-11-01', 'Europe/Oslo', 1793487600],
  ['2026-03-29', 'Europe/Oslo', 1774738800],
  ['2026-03-29T12:00', 'Europe/Oslo', 1774778400],
  ['2026-11-01', 'America/New_York', 1793505600],
  ['2026-11-02', 'America/New_York', 1793595600],
  ['2026-06-15T08:30:15', 'Asia/Kolkata', 1781492415],
  ['2026-11-01T08:30:00Z', 'Asia/Kolkata', 1793521800],
])('%s in %s is that moment', (text, zone, seconds) => {
  expect(microsOf(text, zone, '--from')).toBe(seconds * 1e6)
})

test.each([
  '2026-02-30',
  '2026-13-01',
  '2026-00-10',
  '2026-02-30T00:00:00Z',
  'yesterday',
  '2026-11-01T25:00',
  '',
])('"%s" is refused', text => {
  expect(() => microsOf(text, 'UTC', '--from')).toThrow('is not a time')
})

test('an unknown zone is refused', () => {
  expect(() => microsOf('2026-11-01', 'Europe/Olso', '--from')).toThrow('not a time zone')
})

test('a range that ends before it begins is refused, not answered with nothing', () => {
  expect(() => rangeMicros('2026-11-02', '2026-11-01')).toThrow('nothing lies from 2026-11-02 up to 2026-11-01')
  expect(() => rangeMicros('2026-11-01', '2026-11-01')).toThrow('nothing lies')
  expect(rangeMicros('2026-11-01', undefined)).toEqual({ fromMicros: 1793491200e6, toMicros: null })
})

// Hours of traffic and the bill that a provider in another zone would make of them, summed here day by day.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dayShift, offsetText } from './billed-days.ts'

const hour = 3_600_000_000
const start = Date.parse('2026-11-02T00:00:00Z') * 1000

/** A bill over `days` days that begin `shift` hours after UTC's, at `rate` of what was metered. */
function billOf(traffic: readonly number[], days: number, shift: number, rate: number) {
  const hours = traffic.map((amount, i) => ({ atMicros: start + (i - 24) * hour, model: 'm', amount }))
  const amounts = Array.from({ length: days }, (_, k) => {
    const from = start + (k * 24 + shift) * hour
    const own = hours.filter(one => one.atMicros >= from && one.atMicros < from + 24 * hour)
    return new Map([['m', rate * own.reduce((sum, one) => sum + one.amount, 0)]])
  })
  return { days: { fromMicros: start, amounts }, hours }
}

/** Office hours, and no two days alike: of days that are all the same nobody can tell where they begin. */
const traffic = (days: number, levels: readonly number[]): number[] =>
  Array.from({ length: (days + 2) * 24 }, (_, i) => {
    const [day, at] = [Math.floor(i / 24), i % 24]
    return (at >= 8 && at < 20 ? 10 : 2) * levels[day % levels.length]!
  })

test('days of another zone are found, whatever the discount', () => {
  const levels = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 16, maxLength: 16 })
  const shifts = fc.integer({ min: -14, max: 12 }).filter(shift => Math.abs(shift) >= 3)
  fc.assert(
    fc.property(levels, shifts, fc.constantFrom(1, 0.8, 1.25), (own, shift, rate) => {
      fc.pre(own.every((level, i) => i === 0 || Math.abs(level - own[i - 1]!) >= 3))
      const { days, hours } = billOf(traffic(14, own), 14, shift, rate)
      expect(dayShift(days, hours)?.hours).toBe(shift)
    }),
    { numRuns: 100 },
  )
})

test('days as they were read, and less than a week, shift nothing', () => {
  const levels = [3, 9, 1, 14, 6, 2, 11]
  for (const rate of [1, 0.7]) {
    const same = billOf(traffic(14, levels), 14, 0, rate)
    expect(dayShift(same.days, same.hours)).toBeNull()
  }
  const short = billOf(traffic(6, levels), 6, 8, 1)
  expect(dayShift(short.days, short.hours)).toBeNull()
})

test('traffic that nobody metered is not taken for another zone', () => {
  const levels = [3, 9, 1, 14, 6, 2, 11]
  const { days, hours } = billOf(traffic(14, levels), 14, 0, 1)
  const noisy = days.amounts.map((day, k) => new Map([['m', day.get('m')! + [400, 0, 900, 0, 0, 1500, 100][k % 7]!]]))
  expect(dayShift({ ...days, amounts: noisy }, hours)).toBeNull()
})

test('a day that begins at eight in UTC is one of UTC-08:00', () => {
  expect([8, -9, 12, -14].map(offsetText)).toEqual(['UTC-08:00', 'UTC+09:00', 'UTC-12:00', 'UTC+14:00'])
})

test('models that one side alone knows, or that are billed on one day, do not make a week of a few days', () => {
  const at = (day: number, hours: number) => start + (day * 24 + hours) * hour
  const hours = [
    { atMicros: at(0, 10), model: 'a', amount: 3.5 },
    { atMicros: at(0, 11), model: 'b', amount: 0.36 },
    { atMicros: at(1, 10), model: 'a', amount: 3.5 },
    { atMicros: at(1, 10), model: 'c', amount: 0.42 },
    { atMicros: at(2, 10), model: 'd', amount: 0.02 },
  ]
  const amounts = [
    new Map([
      ['a', 3.5],
      ['b', 0.36],
    ]),
    new Map([
      ['a', 3.5],
      ['b', 3],
      ['c', 0.42],
    ]),
    new Map([
      ['d', 0.02],
      ['x', 0.7],
      ['y', 0.4],
    ]),
  ]
  expect(dayShift({ fromMicros: start, amounts }, hours)).toBeNull()
})

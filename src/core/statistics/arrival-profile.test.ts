import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawArrivals, flatProfile, partOf, peakToMean, profileOfCurve } from './arrival-profile.ts'
import { stream } from './random.ts'

test('parts of a sum differ by one at most and add up to it (law 2)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 }), fc.integer({ min: 1, max: 400 }), (sum, n) => {
      const parts = Array.from({ length: n }, (_, k) => partOf(sum, n, k))
      expect(parts.reduce((a, b) => a + b, 0)).toBe(sum)
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1)
    }),
  )
})

const monday = Date.UTC(2026, 10, 2) / 1000
const curve = Array.from({ length: 14 * 144 }, (_, i) => ({
  startSecond: i * 600,
  // Ten times as busy from 12 to 13 o'clock; the second Tuesday was not measured.
  requestsPerSecond: Math.floor(i / 144) === 8 ? 0 : Math.floor((i % 144) / 6) === 12 ? 10 : 1,
  cv: 1,
}))

test('a week is the mean of what its steps showed, gaps left out', () => {
  const profile = profileOfCurve('test', 'made up', curve)
  expect(profile.weights).toHaveLength(1008)
  expect(new Set(profile.weights)).toEqual(new Set([1, 10]))
  expect(peakToMean(profile)).toBeCloseTo(10 / (33 / 24), 9)
  expect(peakToMean(flatProfile)).toBe(1)
})

test('arrivals follow the profile inside any stretch, in order, by seed', () => {
  const profile = profileOfCurve('test', 'made up', curve)
  const draw = (seed: number) => drawArrivals(profile, monday, monday + 86_400, 33_000, stream(seed, 'x'))
  const times = draw(1)
  expect([...times]).toEqual([...draw(1)])
  expect([...times]).not.toEqual([...draw(2)])
  expect(times.every((t, i) => t >= (times[i - 1] ?? monday) && t < monday + 86_400)).toBe(true)
  const noon = times.filter(t => t >= monday + 43_200 && t < monday + 46_800).length
  expect(noon / 10_000).toBeCloseTo(1, 1)
  const flat = drawArrivals(flatProfile, monday, monday + 86_400, 24_000, stream(1, 'x'))
  expect(flat.filter(t => t < monday + 43_200).length / 12_000).toBeCloseTo(1, 1)
})

test('a stretch may begin and end anywhere, cross a week and lie before 1970', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e6, max: 2e9 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 0, max: 40 }),
      (from, seconds, count) => {
        const times = drawArrivals(profileOfCurve('test', '', curve), from, from + seconds, count, stream(1, 'y'))
        expect(times).toHaveLength(count)
        expect(times.every(t => t >= from && t <= from + seconds)).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})

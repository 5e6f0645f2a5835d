import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockLength, percentileInterval, resample, resampleBlocks, wilson } from './interval.ts'
import { stream } from './random.ts'
import { moments } from './sample.ts'

test('Wilson intervals are the published ones', () => {
  // Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3: 81/263, 15/148, 0/20, 1/29.
  const published = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const
  for (const [successes, trials, low, high] of published) {
    const got = wilson(successes, trials)!
    expect(got.low).toBeCloseTo(low, 4)
    expect(got.high).toBeCloseTo(high, 4)
  }
})

test('law 4: no trials is no rate', () => {
  expect(wilson(0, 0)).toBeNull()
  expect(percentileInterval([])).toBeNull()
})

test('Wilson stays within 0 and 1 and around the value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
      const { value, low, high } = wilson(Math.round(share * trials), trials)!
      expect(low >= 0 && low <= value && value <= high && high <= 1).toBe(true)
    }),
    { seed: 1 },
  )
})

test('days are resampled from two weeks on, ten minutes before', () => {
  expect(blockLength(2016, 600)).toBe(144)
  expect(blockLength(2015, 600)).toBe(1)
  expect(blockLength(10_000, 60)).toBe(10)
})

test('a resampled series is made of whole days in their order', () => {
  const drawn = resampleBlocks(2016, 144, stream(1, 'days'))
  expect(drawn.length).toBe(2016)
  for (let i = 0; i < 2016; i++) {
    if (i % 144 === 0) expect(drawn[i]! % 144).toBe(0)
    else expect(drawn[i]).toBe(drawn[i - 1]! + 1)
  }
})

test('a cut last day is drawn too, going on at the beginning', () => {
  const seen = new Set<number>()
  for (let i = 0; i < 50; i++) for (const index of resampleBlocks(10, 4, stream(i, 'tail'))) seen.add(index)
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('the bootstrap of a mean has the standard error of the textbook', () => {
  const values = Array.from({ length: 400 }, (_, i) => (i * 7919) % 400)
  const random = stream(2, 'bootstrap')
  const means = Array.from({ length: 600 }, () => moments([...resample(400, random)].map(i => values[i]!)).mean!)
  const { low, high } = percentileInterval(means)!
  const standardError = Math.sqrt(moments(values).variance! / 400)
  expect(Math.abs((high - low) / (2 * 1.96 * standardError) - 1)).toBeLessThan(0.12)
  expect(low < 199.5 && 199.5 < high).toBe(true)
})

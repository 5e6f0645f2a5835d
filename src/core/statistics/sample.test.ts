import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimate } from './estimate.ts'
import { stream } from './random.ts'
import { ecdf, moments, quantile, sorted, weightedDraw, weightedQuantile } from './sample.ts'

test('quantiles are type 7: the examples of numpy and R', () => {
  // numpy.percentile([15, 20, 35, 40, 50], [5, 30, 40, 50, 100]) → 16, 23, 29, 35, 50
  const ascending = sorted([50, 35, 15, 40, 20])
  expect([0.05, 0.3, 0.4, 0.5, 1].map(q => quantile(ascending, q))).toEqual([16, 23, 29, 35, 50])
  // R: quantile(1:10, c(.25, .9)) → 3.25, 9.1
  const ten = sorted([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(quantile(ten, 0.25)).toBe(3.25)
  expect(quantile(ten, 0.9)).toBeCloseTo(9.1, 12)
})

test('sorting is by number, not by text', () => {
  expect([...sorted([10, 9, 100, -1])]).toEqual([-1, 9, 10, 100])
})

test('law 4: a quantile of nothing is unknown, not 0', () => {
  expect(quantile([], 0.5)).toBeNull()
  expect(ecdf([], 1)).toBeNull()
  expect(moments([])).toEqual({ n: 0, mean: null, variance: null })
})

test('mean and variance of the NIST-style offset sample survive cancellation', () => {
  // Chan, Golub & LeVeque's example: 1e9 + {4, 7, 13, 16}, variance 30.
  expect(moments([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toEqual({ n: 4, mean: 1e9 + 10, variance: 30 })
})

test('a weighted quantile is that of the values repeated by their weights', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5 })), { minLength: 1 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (pairs, q) => {
        const repeated = sorted(pairs.flatMap(([value, weight]) => Array<number>(weight).fill(value)))
        const got = weightedQuantile(
          pairs.map(([value]) => value),
          pairs.map(([, weight]) => weight),
          q,
        )
        expect(got).toBe(repeated.length === 0 ? null : repeated[Math.ceil(q * repeated.length) - 1])
      },
    ),
    { seed: 1 },
  )
})

test('ecdf counts what is at or below', () => {
  expect([0, 1, 2, 2.5, 3].map(x => ecdf([1, 2, 2, 3], x))).toEqual([0, 0.25, 0.75, 0.75, 1])
})

test('a weighted draw takes each index by its share, and never one that weighs nothing', () => {
  const draw = weightedDraw([1, 0, 2, 7])
  const random = stream(5, 'alias')
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 20_000; i++) counts[draw(random)]! += 1
  expect(counts[1]).toBe(0)
  for (const [i, share] of [
    [0, 0.1],
    [2, 0.2],
    [3, 0.7],
  ] as const) {
    expect(Math.abs(counts[i]! / 20_000 - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 20_000))
  }
})

test('an estimate has 12 significant digits at most, and rounding again changes nothing', () => {
  expect(estimate(1 / 3)).toBe(0.333333333333)
  expect(estimate(123456789012.49)).toBe(123456789012)
  expect(Object.is(estimate(-0), 0)).toBe(true)
  fc.assert(
    fc.property(fc.double({ noNaN: true }), x => Object.is(estimate(estimate(x)), estimate(x))),
    { seed: 1 },
  )
})

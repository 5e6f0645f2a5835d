import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantile, sorted } from '../../statistics/sample.ts'
import { exactUpTo, quantileSketch, sketchError } from './quantile-sketch.ts'

const value = fc.oneof(fc.double({ min: 1e-6, max: 1e11, noNaN: true }), fc.integer({ min: 0, max: 5 }))
const points = [0.5, 0.95, 0.99]

test('few values are kept as they are, many are within the stated error of the exact percentiles, merged or not', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), fc.nat(400), fc.nat(300), (values, at, limit) => {
      const [one, other] = [quantileSketch(limit), quantileSketch(limit)]
      for (const [i, v] of values.entries()) (i < at ? one : other).add(v)
      one.merge(other)
      expect(one.count()).toBe(values.length)
      expect(one.error()).toBe(values.length <= limit ? 0 : sketchError)
      const { p50, p95, p99 } = one.percentiles()
      const exact = points.map(q => quantile(sorted(values), q))
      for (const [i, got] of [p50!, p95!, p99!].entries()) {
        expect(Math.abs(got - exact[i]!)).toBeLessThanOrEqual(one.error() * exact[i]! * (1 + 1e-9) + 1e-6)
      }
    }),
    { numRuns: 500, seed: 3 },
  )
})

test('a million values are exact, and no values have no percentiles', () => {
  expect(exactUpTo).toBe(1_000_000)
  expect(quantileSketch().percentiles()).toEqual({ p50: null, p95: null, p99: null })
})

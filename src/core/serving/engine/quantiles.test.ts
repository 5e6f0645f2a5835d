import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantile, sorted } from '../../statistics/sample.ts'
import { percentiles } from './quantiles.ts'

test('selection gives the same percentiles as sorting, ties and all', () => {
  const value = fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 5 }))
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), values => {
      const ascending = sorted(values)
      const got = percentiles(Float64Array.from([...values, -1, 1e9]), values.length)
      expect([got.p50, got.p95, got.p99]).toEqual([0.5, 0.95, 0.99].map(q => quantile(ascending, q)))
    }),
    { numRuns: 300, seed: 4 },
  )
})

test('no values have no percentiles: unknown is not 0', () => {
  expect(percentiles(new Float64Array(0))).toEqual({ p50: null, p95: null, p99: null })
})

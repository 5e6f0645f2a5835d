import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bcaInterval, drawCounts, percentileBounds } from './bootstrap.ts'
import { wilson, Z95 } from './interval.ts'
import { stream } from './random.ts'
import { correlationOf, deltaInterval, fieller, pairMoments, ratioOfIntervals } from './ratio.ts'

/** Costs and outcomes of forty tasks, for which scipy 1.17.1 gives the intervals below (`scipy.stats.bootstrap`, 200,000 draws). */
const over = [
  1.702, 1.3482, 1.2923, 0.6977, 1.079, 0.371, 1.062, 3.8199, 1.0392, 0.5377, 1.6321, 1.4289, 1.1112, 0.3944, 0.9712,
  3.4073, 0.2607, 1.0758, 0.1494, 0.4682, 0.2695, 1.3438, 0.2815, 1.3116, 1.1697, 0.8295, 0.0807, 0.992, 0.9527, 1.904,
  0.2165, 1.0543, 0.639, 0.4454, 4.9113, 0.7582, 1.6456, 2.4215, 0.5579, 0.8943,
]
const under = [
  0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1,
  1,
]

test('Fieller’s interval ends where a z-test of cost − r × success does, found by scipy’s root finder', () => {
  const found = fieller(pairMoments({ over, under }))!
  expect(found.low).toBeCloseTo(1.3144524365748302, 10)
  expect(found.high).toBeCloseTo(3.121448438469345, 10)
})

test('Fieller’s interval is that test’s at any data, and unbounded exactly when no success at all cannot be told apart', () => {
  const unit = fc.record({ cost: fc.integer({ min: 1, max: 1000 }), passed: fc.boolean() })
  fc.assert(
    fc.property(fc.array(unit, { minLength: 2, maxLength: 40 }), units => {
      const pair = { over: units.map(({ cost }) => cost), under: units.map(({ passed }) => (passed ? 1 : 0)) }
      const moments = pairMoments(pair)
      const found = fieller(moments)
      const tooFew = moments.under ** 2 <= Z95 ** 2 * moments.spread!.under
      expect(found === null).toBe(tooFew)
      if (found === null || units.every(({ cost, passed }) => passed && cost === units[0]!.cost)) return
      for (const r of [found.low, found.high]) {
        const rest = pair.over.map((c, i) => c - r * pair.under[i]!)
        const mean = rest.reduce((a, b) => a + b, 0) / rest.length
        const variance = rest.reduce((sum, e) => sum + (e - mean) ** 2, 0) / (rest.length - 1) / rest.length
        expect(mean ** 2).toBeCloseTo(Z95 ** 2 * variance, 4)
      }
    }),
  )
})

test('BCa and percentile bootstrap agree with scipy’s on the same tasks', () => {
  const n = over.length
  const random = stream(1, 'ratio')
  const counts = new Int32Array(n)
  const replicates = Float64Array.from({ length: 20_000 }, () => {
    drawCounts(counts, random)
    const sum = (values: readonly number[]) => values.reduce((total, x, i) => total + x * counts[i]!, 0)
    return sum(over) / sum(under)
  })
  const [all, successes] = [over, under].map(values => values.reduce((a, b) => a + b, 0)) as [number, number]
  const leftOut = over.map((c, i) => (all - c) / (successes - under[i]!))
  const bca = bcaInterval(replicates, all / successes, leftOut)!
  expect(bca.low! / 1.3810881119503695).toBeCloseTo(1, 1.7)
  expect(bca.high! / 3.2366877111226406).toBeCloseTo(1, 1.7)
  const plain = percentileBounds(replicates)
  expect(plain.low! / 1.3496826896551726).toBeCloseTo(1, 1.7)
  expect(plain.high! / 3.136302205882352).toBeCloseTo(1, 1.7)
})

test('a bound that replicates without a success make infinite is no number', () => {
  const replicates = Float64Array.from({ length: 1000 }, (_, i) => (i < 500 ? 2 + i / 1000 : Number.POSITIVE_INFINITY))
  expect(percentileBounds(replicates)).toEqual({ low: expect.any(Number), high: null })
  expect(bcaInterval(replicates, 2.2, [2, 2.1, 2.3])!.high).toBeNull()
})

test('at many tasks Fieller, the delta method and MOVER agree within 2 %', () => {
  const random = stream(2, 'many')
  const units = Array.from({ length: 5000 }, () => {
    const passed = random.uniform() < 0.6 ? 1 : 0
    return { cost: random.gamma(2, passed === 1 ? 1 : 1.7), passed }
  })
  const moments = pairMoments({ over: units.map(({ cost }) => cost), under: units.map(({ passed }) => passed) })
  const exact = fieller(moments)!
  const error = Math.sqrt(moments.spread!.over)
  const mover = ratioOfIntervals(
    { value: moments.over, low: moments.over - Z95 * error, high: moments.over + Z95 * error },
    wilson(moments.under * 5000, 5000)!,
    correlationOf(moments),
  )!
  for (const other of [deltaInterval(moments)!, mover]) {
    expect(other.low / exact.low).toBeCloseTo(1, 2)
    expect(other.high / exact.high).toBeCloseTo(1, 2)
  }
})

test('a cost that never varies leaves the pass rate’s interval alone', () => {
  const rate = wilson(12, 20)!
  const found = ratioOfIntervals({ value: 3, low: 3, high: 3 }, rate, 0)!
  expect(found.low).toBeCloseTo(3 / rate.high, 12)
  expect(found.high).toBeCloseTo(3 / rate.low, 12)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { atFactor, rateOf } from './pace.ts'

function bunched(n: number, perSecond: number) {
  const random = stream(4, 'bunched')
  let at = 0
  const atSeconds = Float64Array.from({ length: n }, () => (at += random.gamma(0.2, 5 / perSecond)))
  const lengths = Int32Array.from({ length: n }, () => 1 + random.integer(500))
  return { n, atSeconds, inputTokens: lengths, outputTokens: lengths }
}

const base = bunched(2500, 3)

test('traffic at a factor has that many times the rate and the same mean length', () => {
  for (const factor of [0.05, 0.4, 1, 1.7, 4, 30]) {
    const made = atFactor(base, factor, 1)
    expect(rateOf(made)! / rateOf(base)! / factor).toBeGreaterThan(0.85)
    expect(rateOf(made)! / rateOf(base)! / factor).toBeLessThan(1.15)
    const mean = made.inputTokens.reduce((a, b) => a + b, 0) / made.n
    expect(mean).toBeGreaterThan(225)
    expect(mean).toBeLessThan(275)
  }
})

test('a factor of one is the traffic itself', () => {
  const made = atFactor(base, 1, 1)
  expect(made.n).toBe(base.n)
  expect(made.atSeconds[99]).toBeCloseTo(base.atSeconds[99]! - base.atSeconds[0]!, 9)
})

test('thinned traffic is a part of less thinned traffic, in order of time', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.3, max: 0.6, noNaN: true }),
      fc.double({ min: 0.61, max: 1, noNaN: true }),
      (a, b) => {
        const light = atFactor(base, a, 7)
        const heavy = new Set(atFactor(base, b, 7).atSeconds)
        for (let i = 0; i < light.n; i++) {
          if (!heavy.has(light.atSeconds[i]!)) return false
          if (i > 0 && light.atSeconds[i]! < light.atSeconds[i - 1]!) return false
        }
        return true
      },
    ),
    { numRuns: 20 },
  )
})

test('a beginning that is quieter than the rest does not make copied traffic quieter', () => {
  // The first half at one request a second, the second half at nine.
  const atSeconds = Float64Array.from({ length: 2500 }, (_, i) => (i < 1250 ? i : 1250 + (i - 1250) / 9))
  const lengths = new Int32Array(2500).fill(100)
  const slowStart = { n: 2500, atSeconds, inputTokens: lengths, outputTokens: lengths }
  for (const factor of [2, 3.5, 6]) {
    const ratio = rateOf(atFactor(slowStart, factor, 1))! / rateOf(slowStart)! / factor
    expect(ratio).toBeGreaterThan(0.9)
    expect(ratio).toBeLessThan(1.1)
  }
})

import { expect, test } from 'vitest'
import { drawCount, gammaFunction, gapsOfVariation, spreadByGaps } from './gaps.ts'
import { stream } from './random.ts'

test('the gamma function has its tabled values', () => {
  // Abramowitz & Stegun, table 6.1, and factorials.
  const tabled = [
    [0.5, Math.sqrt(Math.PI)],
    [1, 1],
    [1.5, 0.886226925452758],
    [5, 24],
    [11, 3_628_800],
  ] as const
  for (const [x, value] of tabled) expect(Math.abs(gammaFunction(x) / value - 1), `Γ(${x})`).toBeLessThan(1e-13)
})

test('at scale 1 a count is what was measured; scaled, its mean is in proportion', () => {
  const random = stream(1, 'counts')
  expect(drawCount(51, 1, random)).toBe(51)
  expect(drawCount(0.08333 * 600, 1, random)).toBe(50)
  expect(drawCount(40, 2.5, random)).toBe(100)
  expect(drawCount(40, 0, random)).toBe(0)
  let sum = 0
  for (let i = 0; i < 20_000; i++) sum += drawCount(40, 0.3, random)
  // Binomial: mean 12, variance 8.4.
  expect(Math.abs(sum / 20_000 - 12)).toBeLessThan(4 * Math.sqrt(8.4 / 20_000))
})

test('less than one expected request is one now and then, never always or never', () => {
  const random = stream(2, 'rare')
  let sum = 0
  for (let i = 0; i < 10_000; i++) sum += drawCount(0.25, 1, random)
  expect(Math.abs(sum / 10_000 - 0.25)).toBeLessThan(0.02)
})

test('spread arrivals ascend within their time, however bursty', () => {
  for (const cv of [0.5, 1, 8, 33]) {
    const out: number[] = []
    spreadByGaps(gapsOfVariation(cv), 500, 600, stream(3, `cv ${cv}`), out)
    expect(out.length).toBe(500)
    expect(out.every((at, i) => at >= (out[i - 1] ?? 0) && at < 600)).toBe(true)
  }
})

import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import { choose, evidenceForTest } from './evidence-for-test.ts'

test("the whole market's spread is told beside the answer, with what each end would cost, and no band is drawn from it", () => {
  const [sensitivity] = decide(evidenceForTest(), choose(), { draws: 5 }).sensitivities
  expect(sensitivity).toMatchObject({
    gpu: 'h100',
    low: { usdPerGpuHour: 2, source: 'runpod 2' },
    high: { usdPerGpuHour: 9, source: 'aws 9' },
    against: 'metered',
  })
  for (const end of [sensitivity!.low, sensitivity!.high]) {
    const stated = choose({ usdPerGpuHour: end.usdPerGpuHour, gpusPerInstance: 8 })
    const fleet = decide(evidenceForTest(), stated, { draws: 5 }).options.find(({ kind }) => kind === 'self-host')!
    expect(end.usd).toBe(fleet.usd)
  }
  // Providers limit the band, not the market.
  const limited = decide(evidenceForTest(), choose({ providers: ['lambda'] }), { draws: 200 })
  expect(limited.sensitivities[0]!.high.usdPerGpuHour).toBe(9)
})

test('whether the price alone decides is said by comparing both ends with the same API', () => {
  const at = (usdPerMtok: number) =>
    decide(evidenceForTest({ api: [{ usdPerMtok }] }), choose(), { draws: 5 }).sensitivities[0]!
  const between = (at(0.6).low.usd! + at(0.6).high.usd!) / 2
  const decisive = at((0.6 * between) / at(0.6).againstUsd!)
  expect(decisive.decides).toBe(true)
  expect(at(100).decides).toBe(false)
  expect(at(0.0001).decides).toBe(false)
})

test('an odd offer is no end of the market, an undated one neither, and one price is no spread', () => {
  const [first, ...others] = evidenceForTest().leases
  const odd = { ...others[1]!, usdPerGpuHour: '0.01', isOdd: true }
  const undated = { ...others[1]!, usdPerGpuHour: '0.02', asOf: null }
  const [found] = decide(evidenceForTest({ leases: [first!, ...others, odd, undated] }), choose(), {
    draws: 5,
  }).sensitivities
  expect(found!.low.usdPerGpuHour).toBe(2)
  expect(decide(evidenceForTest({ leases: [first!] }), choose(), { draws: 5 }).sensitivities).toEqual([])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import { bare, choose, evidenceForTest } from './evidence-for-test.ts'

const draws = { draws: 200 }
const row = (provider: string, usdPerGpuHour: string) => ({
  ...evidenceForTest().leases[0]!,
  id: provider,
  provider,
  usdPerGpuHour,
})

/** A month in which a fleet and what is paid today cost about the same. */
function closeCall(leases: ReturnType<typeof row>[], band: number) {
  const volume = { tokensPerMonth: 5e11 }
  const asked = (usdPerMtok: number) => evidenceForTest({ api: [{ usdPerMtok }], leases, replicas: [{ band }] })
  const { options } = decide(asked(1), choose({ ...bare, ...volume }), { draws: 5 })
  const [api, fleet] = [options.find(({ kind }) => kind === 'api')!, options.find(({ kind }) => kind === 'self-host')!]
  return decide(asked(fleet.usd! / api.usd!), choose({ ...bare, ...volume }), draws)
}

test('where sellers of GPUs differ and the throughput is known, a quote is what would decide; the other way round a measurement', () => {
  const differ = [row('a', '1'), row('b', '2'), row('c', '3'), row('d', '4'), row('e', '5')]
  expect(closeCall(differ, 0.001).next).toMatchObject({ unknown: 'lease price' })
  expect(closeCall([row('a', '3')], 0.5).next).toMatchObject({ unknown: 'throughput' })
  expect(closeCall(differ, 0.001).next!.chanceOfChange).toBeGreaterThan(0.5)
  expect(closeCall(differ, 0.001).nextMeasurement).toContain('--usd-per-gpu-hour')
})

test('what leaves the answer as it is, however it turns out, is not worth measuring for it', () => {
  const settled = decide(evidenceForTest({ api: [{ usdPerMtok: 0.001 }] }), choose(), draws)
  expect(settled.decision.answer).toBe('no')
  expect(settled.next).toBeNull()
})

test('an hour of traffic that settles the answer makes no week worth waiting for', () => {
  const hour = (usdPerMtok: number) =>
    decide(evidenceForTest({ windows: 6, api: [{ usdPerMtok }, { usdPerMtok }] }), choose(), draws)
  expect(hour(0.0001).decision.answer).toBe('no')
  expect(hour(0.0001).next!.chanceOfChange).toBe(0)
})

test('chances are chances, and knowing nothing new changes nothing', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 20, noNaN: true }),
      fc.double({ min: 0.01, max: 20, noNaN: true }),
      fc.constantFrom(6, 144, 1008),
      (today, hosted, windows) => {
        const evidence = evidenceForTest({ windows, api: [{ usdPerMtok: today }, { usdPerMtok: hosted }] })
        const { next } = decide(evidence, choose(), { draws: 40 })
        if (next?.chanceOfChange == null) return
        expect(next.chanceOfChange).toBeGreaterThanOrEqual(0)
        expect(next.chanceOfChange).toBeLessThanOrEqual(1)
      },
    ),
    { numRuns: 40 },
  )
})

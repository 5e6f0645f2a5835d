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
  expect(hour(0.0001).next).toMatchObject({ unknown: 'hours', chanceOfChange: null })
  expect(hour(0.0001).next!.why).toContain('narrow the bands')
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
        // What cannot change anything is not what to measure.
        expect(next.chanceOfChange).toBeGreaterThan(0)
        expect(next.chanceOfChange).toBeLessThanOrEqual(1)
      },
    ),
    { numRuns: 40 },
  )
})

test('a cheaper offer that only lacks proof changes what is best once it is tried: even odds, though own GPUs stay a no', () => {
  const settled = decide(evidenceForTest({ api: [{ usdPerMtok: 0.1 }, { usdPerMtok: 0.05 }] }), choose(), draws)
  expect(settled).toMatchObject({ best: 'metered', decision: { answer: 'no' }, bestIf: { option: 'hosted 1' } })
  expect(settled.next).toMatchObject({ unknown: 'hosted service', chanceOfChange: 0.5 })
})

test('with many untried offers cheaper than today, a fleet that is far dearer than today is still nothing to measure', () => {
  const untried = [0.1, 0.2, 0.3, 0.4, 0.5].map(usdPerMtok => ({ usdPerMtok }))
  const evidence = evidenceForTest({ api: [{ usdPerMtok: 0.6 }, ...untried] })
  const { options, decision, next } = decide(evidence, choose(), draws)
  const usd = (kind: string) =>
    Math.min(...options.flatMap(one => (one.kind === kind && one.usd !== null ? one.usd : [])))
  expect(decision).toMatchObject({ answer: 'no', confidence: 1 })
  expect(usd('self-host')).toBeGreaterThan(3 * usd('api'))
  expect(next).toMatchObject({ unknown: 'hosted service', chanceOfChange: 0.5 })
})

test('where nobody said which weights run, that is what to say next: no price could be added for calls without a model', () => {
  const [, ...offers] = evidenceForTest({ api: [{}, {}] }).api
  const unpricedModels = [{ model: '(no model named)', calls: 1000, share: 1 }]
  const coverage = { pricedShare: 0, attributedShare: 0, unpricedModels }
  const nobody = decide({ ...evidenceForTest(), todayGroup: null, api: offers, coverage }, choose(), draws)
  expect(nobody.verdict).toContain('--as-model')
  expect(nobody.next).toMatchObject({ unknown: 'weights', command: expect.stringContaining('--as-model') })
  // Run as a model they need no price of their own either.
  const as = decide({ ...evidenceForTest({ leases: [] }), api: offers, coverage }, choose(), draws)
  expect(as.best).toBeNull()
  expect(as.next?.unknown).not.toBe('price')
  // What is paid on a named model is another matter.
  const paid = decide({ ...evidenceForTest({ api: [{ usd: null }], leases: [] }), coverage }, choose(), draws)
  expect(paid.next).toMatchObject({ unknown: 'price' })
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildEngine } from '../serving/engine/engine.ts'
import { drawEscalations } from '../serving/fleet/cascade.ts'
import { simulate } from '../serving/fleet/simulate.ts'
import type { Gpu } from '../serving/hardware/hardware.ts'
import type { Model } from '../serving/hardware/model.ts'
import { type GroupTerms, planMoney, type TokenRates } from './plan-figures.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../data/${name}`, import.meta.url), 'utf8'))
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model: Model = read('models.json').models.find((row: Model) => row.id === 'llama-3.1-8b')
const engine = buildEngine({ gpu, model, tp: 1 })

const n = 400
const arrivals = {
  n,
  atSeconds: Float64Array.from({ length: n }, (_, i) => i * 0.05 + (i > 200 ? 600 : 0)),
  inputTokens: Int32Array.from({ length: n }, (_, i) => 100 + ((i * 7919) % 3000)),
  outputTokens: Int32Array.from({ length: n }, (_, i) => 10 + ((i * 104_729) % 200)),
}
const escalates = drawEscalations(n, 0.3, 5)
const outcome = simulate(
  arrivals,
  {
    groups: [
      { name: 'base', engine, replicas: 1, failures: { meanSecondsBetween: 400 }, coldStartSeconds: 60 },
      {
        name: 'burst',
        engine,
        replicas: 1,
        scaling: { signal: 'concurrency', target: 4, minReplicas: 0, maxReplicas: 2, coldStartSeconds: 5 },
      },
    ],
    overflow: { bound: 12, contextTokens: null, maxOutputTokens: null },
    router: 'least-loaded',
  },
  { escalates },
)

const terms = (usdPerGpuHour: number | null): GroupTerms => ({
  gpu: gpu.id,
  dtype: 'bf16',
  engine: 'vllm',
  gpusPerReplica: 1,
  lease: { usdPerGpuHour, source: '', gpusPerInstance: null, billing: null },
  coldStart: [],
  scaling: null,
  notes: [],
})
const price = fc.integer({ min: 0, max: 2000 }).map(cents => cents / 100)
const money = (base: number | null, burst: number | null, spill: TokenRates | null, escalation: TokenRates | null) =>
  planMoney(outcome, [terms(base), terms(burst)], { spill, escalation })

test('the run has all that is priced', () => {
  expect(outcome.spilled).toBeGreaterThan(10)
  expect(outcome.escalated).toBeGreaterThan(50)
  for (const group of outcome.groups) expect(group.leasedGpuSeconds).toBeGreaterThan(0)
})

test('law 3: the money of each group is its leased hours × its rate, and the whole is the sum of its parts', () => {
  fc.assert(
    fc.property(price, price, price, price, (base, burst, input, output) => {
      const { figures, groups, escalationUsd } = money(base, burst, { input, output }, { input: output, output: input })
      for (const [i, rate] of [base, burst].entries()) {
        expect(groups[i]!.usd).toBeCloseTo((outcome.groups[i]!.leasedGpuSeconds / 3600) * rate, 9)
      }
      expect(figures.gpuUsd).toBeCloseTo(groups[0]!.usd! + groups[1]!.usd!, 9)
      expect(figures.usd).toBeCloseTo(figures.gpuUsd! + figures.spillUsd! + escalationUsd!, 9)
    }),
    { numRuns: 100, seed: 51 },
  )
})

test('law 4: one price that is unknown leaves the sum unknown, unless nothing of it was used', () => {
  const rates = { input: 1, output: 2 }
  expect(money(null, 2, rates, rates).figures.usd).toBeNull()
  expect(money(null, 2, rates, rates).groups.map(({ usd }) => usd === null)).toEqual([true, false])
  expect(money(1, 2, null, rates).figures.usd).toBeNull()
  expect(money(1, 2, rates, null)).toMatchObject({ escalationUsd: null, figures: { usd: null } })
  const idle = { ...outcome, spilled: 0, spilledTokens: { input: 0, output: 0 }, escalated: 0 }
  expect(planMoney(idle, [terms(1), terms(2)], { spill: null, escalation: null }).figures.usd).not.toBeNull()
})

test('law 6: a cheaper lease or API never makes the plan dearer', () => {
  fc.assert(
    fc.property(price, price, price, price, fc.nat({ max: 3 }), price, (base, burst, spill, more, which, off) => {
      const rates = [base, burst, spill, more]
      const cheaper = rates.map((rate, i) => (i === which ? Math.max(0, rate - off) : rate))
      const cost = ([a, b, c, d]: number[]) =>
        money(a!, b!, { input: c!, output: c! }, { input: d!, output: d! }).figures.usd!
      expect(cost(cheaper)).toBeLessThanOrEqual(cost(rates))
    }),
    { numRuns: 100, seed: 52 },
  )
})

test('law 7: a cascade costs what its own calls cost, one by one, and a larger share has all of a smaller', () => {
  // With no lease, and no call sent elsewhere, only the flagged and completed ones are paid for.
  const alone = simulate(arrivals, { engine, replicas: 4, router: 'least-loaded' }, { escalates })
  const { escalationUsd } = planMoney(alone, [terms(0)], { spill: null, escalation: { input: 3, output: 15 } })
  let usd = 0
  for (let id = 0; id < n; id++) {
    if (escalates[id]) usd += (arrivals.inputTokens[id]! * 3 + arrivals.outputTokens[id]! * 15) / 1e6
  }
  expect(escalationUsd).toBeCloseTo(usd, 9)
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
      const [few, many] = [Math.min(a, b), Math.max(a, b)].map(share => drawEscalations(500, share, 9))
      expect(few!.every((flag, i) => flag <= many![i]!)).toBe(true)
    }),
    { numRuns: 50, seed: 53 },
  )
})

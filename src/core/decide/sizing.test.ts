import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadOf } from '../serving/capacity/fleet-size.ts'
import { buildEngine, type Engine } from '../serving/engine/engine.ts'
import { runFleet } from '../serving/fleet/fleet.ts'
import { simulate } from '../serving/fleet/simulate.ts'
import type { Gpu } from '../serving/hardware/hardware.ts'
import type { Model } from '../serving/hardware/model.ts'
import type { Arrivals } from '../serving/traffic/arrivals.ts'
import { windowsMet } from '../serving/traffic/windows.ts'
import { allApi, billOf, type SizingQuestion, sizeFleets, sizingNames } from './sizing.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../data/${name}`, import.meta.url), 'utf8'))
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model: Model = read('models.json').models.find((row: Model) => row.id === 'llama-3.1-8b')
const full = buildEngine({ gpu, model, tp: 1 })
/** Four sequences and a cache of 960 tokens: a burst of a dozen calls already needs company. */
const small: Engine = {
  ...full,
  memory: { ...full.memory, kvBlocks: 60, kvCapacityTokens: 960 },
  maxBatchedTokens: 128,
  maxSequences: 4,
}

/** Quiet stretches and bursts, over several five-minute windows. */
const traffic = fc
  .array(
    fc.record({
      gapSeconds: fc.integer({ min: 0, max: 240 }),
      burst: fc.integer({ min: 1, max: 25 }),
      input: fc.integer({ min: 1, max: 1000 }),
      output: fc.integer({ min: 1, max: 200 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((bursts): Arrivals => {
    let at = 0
    const rows = bursts.flatMap(({ gapSeconds, burst, input, output }) => {
      at += gapSeconds
      return Array.from({ length: burst }, (_, i) => ({ at: at + i / 100, input, output }))
    })
    rows.sort((a, b) => a.at - b.at)
    return {
      n: rows.length,
      atSeconds: Float64Array.from(rows, row => row.at),
      inputTokens: Int32Array.from(rows, row => row.input),
      outputTokens: Int32Array.from(rows, row => row.output),
    }
  })

const objectives = fc.record({
  ttftP95Ms: fc.integer({ min: 60, max: 4000 }),
  tpotP95Ms: fc.integer({ min: 8, max: 60 }),
})

/** A lease of $4 an hour and an API at $2 and $6 a million tokens, unless the test says otherwise. */
function question(arrivals: Arrivals, more: Partial<SizingQuestion> = {}): SizingQuestion {
  return {
    arrivals,
    engine: small,
    router: 'least-loaded',
    objective: { ttftP95Ms: 500, tpotP95Ms: 40 },
    load: loadOf(arrivals, { secondsPerInputToken: 1e-4, secondsPerOutputToken: 2e-3 }),
    usdPerGpuHour: 4,
    elsewhere: { contextTokens: null, maxOutputTokens: null, usdPerMtok: { input: 2, output: 6 } },
    scaling: { coldStartSeconds: 60 },
    ...more,
  }
}

const only = (asked: SizingQuestion, name: (typeof sizingNames)[number]) => sizeFleets(asked, [name])[0]!
const cost = (usd: number | null) => usd ?? Number.POSITIVE_INFINITY

test('laws 2 and 3 on every sizing: each call has one fate, leased = busy + idle + cold, and the bill is lease plus spilled calls to the last digit', () => {
  const seen = { spilled: 0, cold: 0, blends: 0 }
  fc.assert(
    fc.property(traffic, objectives, (arrivals, objective) => {
      const asked = question(arrivals, { objective, usdPerGpuHour: 0.05 })
      for (const { sizing, outcome, bill, problem } of sizeFleets(asked, sizingNames)) {
        if (outcome === null) {
          expect([problem === null, bill.usd]).toEqual([false, null])
          continue
        }
        const o = outcome
        expect(o.completed + o.rejected + o.spilled).toBe(arrivals.n)
        expect(Math.abs(o.busyGpuSeconds + o.idleGpuSeconds + o.coldGpuSeconds - o.leasedGpuSeconds)).toBeLessThan(1e-6)
        expect(bill.gpuUsd).toBeCloseTo((o.leasedGpuSeconds / 3600) * 0.05, 12)
        expect(bill.usd).toBe(bill.gpuUsd! + bill.spillUsd!)
        seen.spilled += o.spilled
        seen.cold += o.coldGpuSeconds
        if (sizing === 'blend' && o.spilled > 0 && o.replicas.max > 0) seen.blends++
      }
    }),
    { numRuns: 60, seed: 31 },
  )
  expect(seen.spilled).toBeGreaterThan(100)
  expect(seen.cold).toBeGreaterThan(100)
  expect(seen.blends).toBeGreaterThan(3)
})

test("law 6: a tighter objective never lowers the cost of the peak's fleet, and the one found is needed: one replica fewer misses", () => {
  let larger = 0
  fc.assert(
    fc.property(traffic, objectives, fc.double({ min: 0.3, max: 1, noNaN: true }), (arrivals, objective, share) => {
      const tighter = { ttftP95Ms: objective.ttftP95Ms * share, tpotP95Ms: objective.tpotP95Ms * share }
      const loose = only(question(arrivals, { objective }), 'peak')
      const tight = only(question(arrivals, { objective: tighter }), 'peak')
      expect(cost(tight.bill.usd)).toBeGreaterThanOrEqual(cost(loose.bill.usd))
      if (cost(tight.bill.usd) > cost(loose.bill.usd)) larger++
      if (loose.outcome === null) return
      const replicas = loose.outcome.replicas.max
      const met = (n: number) =>
        windowsMet(simulate(arrivals, { engine: small, replicas: n, router: 'least-loaded' }, { objective }).late).share
      expect(met(replicas) ?? 1).toBeGreaterThanOrEqual(0.99)
      if (replicas > 1) expect(met(replicas - 1)).toBeLessThan(0.99)
    }),
    { numRuns: 60, seed: 32 },
  )
  expect(larger).toBeGreaterThan(5)
})

// Not a law: one replica more sends calls elsewhere, and now and then a batch meets a longer prompt than it did before. So it
// is stated as what was measured on 4,000 drawn cases: 33 rose (0.8 %), none by more than a fifth of its calls.
test('one replica more makes fewer calls late in all, and more of them in hardly a case', () => {
  let cases = 0
  let rises = 0
  let before = 0
  let after = 0
  fc.assert(
    fc.property(traffic, objectives, fc.integer({ min: 1, max: 8 }), (arrivals, objective, replicas) => {
      const late = (n: number) =>
        simulate(arrivals, { engine: small, replicas: n, router: 'least-loaded' }, { objective }).late.reduce(
          (sum, window) => sum + window.late,
          0,
        )
      const [few, more] = [late(replicas), late(replicas + 1)]
      expect(more).toBeLessThanOrEqual(few + Math.max(1, arrivals.n / 5))
      cases++
      before += few
      after += more
      if (more > few) rises++
    }),
    { numRuns: 600, seed: 33 },
  )
  expect(after).toBeLessThan(before)
  expect(rises).toBeLessThanOrEqual(cases / 50)
})

test('law 6: a cheaper API or a cheaper lease never makes the blend dearer, and it is never dearer than the API alone or the fleet for the peak', () => {
  const prices = fc.integer({ min: 1, max: 4000 }).map(x => x / 100)
  let between = 0
  fc.assert(
    fc.property(
      traffic,
      objectives,
      prices,
      prices,
      fc.integer({ min: 0, max: 100 }),
      (arrivals, objective, api, lease, percent) => {
        const at = (input: number, usdPerGpuHour: number) =>
          question(arrivals, {
            objective,
            usdPerGpuHour: usdPerGpuHour / 100,
            elsewhere: { contextTokens: null, maxOutputTokens: null, usdPerMtok: { input, output: 4 * input } },
          })
        const asked = at(api, lease)
        const [peak, blend] = sizeFleets(asked, ['peak', 'blend'])
        const whole = allApi(asked)!
        const dearest = Math.min(cost(peak!.bill.usd), billOf(whole, asked).usd!)
        expect(blend!.bill.usd!).toBeLessThanOrEqual(dearest)
        expect(only(at((api * percent) / 100, lease), 'blend').bill.usd!).toBeLessThanOrEqual(blend!.bill.usd!)
        expect(only(at(api, (lease * percent) / 100), 'blend').bill.usd!).toBeLessThanOrEqual(blend!.bill.usd!)
        if (blend!.bill.usd! < dearest * 0.999) between++
      },
    ),
    { numRuns: 50, seed: 34 },
  )
  expect(between).toBeGreaterThan(3)
})

test('law 7: the spilled part of a blend is the sum of its own calls, replayed again and priced one by one', () => {
  // A call every three seconds, which a replica or two carry, and two bursts of twenty.
  const at = [...Array.from({ length: 400 }, (_, i) => i * 3), ...Array(20).fill(301), ...Array(20).fill(901)]
  at.sort((a, b) => a - b)
  const n = at.length
  const arrivals = {
    n,
    atSeconds: Float64Array.from(at),
    inputTokens: new Int32Array(n).fill(400),
    outputTokens: Int32Array.from(at, (_, i) => 40 + (i % 80)),
  }
  const asked = question(arrivals, { usdPerGpuHour: 0.2, objective: { ttftP95Ms: 400, tpotP95Ms: 40 } })
  const blend = only(asked, 'blend')
  expect(blend.outcome!.spilled).toBeGreaterThan(0)
  expect(blend.outcome!.replicas.max).toBeGreaterThan(0)
  const overflow = { bound: blend.spillAbove!, contextTokens: null, maxOutputTokens: null }
  const { progress } = runFleet(arrivals, {
    engine: small,
    replicas: blend.outcome!.replicas.max,
    router: 'least-loaded',
    overflow,
  })
  let usd = 0
  for (let id = 0; id < arrivals.n; id++) {
    if (progress.spilled[id]) usd += (arrivals.inputTokens[id]! * 2 + arrivals.outputTokens[id]! * 6) / 1e6
  }
  expect(blend.bill.spillUsd).toBeCloseTo(usd, 12)
})

test('law 4: without a lease or an API price the cost is unknown, never 0, and the blend says what to state', () => {
  const arrivals = burstsOf(3, 10)
  const [peak, blend] = sizeFleets(question(arrivals, { elsewhere: null }), ['peak', 'blend'])
  expect(peak!.bill.usd).toBeGreaterThan(0)
  expect([blend!.outcome, blend!.bill.usd, blend!.problem]).toEqual([
    null,
    null,
    expect.stringContaining('--spill-api'),
  ])
  const leaseless = sizeFleets(question(arrivals, { usdPerGpuHour: null }), ['peak', 'blend'])
  expect(leaseless.map(({ bill }) => bill.usd)).toEqual([null, null])
  expect(leaseless[1]!.problem).toContain('--usd-per-gpu-hour')
})

test('calls that no replica can take go to the API in every sizing, and those that the API cannot take either are rejected in every one', () => {
  const base = burstsOf(3, 10)
  const inputTokens = base.inputTokens.slice()
  inputTokens[4] = 5_000
  inputTokens[7] = 90_000
  const arrivals = { ...base, inputTokens }
  const elsewhere = { contextTokens: 32_768, maxOutputTokens: null, usdPerMtok: { input: 2, output: 6 } }
  // No GPU is worth its lease here but one that costs nothing.
  for (const { outcome } of sizeFleets(question(arrivals, { elsewhere, usdPerGpuHour: 0.001 }), [
    'peak',
    'mean',
    'autoscale',
    'blend',
  ])) {
    expect([outcome!.rejected, outcome!.spilled >= 1]).toEqual([1, true])
  }
  // An API that could not take a call that a replica takes would look cheap by leaving it unserved.
  const narrow = { ...elsewhere, contextTokens: 100 }
  expect(allApi(question(arrivals, { elsewhere: narrow }))).toBeNull()
})

test('replicas for the mean and for the p95 window follow from the load: hand count', () => {
  // Window 0: 10 calls of 30 s each a replica = 1 replica's worth; window 1: 40 calls = 4; the rest none, up to 1,500 s.
  const at = [...Array(10).fill(0), ...Array(40).fill(300), 1500]
  const n = at.length
  const arrivals = {
    n,
    atSeconds: Float64Array.from(at),
    inputTokens: new Int32Array(n).fill(30),
    outputTokens: new Int32Array(n),
  }
  arrivals.inputTokens[n - 1] = 0
  const load = loadOf(arrivals, { secondsPerInputToken: 1, secondsPerOutputToken: 0 })
  expect(load.first).toBeCloseTo(1, 12)
  expect(load.mean).toBeCloseTo((50 * 30) / 1500, 12)
  // Windows 1, 4, 0, 0, 0 (the sixth has only its first instant): type-7 quantile at 0.95 × 4 = between 1 and 4.
  expect(load.p95).toBeCloseTo(1 + 0.8 * 3, 12)
})

test('the same question gives the same sizings to the last bit', () => {
  const asked = question(burstsOf(5, 15))
  expect(sizeFleets(asked, sizingNames)).toEqual(sizeFleets(asked, sizingNames))
})

/** `count` bursts of `size` calls, 200 s apart, with a quiet call between. */
function burstsOf(count: number, size: number): Arrivals {
  const atSeconds = Float64Array.from(
    Array.from({ length: count }, (_, k) => [
      ...Array.from({ length: size }, (_, i) => k * 200 + i / 50),
      k * 200 + 100,
    ]).flat(),
  )
  const n = atSeconds.length
  return { n, atSeconds, inputTokens: new Int32Array(n).fill(400), outputTokens: new Int32Array(n).fill(80) }
}

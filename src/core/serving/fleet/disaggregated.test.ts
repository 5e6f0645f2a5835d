import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildEngine, type Engine } from '../engine/engine.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { bunchedTraffic, tenths } from '../traffic/arrivals-for-test.ts'
import { cacheBytes, type Disaggregated, simulateDisaggregated, transferDefaults } from './disaggregated.ts'
import type { Group } from './fleet.ts'
import { simulate } from './simulate.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model = (id: string): Model => read('models.json').models.find((row: Model) => row.id === id)
const full = buildEngine({ gpu, model: model('llama-3.1-8b'), tp: 1 })
const small: Engine = {
  ...full,
  memory: { ...full.memory, kvBlocks: 60, kvCapacityTokens: 960 },
  maxBatchedTokens: 64,
  maxSequences: 4,
}
const transfer = { ...transferDefaults, bytes: cacheBytes({ model: model('llama-3.1-8b') }) }

const guessing = { draftTokens: 3, acceptance: 0.7, draft: 'head' as const }
const guessed = buildEngine({ gpu, model: model('llama-3.1-8b'), tp: 1, speculation: guessing })

const traffic = bunchedTraffic({ longestInput: 1000, most: 50 })

const groups: fc.Arbitrary<readonly Group[]> = fc.array(
  fc.record({
    engine: fc.constantFrom<Engine>(
      small,
      { ...small, lanes: 3, gpus: 3 },
      { ...small, lanes: 2, gpus: 2, timer: guessed.timer },
    ),
    replicas: fc.integer({ min: 1, max: 3 }),
    failures: fc.option(fc.record({ meanSecondsBetween: tenths(20, 300) }), { nil: undefined }),
    coldStartSeconds: tenths(0, 50),
  }),
  { minLength: 1, maxLength: 2 },
)

test('laws 2 and 3 hold at any instant where prompts and answers are computed apart', () => {
  const seen = { waiting: 0, running: 0, rejected: 0, spilled: 0, interrupted: 0 }
  fc.assert(
    fc.property(
      traffic,
      groups,
      groups,
      fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      fc.oneof(fc.constant(undefined), tenths(0, 60)),
      (arrivals, prefill, decode, bound, untilSeconds) => {
        const overflow = bound === undefined ? undefined : { bound, contextTokens: 1200, maxOutputTokens: 200 }
        const fleet: Disaggregated = { prefill, decode, transfer: { ...transfer, bytesPerSecond: 1e8 }, overflow }
        const o = simulateDisaggregated(arrivals, fleet, { untilSeconds })
        expect(o.completed + o.running + o.waiting + o.rejected + o.spilled).toBe(o.requests)
        if (untilSeconds === undefined) expect([o.requests, o.running, o.waiting]).toEqual([arrivals.n, 0, 0])
        for (const part of [o, ...o.groups]) {
          const { busyGpuSeconds, idleGpuSeconds, coldGpuSeconds, leasedGpuSeconds } = part
          const sum = busyGpuSeconds + idleGpuSeconds + coldGpuSeconds
          expect(Math.abs(sum - leasedGpuSeconds)).toBeLessThan(1e-9 * Math.max(1, leasedGpuSeconds))
          for (const one of [busyGpuSeconds, idleGpuSeconds, coldGpuSeconds]) expect(one).toBeGreaterThanOrEqual(-1e-7)
        }
        if (untilSeconds === undefined) {
          const all = arrivals.inputTokens.reduce((a, b) => a + b) + arrivals.outputTokens.reduce((a, b) => a + b)
          const { tokens, spilledTokens, rejectedTokens } = o
          const parts = [tokens, spilledTokens, rejectedTokens].map(({ input, output }) => input + output)
          expect(parts.reduce((a, b) => a + b)).toBe(all)
        }
        for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += o[key]
      },
    ),
    { numRuns: 700, seed: 41 },
  )
  for (const count of Object.values(seen)) expect(count, JSON.stringify(seen)).toBeGreaterThan(10)
})

/** One request every `gap` seconds. */
const steady = (n: number, gap: number, input: number, output: number): Arrivals => ({
  n,
  atSeconds: Float64Array.from({ length: n }, (_, i) => i * gap),
  inputTokens: new Int32Array(n).fill(input),
  outputTokens: new Int32Array(n).fill(output),
})

test('alone, the first token comes after the prompt, the transfer and one step; a slower link delays it by its bytes', () => {
  const arrivals = steady(5, 100, 4000, 50)
  const fleet = (bytesPerSecond: number): Disaggregated => ({
    prefill: [{ engine: full, replicas: 1 }],
    decode: [{ engine: full, replicas: 1 }],
    transfer: { ...transfer, bytesPerSecond },
  })
  const [fast, slow] = [1e18, 1e9].map(rate => simulateDisaggregated(arrivals, fleet(rate)))
  const together = simulate(arrivals, { engine: full, replicas: 1 })
  // Llama-3.1-8B: 131,072 bytes a token (published, 2 × 32 layers × 8 heads × 128 × 2 bytes).
  expect(slow!.ttftMs.p50! - fast!.ttftMs.p50!).toBeCloseTo(((4000 * 131_072) / 1e9) * 1000, 3)
  const step = full.timer.mixed(1, 1, 1, full.timer.prefillAttention(1, 3999))
  expect(fast!.ttftMs.p50! - together.ttftMs.p50!).toBeCloseTo((step + transferDefaults.seconds) * 1000, 3)
  expect(fast!.tpotMs.p50!).toBeCloseTo(together.tpotMs.p50!, 6)
})

test('long prompts beside answers: apart, a token of an answer waits for none of them', () => {
  const n = 400
  const arrivals = { ...steady(n, 0.12, 6000, 200) }
  const together = simulate(arrivals, { engine: full, replicas: 2, router: 'least-loaded' })
  const apart = simulateDisaggregated(arrivals, {
    prefill: [{ engine: full, replicas: 1 }],
    decode: [{ engine: full, replicas: 1 }],
    transfer,
  })
  expect(apart.completed).toBe(n)
  expect(apart.tpotMs.p99!).toBeLessThan(0.7 * together.tpotMs.p99!)
  expect(apart.groups.map(({ tokens }) => tokens)).toEqual([
    { input: n * 6000, output: 0 },
    { input: 0, output: n * 200 },
  ])
})

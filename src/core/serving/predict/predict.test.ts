import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { type Condition, conditionOf, type Load, type Stated } from './condition.ts'
import { conditionProblem, predict } from './predict.ts'
import { predictionAnswer } from './prediction-answer.ts'

const file = (path: string) => JSON.parse(readFileSync(new URL(`../../../../data/${path}`, import.meta.url), 'utf8'))
const gpus: readonly Gpu[] = file('gpus.json').gpus
const models: readonly Model[] = file('models.json').models

const conditionAt = (load: Load, over: Partial<Stated> = {}): Condition =>
  conditionOf({
    gpu: gpus.find(one => one.id === 'h100-sxm-80gb')!,
    model: models.find(one => one.id === 'llama-3.1-70b')!,
    engine: 'vllm',
    engineVersion: null,
    weightDtype: 'fp8',
    kvDtype: null,
    gpuCount: null,
    tp: 4,
    pp: null,
    dp: null,
    ep: null,
    replicas: null,
    inputTokens: 1000,
    outputTokens: 300,
    lengthRangeRatio: 0.8,
    load,
    requests: null,
    ...over,
  })

test("Little's law: requests in flight = rate × time in the house, in a closed loop", () => {
  const found = predict(conditionAt({ mode: 'closed', concurrency: 32 }), 1)
  const e2eSeconds = (found.ttftMs.mean! + found.tpotMs.mean! * (270 - 1)) / 1000
  expect(found.requestsPerSecond * e2eSeconds).toBeCloseTo(32, 0)
})

test('more in flight never lowers the throughput, and never shortens the time per token', () => {
  const at = [1, 4, 16, 64, 256].map(concurrency => predict(conditionAt({ mode: 'closed', concurrency }), 1))
  for (let i = 1; i < at.length; i++) {
    expect(at[i]!.outputTokensPerSecond).toBeGreaterThan(at[i - 1]!.outputTokensPerSecond)
    expect(at[i]!.tpotMs.mean!).toBeGreaterThan(at[i - 1]!.tpotMs.mean! * 0.99)
  }
})

test('an open loop that is kept up with serves what is offered; beyond its capacity it serves what it can', () => {
  const quiet = predict(conditionAt({ mode: 'open', requestsPerSecond: 1, burstiness: 1 }), 1)
  expect(quiet.requestsPerSecond).toBeCloseTo(1, 1)
  expect(quiet.bottleneck).toBe('the offered rate')
  const flooded = predict(conditionAt({ mode: 'open', requestsPerSecond: 1000, burstiness: 1 }), 1)
  const all = predict(conditionAt({ mode: 'offline' }), 1)
  expect(flooded.requestsPerSecond / all.requestsPerSecond).toBeGreaterThan(0.7)
  expect(flooded.requestsPerSecond / all.requestsPerSecond).toBeLessThan(1.3)
})

test('arrivals in bursts wait longer for their first token than evenly spaced ones', () => {
  const ttft = (burstiness: number) =>
    predict(conditionAt({ mode: 'open', requestsPerSecond: 6, burstiness }), 1).ttftMs.p99!
  expect(ttft(0.25)).toBeGreaterThan(ttft(1))
  expect(ttft(1)).toBeGreaterThan(ttft(100))
})

test('replicas, attention copies and pipeline stages each make more of the same GPUs', () => {
  const load: Load = { mode: 'closed', concurrency: 256 }
  const one = predict(conditionAt(load), 1)
  const two = predict(conditionAt(load, { replicas: 2 }), 1)
  expect(two.gpus).toBe(8)
  expect(two.outputTokensPerSecond).toBeGreaterThan(one.outputTokensPerSecond)
  const staged = predict(conditionAt(load, { pp: 2 }), 1)
  expect(staged.gpus).toBe(8)
  expect(staged.outputTokensPerSecond).toBeGreaterThan(one.outputTokensPerSecond)
})

test('law 6: the same seed gives the same answer', () => {
  const once = predict(conditionAt({ mode: 'open', requestsPerSecond: 4, burstiness: 0.5 }), 7)
  expect(predict(conditionAt({ mode: 'open', requestsPerSecond: 4, burstiness: 0.5 }), 7)).toEqual(once)
})

test('every model of the catalog that fits on a GPU gets figures that are positive and inside their bands', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.constantFrom(...gpus.filter(one => one.arch !== 'tpu')),
      fc.constantFrom('vllm', 'tensorrt-llm', 'sglang'),
      fc.constantFrom(1, 8, 64),
      (model, gpu, engine, concurrency) => {
        const condition = conditionAt(
          { mode: 'closed', concurrency },
          { model, gpu, engine, tp: null, weightDtype: null, inputTokens: 500, outputTokens: 100 },
        )
        const answer = predictionAnswer(condition, 1)
        expect(answer.fits).toBe(conditionProblem(condition) === null)
        if (!answer.fits) return
        expect(answer.outputTokensPerSecond).toBeGreaterThan(0)
        expect(answer.band!.low).toBeLessThan(answer.outputTokensPerSecond!)
        expect(answer.band!.high).toBeGreaterThan(answer.outputTokensPerSecond!)
        expect(answer.ttftMs.mean).toBeGreaterThan(0)
        expect(answer.tpotMs.p50).toBeGreaterThan(0)
      },
    ),
    { numRuns: 150 },
  )
})

test('what does not fit says what would', () => {
  const condition = conditionAt({ mode: 'closed', concurrency: 4 }, { tp: 1, weightDtype: 'bf16' })
  expect(predictionAnswer(condition, 1)).toMatchObject({ fits: false, outputTokensPerSecond: null })
  expect(conditionProblem(condition)).toMatch(/would fit/)
})

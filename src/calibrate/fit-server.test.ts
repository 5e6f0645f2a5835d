import { expect, test } from 'vitest'
import { gpuById, modelById } from '../catalog/facts.ts'
import { asShipped } from '../core/serving/calibration/fit-scales.ts'
import { type LoadPoint, nothingSaid } from '../core/serving/calibration/load-point.ts'
import { conditionOf } from '../core/serving/predict/condition.ts'
import { predict } from '../core/serving/predict/predict.ts'
import { fitServer, type StatedServer } from './fit-server.ts'

const limits = { maxSequences: null, maxContext: 8192, maxBatchedTokens: 2048 }
const stated: StatedServer = { ...nothingSaid, model: 'llama-3.1-8b', gpu: 'h100', tp: 1, engine: 'vllm' }

/** What a server of these true factors would show. */
function pointOf(concurrency: number, inputTokens: number, outputTokens: number, truth = asShipped): LoadPoint {
  const condition = conditionOf({
    gpu: gpuById('h100'),
    model: modelById('llama-3.1-8b'),
    engine: 'vllm',
    engineVersion: null,
    weightDtype: null,
    kvDtype: null,
    gpuCount: null,
    tp: 1,
    pp: null,
    dp: null,
    ep: null,
    replicas: null,
    inputTokens,
    outputTokens,
    lengthRangeRatio: 1,
    load: { mode: 'closed', concurrency },
    requests: null,
  })
  const said = predict({ ...condition, shape: { ...condition.shape, calibration: truth } }, 1)
  const latency = (mean: number | null) => ({ mean, p50: null, p95: null, p99: null })
  return {
    source: 'truth',
    concurrency,
    offeredPerSecond: null,
    inputTokens,
    outputTokens,
    lengthRatio: 1,
    requests: null,
    outputTokensPerSecond: said.outputTokensPerSecond,
    ttftMs: latency(said.ttftMs.mean),
    tpotMs: latency(said.tpotMs.mean),
  }
}

const loads = [
  [1, 256, 128],
  [4, 1024, 256],
  [16, 1024, 256],
  [64, 512, 256],
  [128, 2048, 128],
] as const

test('a server whose memory is a third slower and whose prefill a fifth is found from five loads', () => {
  const truth = { ...asShipped, memory: 1.33, prefill: 1.2 }
  const { scales, error, gpu, tp, weights } = fitServer(
    loads.map(([concurrency, input, output]) => pointOf(concurrency, input, output, truth)),
    stated,
    limits,
  )
  expect({ gpu, tp, weights }).toEqual({ gpu: 'h100-sxm-80gb', tp: 1, weights: 'bf16' })
  expect(error.before!.tpotMs!.median).toBeGreaterThan(0.12)
  expect(error.after.tpotMs!.p90).toBeLessThan(0.02)
  expect(error.after.outputTokensPerSecond!.p90).toBeLessThan(0.02)
  expect(error.heldOut!.outputTokensPerSecond!.median).toBeLessThan(0.03)
  expect(scales!.memory).toBeGreaterThan(1.2)
})

test('a server that is as the model ships keeps its factors near 1', () => {
  const { scales } = fitServer(
    loads.map(([concurrency, input, output]) => pointOf(concurrency, input, output)),
    stated,
    limits,
  )
  for (const factor of Object.values(scales!)) expect(Math.abs(factor - 1)).toBeLessThan(0.02)
})

test('a model that cannot be on that GPU is a fault, not a fit', () => {
  const point = pointOf(1, 256, 128)
  expect(() => fitServer([point], { ...stated, model: 'llama-3.1-405b' }, limits)).toThrow(
    expect.objectContaining({ code: 'MODEL_DOES_NOT_FIT' }),
  )
})

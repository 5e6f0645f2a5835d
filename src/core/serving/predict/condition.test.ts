import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { conditionOf, type Stated } from './condition.ts'

const file = (path: string) => JSON.parse(readFileSync(new URL(`../../../../data/${path}`, import.meta.url), 'utf8'))
const gpus: readonly Gpu[] = file('gpus.json').gpus
const models: readonly Model[] = file('models.json').models

const stated = (over: Partial<Stated> & { gpuId?: string; modelId?: string } = {}): Stated => ({
  gpu: gpus.find(one => one.id === (over.gpuId ?? 'h100-sxm-80gb'))!,
  model: models.find(one => one.id === (over.modelId ?? 'llama-3.1-70b'))!,
  engine: null,
  engineVersion: null,
  weightDtype: null,
  kvDtype: null,
  gpuCount: null,
  tp: null,
  pp: null,
  dp: null,
  ep: null,
  replicas: null,
  inputTokens: 1000,
  outputTokens: 200,
  lengthRangeRatio: null,
  load: { mode: 'closed', concurrency: 8 },
  requests: null,
  ...over,
})

test('engines are known by the names that measurements use; one that is not is taken as vLLM and said so', () => {
  const named = (engine: string) => conditionOf(stated({ engine, tp: 4 }))
  expect(named('nim (tensorrt-llm)').shape.engine).toBe('tensorrt-llm')
  expect(named('TRT-LLM').shape.engine).toBe('tensorrt-llm')
  expect(named('SGLang').shape.engine).toBe('sglang')
  expect(named('lmdeploy')).toMatchObject({ shape: { engine: 'vllm' }, engineKnown: false })
  expect(named('vllm').engineKnown).toBe(true)
})

test('dtypes are known by other names too; one that is not is refused with the nearest', () => {
  const weights = (weightDtype: string) => conditionOf(stated({ weightDtype, tp: 4 })).shape.weightDtype
  expect(weights('bfloat16')).toBe('bf16')
  expect(weights('FP8')).toBe('fp8')
  expect(weights('w4a16')).toBe('int4')
  expect(weights('fp4')).toBe('fp4')
  expect(() => weights('nvpf4')).toThrowError(/unknown weight dtype "nvpf4"/)
})

test('TensorRT-LLM keeps its cache in FP8 under FP8 weights, the others in 16 bits', () => {
  const kv = (engine: string, weightDtype: string) => conditionOf(stated({ engine, weightDtype, tp: 4 })).shape.kvDtype
  expect(kv('tensorrt-llm', 'fp8')).toBe('fp8')
  expect(kv('tensorrt-llm', 'bf16')).toBe('bf16')
  expect(kv('vllm', 'fp8')).toBe('bf16')
})

test('tensor parallelism that is not stated is the smallest that fits, and the rest of the GPUs are replicas', () => {
  expect(conditionOf(stated({ modelId: 'llama-3.1-8b', gpuCount: 8 }))).toMatchObject({ shape: { tp: 1 }, replicas: 8 })
  expect(conditionOf(stated({ gpuId: 'l40s-48gb', weightDtype: 'bf16', gpuCount: 8 }))).toMatchObject({
    shape: { tp: 4 },
    replicas: 2,
  })
})

test('GPUs that are not whole replicas are refused', () => {
  expect(() => conditionOf(stated({ gpuCount: 6, tp: 4 }))).toThrowError(/6 GPUs are not whole replicas of tp 4/)
})

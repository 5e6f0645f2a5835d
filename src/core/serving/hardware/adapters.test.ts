import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stepTimer } from '../step/step-time.ts'
import { adapterParameters } from './adapters.ts'
import type { Gpu } from './hardware.ts'
import { planMemory } from './memory.ts'
import type { Model } from './model.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const models: readonly Model[] = read('models.json').models
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model = (id: string) => models.find(row => row.id === id)!

test('parameters of a rank-16 adapter on all linear layers are those that fine-tuning libraries print', () => {
  // PEFT's print_trainable_parameters for meta-llama/Llama-2-7b-hf and Meta-Llama-3.1-8B, r = 16, q k v o gate up down.
  expect(adapterParameters(model('llama-2-7b'), 16)).toBe(39_976_960)
  expect(adapterParameters(model('llama-3.1-8b'), 16)).toBe(41_943_040)
})

test('adapters take memory from the cache and time from each step, more of both with their number; none takes nothing', () => {
  const shape = { gpu, model: model('llama-3.1-8b'), tp: 1 }
  const plain = planMemory(shape)
  const before = stepTimer(shape).decode(64)
  let tokens = plain.kvCapacityTokens
  let seconds = before
  for (const count of [1, 8, 64, 200]) {
    const adapters = { count, rank: 16 }
    const plan = planMemory({ ...shape, adapters })
    expect(plan.weightGiBPerGpu - plain.weightGiBPerGpu).toBeCloseTo((count * 41_943_040 * 2) / 1024 ** 3, 6)
    expect(plan.kvCapacityTokens).toBeLessThan(tokens)
    const step = stepTimer({ ...shape, adapters }).decode(64)
    expect(step).toBeGreaterThan(seconds)
    tokens = plan.kvCapacityTokens
    seconds = step
  }
  expect(planMemory({ ...shape, adapters: { count: 2000, rank: 16 } }).fits).toBe(false)
})

test('every model of the catalog has an adapter of a size that the model itself exceeds by far', () => {
  for (const row of models) {
    const parameters = adapterParameters(row, 16)
    expect(parameters, row.id).toBeGreaterThan(0)
    expect(parameters / row.totalParams, row.id).toBeLessThan(0.05)
  }
})

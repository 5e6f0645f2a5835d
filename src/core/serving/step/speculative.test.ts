import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Gpu } from '../hardware/hardware.ts'
import { planMemory, type ReplicaShape } from '../hardware/memory.ts'
import type { Model } from '../hardware/model.ts'
import { checkSpeculation, tokensPerStep } from '../hardware/speculation.ts'
import { stepTimer } from './step-time.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu = (id: string): Gpu => read('gpus.json').gpus.find((row: Gpu) => row.id === id)
const model = (id: string): Model => read('models.json').models.find((row: Model) => row.id === id)
const head = (draftTokens: number, acceptance: number) => ({ draftTokens, acceptance, draft: 'head' as const })

test('tokens a step are those of the published table', () => {
  // Leviathan, Kalman, Matias 2023 (arXiv 2211.17192), table 1, speed without the draft's own cost.
  for (const [acceptance, draftTokens, speed] of [
    [0.6, 2, 1.96],
    [0.7, 3, 2.53],
    [0.8, 2, 2.44],
    [0.8, 5, 3.69],
    [0.9, 2, 2.71],
    [0.9, 10, 6.86],
  ] as const) {
    expect(tokensPerStep(head(draftTokens, acceptance))).toBeCloseTo(speed, 2)
  }
  expect(tokensPerStep(head(4, 1))).toBe(5)
  expect(tokensPerStep(head(4, 0))).toBe(1)
  expect(tokensPerStep(undefined)).toBe(1)
})

/** Seconds a token of one sequence among `sequences` with 1,500 tokens of context each. */
const perToken = (shape: ReplicaShape, sequences: number): number => {
  const timer = stepTimer(shape)
  return timer.decode(sequences) + sequences * 1500 * timer.contextTokenSeconds
}

const deepseek = { gpu: gpu('b200-sxm-180gb'), model: model('deepseek-v3'), tp: 8, weightDtype: 'fp8' }

test("DeepSeek's one guess ahead, which holds 85 to 90 % of the time, brings about the published 1.8 times the tokens a second", () => {
  // DeepSeek-V3 technical report (arXiv 2412.19437), section 5.4.3.
  const h200 = { ...deepseek, gpu: gpu('h200-sxm-141gb') }
  for (const sequences of [64, 256]) {
    const gain = perToken(h200, sequences) / perToken({ ...h200, speculation: head(1, 0.875) }, sequences)
    expect(gain).toBeGreaterThan(1.5)
    expect(gain).toBeLessThan(1.875)
  }
})

test('at four requests DeepSeek-R1 on eight B200 gains what published runs with and without guesses differ by', () => {
  // 10.3 and 5.4 ms, 8.8 and 6.7 ms a token: two pairs of runs of one configuration (InferenceMAX).
  const gain = perToken(deepseek, 4) / perToken({ ...deepseek, speculation: head(3, 0.7) }, 4)
  expect(gain).toBeGreaterThan(8.8 / 6.7)
  expect(gain).toBeLessThan((10.3 / 5.4) * 1.15)
})

test('guesses that hold more often never cost time, and full batches gain less than small ones', () => {
  const shape = { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-70b'), tp: 4, weightDtype: 'fp8' }
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(share, share, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 256 }), (a, b, draft, n) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)]
      const at = (acceptance: number) => perToken({ ...shape, speculation: head(draft, acceptance) }, n)
      expect(at(more)).toBeLessThanOrEqual(at(less) * (1 + 1e-12))
    }),
    { numRuns: 30 },
  )
  const gain = (n: number, acceptance: number) =>
    perToken(shape, n) / perToken({ ...shape, speculation: head(4, acceptance) }, n)
  expect(gain(1, 0.7)).toBeGreaterThan(2)
  expect(gain(512, 0.7)).toBeLessThan(1.1)
  expect(gain(512, 0.4)).toBeLessThan(1)
})

test('what makes the guesses takes memory: a small model more than one more layer', () => {
  const shape = { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-70b'), tp: 4 }
  const plain = planMemory(shape)
  const layer = planMemory({ ...shape, speculation: head(3, 0.7) })
  const small = planMemory({
    ...shape,
    speculation: { draftTokens: 3, acceptance: 0.7, draft: model('llama-3.1-8b') },
  })
  expect(layer.kvCapacityTokens).toBeLessThan(plain.kvCapacityTokens)
  expect(small.kvCapacityTokens).toBeLessThan(layer.kvCapacityTokens)
  // 70 B parameters in 80 layers, two bytes each, over four GPUs.
  expect(layer.weightGiBPerGpu - plain.weightGiBPerGpu).toBeCloseTo((68.5e9 * 2) / 80 / 4 / 1073741824, 1)
})

test('drafts that no server makes are refused with where to read the rate', () => {
  expect(() => checkSpeculation(head(0, 0.5))).toThrow(/1 to 32 tokens/)
  expect(() => checkSpeculation(head(3, 1.2))).toThrow(/between 0 and 1/)
})

test('prompts pass through the draft too: a tenth of the parameters is a tenth more time, one more layer its share', () => {
  const shape = { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-70b'), tp: 4 }
  const seconds = (speculation?: ReplicaShape['speculation']): number => {
    const timer = stepTimer({ ...shape, speculation })
    return timer.mixed(8000, 1, 1, timer.prefillAttention(8000, 0), 0)
  }
  const plain = seconds()
  // Parameters that a token of a prompt multiplies with, embeddings aside: 7.0 and 68.5 billion, and 80 layers.
  const small = seconds({ draftTokens: 3, acceptance: 0.7, draft: model('llama-3.1-8b') }) / plain - 1
  expect(small).toBeGreaterThan(0.8 * (7 / 68.5))
  expect(small).toBeLessThan(2 * (7 / 68.5))
  const layer = seconds(head(3, 0.7)) / plain - 1
  expect(layer).toBeGreaterThan(0.8 / 80)
  expect(layer).toBeLessThan(1.5 / 80)
})

test('a draft whose heads the parallelism does not divide runs whole on each GPU, as servers are told to run it', () => {
  // Qwen2.5-0.5B has 14 heads (config.json); vLLM takes a draft_tensor_parallel_size of 1.
  const shape = { gpu: gpu('h100-sxm-80gb'), model: model('qwen2.5-72b'), tp: 4 }
  const speculation = { draftTokens: 3, acceptance: 0.7, draft: model('qwen2.5-0.5b') }
  const more = planMemory({ ...shape, speculation }).weightGiBPerGpu - planMemory(shape).weightGiBPerGpu
  // 494 million parameters (its model card) of two bytes.
  expect(more).toBeCloseTo((0.494e9 * 2) / 1073741824, 2)
  expect(perToken(shape, 4) / perToken({ ...shape, speculation }, 4)).toBeGreaterThan(1.2)
})

test('the experts of a guessing layer are spread as those of the model are', () => {
  const shape = { gpu: gpu('h200-sxm-141gb'), model: model('deepseek-v3'), tp: 1, dp: 8, ep: 8 }
  const more = planMemory({ ...shape, speculation: head(1, 0.85) }).weightGiBPerGpu - planMemory(shape).weightGiBPerGpu
  // 256 experts of 3 × 7168 × 2048 bytes (config.json) over eight GPUs, and less than 1 GB of attention and shared parts.
  const experts = (256 * 3 * 7168 * 2048) / 8 / 1073741824
  expect(more).toBeGreaterThan(0.9 * experts)
  expect(more).toBeLessThan(experts + 1)
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Gpu } from './hardware.ts'
import { cacheShape } from './kv-shape.ts'
import { engineDefaults, planMemory, smallestParallelism, weightBytes } from './memory.ts'
import { kvBytesPerToken, type Model } from './model.ts'
import { defaultShapes, largestShape } from './shapes.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpus: readonly Gpu[] = read('gpus.json').gpus
const models: readonly Model[] = read('models.json').models
const gpu = (id: string): Gpu => gpus.find(row => row.id === id)!
const model = (id: string): Model => models.find(row => row.id === id)!

test('KV bytes per token are the published ones: 131 KB (8B), 328 KB (70B), 70 KB (DeepSeek-V3), 37 KB (gpt-oss-120b)', () => {
  expect(kvBytesPerToken(model('llama-3.1-8b'), 2)).toBe(131072)
  expect(kvBytesPerToken(model('llama-3.1-70b'), 2)).toBe(327680)
  expect(kvBytesPerToken(model('deepseek-v3'), 2)).toBe(70272)
  expect(kvBytesPerToken(model('gpt-oss-120b'), 2)).toBe(36864)
})

test('KV heads split over GPUs until there is one each; a latent row is whole on every GPU', () => {
  expect(cacheShape(model('llama-3.1-70b'), 8, 2).bytesPerToken).toBe(327680 / 8)
  expect(cacheShape(model('qwen3-30b-a3b'), 8, 2).bytesPerToken).toBe(kvBytesPerToken(model('qwen3-30b-a3b'), 2) / 4)
  expect(cacheShape(model('deepseek-v3'), 8, 2).bytesPerToken).toBe(70272)
})

test('checkpoints weigh what their publishers say', () => {
  // Hugging Face file sizes: Llama-3.1-70B bf16 141 GB, gpt-oss-120b 65 GB, gpt-oss-20b 13.8 GB; within 3 %.
  const published: readonly [string, number][] = [
    ['llama-3.1-70b', 141.1e9],
    ['gpt-oss-120b', 65.2e9],
    ['gpt-oss-20b', 13.8e9],
  ]
  for (const [id, bytes] of published) expect(Math.abs(weightBytes(model(id)) / bytes - 1), id).toBeLessThan(0.03)
})

test('the smallest parallelism that fits: 8B on one H100, 70B bf16 on four, DeepSeek-V3 on eight H200 but on no eight H100', () => {
  expect(smallestParallelism({ gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-8b') })).toBe(1)
  expect(smallestParallelism({ gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-70b') })).toBe(4)
  expect(smallestParallelism({ gpu: gpu('h200-sxm-141gb'), model: model('deepseek-v3') })).toBe(8)
  expect(smallestParallelism({ gpu: gpu('h100-sxm-80gb'), model: model('deepseek-v3') })).toBeNull()
})

test('what does not fit says what would', () => {
  const plan = planMemory({ gpu: gpu('l40s-48gb'), model: model('llama-3.1-70b'), tp: 2 })
  expect(plan.fits).toBe(false)
  expect(plan.problem).toMatch(
    /llama-3\.1-70b \(bf16\) on 2 × l40s-48gb needs .* tensor parallelism 4 or fp8 weights would fit/,
  )
  const draft = { draftTokens: 3, acceptance: 0.7, draft: model('llama-3.1-8b') }
  const crowded = { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-70b'), tp: 2 }
  expect(planMemory(crowded).fits).toBe(true)
  expect(planMemory({ ...crowded, speculation: draft }).problem).toMatch(
    /llama-3\.1-70b \(bf16\) and its draft on 2 × .* tensor parallelism 4 or fp8 weights or no draft would fit/,
  )
  const hopeless = planMemory({ gpu: gpu('t4-16gb'), model: model('deepseek-v3'), tp: 8 })
  expect(hopeless.problem).toMatch(/no shape of up to 8/)
})

test('a parallelism that does not divide the heads is refused with those that do', () => {
  expect(() => planMemory({ gpu: gpu('h100-sxm-80gb'), model: model('qwen2.5-7b'), tp: 8 })).toThrow(
    /tensor parallelism 8 does not divide the 28 heads/,
  )
})

test("step budgets are vLLM's: 8192 / 1024 from 70 GiB on, 2048 / 256 below and on the A100", () => {
  expect(engineDefaults({ gpu: gpu('h100-sxm-80gb') })).toEqual({ maxBatchedTokens: 8192, maxSequences: 1024 })
  expect(engineDefaults({ gpu: gpu('a100-sxm-80gb') })).toEqual({ maxBatchedTokens: 2048, maxSequences: 256 })
  expect(engineDefaults({ gpu: gpu('l40s-48gb') })).toEqual({ maxBatchedTokens: 2048, maxSequences: 256 })
})

test('law 6: more memory never means less KV capacity, for any model and parallelism', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.constantFrom(...gpus),
      fc.constantFrom(1, 2, 4, 8),
      fc.double({ min: 1, max: 4, noNaN: true }),
      (m, g, tp, factor) => {
        fc.pre(m.heads % tp === 0)
        // Budgets are held: a larger GPU's larger default budget takes activation memory of its own.
        const limits = { maxBatchedTokens: 2048, maxSequences: 256 }
        const graphs = g.memoryGiB < 70 ? Math.min(factor, 69.9 / g.memoryGiB) : factor
        const plan = planMemory({ gpu: g, model: m, tp, ...limits })
        const larger = planMemory({ gpu: { ...g, memoryGiB: g.memoryGiB * graphs }, model: m, tp, ...limits })
        expect(larger.kvCapacityTokens).toBeGreaterThanOrEqual(plan.kvCapacityTokens)
      },
    ),
    { numRuns: 300, seed: 3 },
  )
})

test('every model of the catalog has a shape on some GPU, or is too large for a server of eight', () => {
  const none = models.filter(m => defaultShapes(m, gpus).length === 0).map(m => m.id)
  for (const id of none) expect(weightBytes(model(id)), id).toBeGreaterThan(0.8 * 8 * 287.9 * 1.0737e9)
})

test('what no server of eight of these holds keeps its largest shape, whose problem says by how much', () => {
  const small = [gpu('l40s-48gb'), gpu('h100-sxm-80gb')]
  const shape = largestShape(model('deepseek-v3'), small)!
  expect(defaultShapes(model('deepseek-v3'), small)).toEqual([])
  expect(shape).toMatchObject({ tp: 8, gpu: { id: 'h100-sxm-80gb' } })
  expect(planMemory(shape).problem).toContain('GiB a GPU')
  expect(largestShape(model('deepseek-v3'), [])).toBeNull()
})

test('the shapes to try start at the smallest that fits, and add the next where weights crowd out the cache', () => {
  const shapes = defaultShapes(model('llama-3.1-70b'), [gpu('h100-sxm-80gb'), gpu('h200-sxm-141gb'), gpu('t4-16gb')])
  expect(shapes.map(shape => `${shape.tp}x${shape.gpu.id}`)).toEqual(
    ['4x h100-sxm-80gb', '2x h200-sxm-141gb'].map(s => s.replace(' ', '')),
  )
})

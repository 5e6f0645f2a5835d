import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Gpu } from '../hardware/hardware.ts'
import { keysSeen } from '../hardware/kv-shape.ts'
import type { Model } from '../hardware/model.ts'
import { stepTimer } from './step-time.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu = (id: string): Gpu => read('gpus.json').gpus.find((row: Gpu) => row.id === id)
const model = (id: string): Model => read('models.json').models.find((row: Model) => row.id === id)

test('Llama-70B FP8 on H200 decodes a handful of sequences in about the 21, 13, 9 and 7 ms measured at TP 1, 2, 4 and 8', () => {
  // Medians of the measured rows at concurrency ≤ 4, reference note "serving model" §1.6.
  const measuredMs = { 1: 21, 2: 13, 4: 9, 8: 7 }
  for (const [tp, ms] of Object.entries(measuredMs)) {
    const timer = stepTimer({
      gpu: gpu('h200-sxm-141gb'),
      model: model('llama-3.1-70b'),
      tp: Number(tp),
      weightDtype: 'fp8',
    })
    const stepMs = 1000 * (timer.decode(4) + timer.contextTokenSeconds * 4 * 1500)
    expect(Math.abs(stepMs / ms - 1), `TP${tp}: ${stepMs.toFixed(1)} ms`).toBeLessThan(0.25)
  }
})

test('a decode step runs the next captured graph: sequences up to it cost their sampling alone, and one more a step of the stairs', () => {
  const { decode } = stepTimer({ gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-70b'), tp: 4, weightDtype: 'fp8' })
  const rise = (from: number, to: number) => decode(to) - decode(from)
  // vLLM captures 1, 2, 4, 8, 16, 24 … 512.
  for (const [from, to] of [
    [3, 4],
    [9, 16],
    [201, 208],
  ] as const) {
    expect(rise(from, to)).toBeGreaterThan(0)
    expect(rise(from, to)).toBeLessThan(rise(to, to + 1))
  }
  for (let n = 1; n < 600; n++) expect(rise(n, n + 1)).toBeGreaterThan(0)
})

test('a mixed step prices its GEMMs once: cheaper than a decode step and a prefill step apart', () => {
  const timer = stepTimer({ gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-8b'), tp: 1 })
  const attention = timer.prefillAttention(4096, 0)
  const apart = timer.mixed(4096, 1, 1, attention) + timer.decode(64)
  expect(timer.mixed(4096 + 64, 65, 65, attention)).toBeLessThan(apart)
})

test('KV heads are replicated when tensor parallelism exceeds them: reading a context gets no faster', () => {
  const at = (tp: number) =>
    stepTimer({ gpu: gpu('h200-sxm-141gb'), model: model('qwen3-30b-a3b'), tp }).contextTokenSeconds
  expect(at(4)).toBeCloseTo(at(2) / 2, 15)
  expect(at(8)).toBe(at(4)) // 4 KV heads
  const latent = (tp: number) =>
    stepTimer({ gpu: gpu('h200-sxm-141gb'), model: model('deepseek-v2-lite'), tp }).contextTokenSeconds
  expect(latent(8)).toBe(latent(4)) // one latent row, whole on every rank
})

test('a decode step of a mixture of experts grows with the experts that its tokens touch', () => {
  const moe = stepTimer({ gpu: gpu('h200-sxm-141gb'), model: model('qwen3-235b-a22b'), tp: 8, weightDtype: 'fp8' })
  const dense = stepTimer({ gpu: gpu('h200-sxm-141gb'), model: model('llama-3.1-70b'), tp: 8, weightDtype: 'fp8' })
  expect(moe.decode(64) / moe.decode(1)).toBeGreaterThan(1.7)
  expect(dense.decode(64) / dense.decode(1)).toBeLessThan(1.7)
})

test('FP8 on a GPU without FP8 arithmetic is weight-only: decode reads half, prefill computes in 16 bits', () => {
  const at = (id: string, weightDtype: string) =>
    stepTimer({ gpu: gpu(id), model: model('llama-3.1-8b'), tp: 1, weightDtype })
  const prefill = (timer: ReturnType<typeof at>) => timer.mixed(8192, 1, 1, timer.prefillAttention(8192, 0))
  expect(at('a100-sxm-80gb', 'fp8').decode(1)).toBeLessThan(0.75 * at('a100-sxm-80gb', 'bf16').decode(1))
  expect(prefill(at('a100-sxm-80gb', 'fp8'))).toBeGreaterThan(0.9 * prefill(at('a100-sxm-80gb', 'bf16')))
  expect(prefill(at('h100-sxm-80gb', 'fp8'))).toBeLessThan(0.85 * prefill(at('h100-sxm-80gb', 'bf16')))
})

test('a prompt in chunks sees the same keys as in one piece, with and without a window', () => {
  for (const window of [Number.POSITIVE_INFINITY, 128, 4096]) {
    const whole = keysSeen(10000, 0, window)
    expect(keysSeen(3000, 0, window) + keysSeen(3000, 3000, window) + keysSeen(4000, 6000, window)).toBe(whole)
    let counted = 0
    for (let position = 1; position <= 10000; position++) counted += Math.min(position, window)
    expect(whole).toBe(counted)
  }
})

test('window layers cost the same whatever lies beyond the window; linear layers cost a constant', () => {
  const oss = stepTimer({ gpu: gpu('h100-sxm-80gb'), model: model('gpt-oss-120b'), tp: 2 })
  expect(oss.sequenceSeconds(5000, 5100)).toBeCloseTo(oss.sequenceSeconds(50000, 60000), 15)
  expect(oss.sequenceSeconds(1, 64)).toBeLessThan(oss.sequenceSeconds(5000, 5100))
  const linear = stepTimer({ gpu: gpu('h200-sxm-141gb'), model: model('qwen3-next-80b-a3b'), tp: 4 })
  expect(linear.sequenceSeconds(1, 2)).toBe(linear.sequenceSeconds(100000, 200000))
})

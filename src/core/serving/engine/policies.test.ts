import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { buildEngine } from './engine.ts'
import { type EngineName, policies } from './policies.ts'
import { startProgress } from './progress.ts'
import { createReplica } from './replica.ts'

const file = (path: string) => JSON.parse(readFileSync(new URL(`../../../../data/${path}`, import.meta.url), 'utf8'))
const gpu = (file('gpus.json').gpus as Gpu[]).find(one => one.id === 'h100-sxm-80gb')!
const model = (file('models.json').models as Model[]).find(one => one.id === 'llama-3.1-8b')!
const engineNames = Object.keys(policies) as EngineName[]

function serve(engineName: EngineName, kvBlocks: number, requests: readonly (readonly [number, number, number])[]) {
  const engine = buildEngine({ gpu, model, tp: 1, engine: engineName })
  const small = { ...engine, memory: { ...engine.memory, kvBlocks, kvCapacityTokens: 16 * kvBlocks } }
  const arrivals = {
    n: requests.length,
    atSeconds: Float64Array.from(requests, ([at]) => at),
    inputTokens: Int32Array.from(requests, ([, input]) => input),
    outputTokens: Int32Array.from(requests, ([, , output]) => output),
  }
  const progress = startProgress(arrivals)
  const replica = createReplica(small, progress)
  for (let id = 0; id < arrivals.n; id++) {
    replica.advance(arrivals.atSeconds[id]!)
    replica.enqueue(id)
  }
  replica.advance(Number.POSITIVE_INFINITY)
  return { progress, state: replica.state() }
}

const requests = fc
  .array(
    fc.tuple(
      fc.double({ min: 0, max: 5, noNaN: true }),
      fc.integer({ min: 1, max: 600 }),
      fc.integer({ min: 1, max: 300 }),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map(list => list.sort((a, b) => a[0] - b[0]))

test('law 2: every engine serves all that fits, and gives back every block', () => {
  fc.assert(
    fc.property(fc.constantFrom(...engineNames), fc.integer({ min: 60, max: 400 }), requests, (name, blocks, list) => {
      const { progress, state } = serve(name, blocks, list)
      const rejected = progress.rejected.reduce((sum, one) => sum + one, 0)
      expect(state.completed + rejected).toBe(list.length)
      expect(state.freeBlocks).toBe(blocks)
    }),
  )
})

test('TensorRT-LLM holds a request back until its whole output has room: nothing is thrown out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 120 }), requests, (blocks, list) => {
      expect(serve('tensorrt-llm', blocks, list).state.preemptions).toBe(0)
    }),
  )
  // The same crowd makes vLLM throw requests out.
  const crowd = Array.from({ length: 30 }, () => [0, 100, 300] as const)
  expect(serve('vllm', 60, crowd).state.preemptions).toBeGreaterThan(0)
})

test('SGLang lets decoding wait for a prompt, vLLM and TensorRT-LLM take both in one step', () => {
  const steps = (name: EngineName) => {
    const { state } = serve(name, 4000, [
      [0, 100, 200],
      [0.2, 4000, 1],
    ])
    return state.steps
  }
  // Decode steps taken: the prompt's own step decodes nothing under SGLang, so that all 199 are beside it.
  expect(steps('sglang')).toBe(199)
  const at = (name: EngineName) => {
    const { progress } = serve(name, 4000, [
      [0, 100, 200],
      [0.2, 4000, 1],
    ])
    return progress.finishedAt[0]!
  }
  expect(at('sglang')).toBeGreaterThan(at('vllm'))
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gpuById, modelById } from '../../../catalog/facts.ts'
import { simulate } from '../fleet/simulate.ts'
import { buildEngine } from './engine.ts'

const shapes = [
  ['h100-sxm-80gb', 'llama-3.1-8b', 1],
  ['h200-sxm-141gb', 'llama-3.1-70b', 4],
  ['h200-sxm-141gb', 'gpt-oss-120b', 2],
  ['b200-sxm-180gb', 'deepseek-v2-lite', 1],
  ['l4-24gb', 'llama-3.1-8b', 1],
] as const
const engines = [
  ...shapes.map(([gpu, model, tp]) => buildEngine({ gpu: gpuById(gpu), model: modelById(model), tp })),
  buildEngine({ gpu: gpuById('h200-sxm-141gb'), model: modelById('gpt-oss-120b'), tp: 1, dp: 4 }),
  buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1, pp: 2 }),
]

function shares(engine: (typeof engines)[number], requests: readonly (readonly [number, number])[]) {
  const arrivals = {
    n: requests.length,
    atSeconds: new Float64Array(requests.length),
    inputTokens: Int32Array.from(requests, ([input]) => input),
    outputTokens: Int32Array.from(requests, ([, output]) => output),
  }
  return simulate(arrivals, { engine, replicas: 1 }).groups[0]!.ofPeak
}

test('no step is faster than the peaks of its GPUs: both shares lie between 0 and 1, whatever is served', () => {
  const request = fc.tuple(fc.integer({ min: 1, max: 8000 }), fc.integer({ min: 1, max: 400 }))
  fc.assert(
    fc.property(fc.constantFrom(...engines), fc.array(request, { minLength: 1, maxLength: 60 }), (engine, requests) => {
      const { mfu, mbu } = shares(engine, requests)
      expect(mfu!).toBeGreaterThan(0)
      expect(mfu!).toBeLessThan(1)
      expect(mbu!).toBeGreaterThan(0)
      expect(mbu!).toBeLessThan(1)
    }),
    { numRuns: 100, seed: 41 },
  )
})

test('one answer after the other is bound by bandwidth, long prompts by arithmetic', () => {
  const [llama] = engines
  const alone = shares(llama!, [[10, 2000]])
  // A batch of one computes two FLOPs a weight byte pair: next to nothing of the arithmetic.
  expect(alone.mbu!).toBeGreaterThan(0.4)
  expect(alone.mfu!).toBeLessThan(0.01)
  const prompts = shares(
    llama!,
    Array.from({ length: 40 }, () => [8000, 1]),
  )
  expect(prompts.mfu!).toBeGreaterThan(0.3)
  expect(prompts.mbu!).toBeLessThan(0.1)
})

test('a replica that did nothing has no shares: unknown is not 0', () => {
  expect(shares(engines[0]!, [])).toEqual({ mfu: null, mbu: null })
})

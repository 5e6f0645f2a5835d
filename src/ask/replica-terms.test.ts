import { expect, test } from 'vitest'
import { gpuById, modelById } from '../catalog/facts.ts'
import type { Demand } from '../core/decide/demand.ts'
import { sustain } from '../core/serving/capacity/sustain.ts'
import { busiestRequests } from './busiest.ts'
import { replicaTerms } from './replica-terms.ts'

test('on the whole mix a replica keeps what it sustains as a share of what it serves saturated', () => {
  const n = 400
  // Forty requests every hundred seconds: the fleet waits most of the time and is late when they come.
  const calls = {
    n,
    atMicros: Float64Array.from({ length: n }, (_, i) => (Math.floor(i / 40) * 100 + (i % 40) * 0.01) * 1e6),
    inputTokens: new Int32Array(n).fill(3000),
    outputTokens: new Int32Array(n).fill(20),
  }
  const shape = { gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 }
  const objective = { ttftP95Ms: 2000, tpotP95Ms: 500 }
  // Elsewhere requests are half as long, so the mean call is not the busiest hour's.
  const demand = { calls: 2 * n, unknownUsageCalls: 0, tokens: { input: 4500 * n, output: 30 * n } } as Demand
  const [terms] = replicaTerms([{ shape, weights: 'llama-3.1-8b' }], calls, demand, objective, 1)
  const tried = sustain({ shape, sample: busiestRequests(calls), objective, seed: 1 })
  expect(tried.saturatedRequestsPerSecond).toBeGreaterThan(2 * tried.requestsPerSecond)
  expect(terms!.requestsPerSecond).not.toBeCloseTo(tried.requestsPerSecond, 3)
  expect(terms!.saturatedRequestsPerSecond! / terms!.requestsPerSecond).toBeCloseTo(
    tried.saturatedRequestsPerSecond / tried.requestsPerSecond,
    9,
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gpuById, modelById } from '../../../catalog/facts.ts'
import { stream } from '../../statistics/random.ts'
import { capacity } from '../capacity/capacity.ts'
import { sustain } from '../capacity/sustain.ts'
import { runFleet } from '../fleet/fleet.ts'
import { simulate } from '../fleet/simulate.ts'
import { conditionOf, type Load } from '../predict/condition.ts'
import { predict } from '../predict/predict.ts'
import { evenLengths } from '../traffic/steady.ts'
import { buildEngine, infeasibility, laneOf } from './engine.ts'

const gpu = gpuById('h200-sxm-141gb')
const [inputTokens, outputTokens] = [1000, 200]
const cases = [
  ['four copies of the attention', { model: modelById('gpt-oss-120b'), tp: 1, dp: 4, pp: 1, ep: 4 }],
  ['two stages of a pipeline', { model: modelById('llama-3.1-70b'), tp: 4, dp: 1, pp: 2, ep: 1 }],
] as const

const conditionAt = (shape: (typeof cases)[number][1], load: Load) =>
  conditionOf({
    gpu,
    ...shape,
    engine: 'vllm',
    engineVersion: null,
    weightDtype: null,
    kvDtype: null,
    gpuCount: null,
    replicas: null,
    inputTokens,
    outputTokens,
    lengthRangeRatio: 0.5,
    load,
    requests: null,
  })

const queue = (n: number, perSecond = Number.POSITIVE_INFINITY) => ({
  n,
  atSeconds: Float64Array.from({ length: n }, (_, i) => i / perSecond),
  inputTokens: evenLengths(inputTokens / 2, inputTokens, n, stream(3, 'lanes in')),
  outputTokens: evenLengths(outputTokens / 2, outputTokens, n, stream(3, 'lanes out')),
})

test.each(cases)('a replica of %s serves in simulate and capacity what predict says of it, offline', (_, shape) => {
  const condition = conditionAt(shape, { mode: 'offline' })
  const engine = buildEngine(condition.shape)
  const predicted = predict(condition, 1)
  const requests = queue(6 * engine.lanes * engine.maxSequences)
  const { completed, durationSeconds, utilization } = simulate(requests, { engine, replicas: 1 })
  expect(completed).toBe(requests.n)
  expect(completed / durationSeconds / predicted.requestsPerSecond).toBeGreaterThan(0.97)
  expect(completed / durationSeconds / predicted.requestsPerSecond).toBeLessThan(1.03)
  expect(utilization!).toBeGreaterThan(0.97)
  const lengths = { inputTokens, outputTokens, lengthRangeRatio: 0.5, cv: 1 }
  const limits = { ttftMs: 2000, tpotMs: 200, statistic: 'p95' } as const
  const found = capacity({ shape: condition.shape, traffic: lengths, limits, seed: 1 })
  // Offline the queue is full from the first second to the last but its drain.
  expect(found.saturatedRequestsPerSecond / predicted.requestsPerSecond).toBeGreaterThan(0.95)
  expect(found.saturatedRequestsPerSecond / predicted.requestsPerSecond).toBeLessThan(1.15)
  expect(found.kvCapacityTokens).toBe(engine.lanes * engine.memory.kvCapacityTokens)
  const sample = queue(2000, found.requestsPerSecond)
  const objective = { ttftP95Ms: 2000, tpotP95Ms: 200 }
  const sustained = sustain({ shape: condition.shape, sample, objective, seed: 1 })
  expect(sustained.gpusPerReplica).toBe(engine.gpus)
  expect(sustained.requestsPerSecond / found.requestsPerSecond).toBeGreaterThan(0.8)
  expect(sustained.requestsPerSecond / found.requestsPerSecond).toBeLessThan(1.25)
})

test.each(cases)('with %s an open loop is late, busy and batched alike in simulate and in predict', (_, shape) => {
  const engine = buildEngine(conditionAt(shape, { mode: 'offline' }).shape)
  const rate = 0.7 * predict(conditionAt(shape, { mode: 'offline' }), 1).requestsPerSecond
  const predicted = predict(conditionAt(shape, { mode: 'open', requestsPerSecond: rate, burstiness: 100 }), 1)
  const { ttftMs, tpotMs, utilization } = simulate(queue(3000, rate), { engine, replicas: 1 })
  for (const [simulated, foretold] of [
    [ttftMs.p50, predicted.ttftMs.p50],
    [tpotMs.p50, predicted.tpotMs.p50],
    [utilization, predicted.busyShare],
  ] as const) {
    expect(simulated! / foretold!).toBeGreaterThan(0.95)
    expect(simulated! / foretold!).toBeLessThan(1.05)
  }
})

test('a request larger than the cache of one copy is refused whatever the others have, and told so', () => {
  const whole = buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1, dp: 2 })
  const engine = { ...whole, memory: { ...whole.memory, kvBlocks: 100, kvCapacityTokens: 1600 } }
  expect(infeasibility(engine, 1500, 100)).toBeNull()
  expect(infeasibility(engine, 1700, 100)).toBe(
    'larger than the 1600 tokens of KV cache that each of its 2 batches has',
  )
  const lengths = { n: 2, inputTokens: Int32Array.of(1500, 1700), outputTokens: Int32Array.of(100, 100) }
  const { rejected, completed } = simulate({ ...lengths, atSeconds: new Float64Array(2) }, { engine, replicas: 1 })
  expect([rejected, completed]).toEqual([1, 1])
})

test('laws 2 and 3: a replica of k lanes is k replicas of one lane and of its share of the GPUs behind a least-loaded router, request by request', () => {
  const whole = buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 })
  const memory = { ...whole.memory, kvBlocks: 60, kvCapacityTokens: 960 }
  const small = { ...whole, memory, maxBatchedTokens: 64, maxSequences: 4 }
  const request = fc.record({
    gap: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
    input: fc.integer({ min: 1, max: 500 }),
    output: fc.integer({ min: 1, max: 100 }),
  })
  let preempted = 0
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 5 }), (rows, lanes) => {
      let at = 0
      const arrivals = {
        n: rows.length,
        atSeconds: Float64Array.from(rows, row => (at += row.gap)),
        inputTokens: Int32Array.from(rows, row => row.input),
        outputTokens: Int32Array.from(rows, row => row.output),
      }
      const engine = { ...small, lanes, gpus: 2 * lanes }
      const one = runFleet(arrivals, { engine, replicas: 1, charges: true })
      const apart = { engine: laneOf(engine), replicas: lanes, router: 'least-loaded', charges: true } as const
      const many = runFleet(arrivals, apart)
      expect(laneOf(engine).gpus).toBe(2)
      for (const key of ['firstTokenAt', 'finishedAt', 'generated', 'rejected'] as const) {
        for (let id = 0; id < rows.length; id++) {
          expect(one.progress[key][id]!).toBeCloseTo(many.progress[key][id]!, 9)
        }
      }
      const outcome = simulate(arrivals, { engine, replicas: 1, charges: true })
      const separate = simulate(arrivals, apart)
      for (const key of ['busyGpuSeconds', 'leasedGpuSeconds', 'idleGpuSeconds', 'completed', 'preemptions'] as const) {
        expect(outcome[key]).toBeCloseTo(separate[key], 6)
      }
      const { prefillGpuSeconds, decodeGpuSeconds } = outcome.charges!
      const charged = [...prefillGpuSeconds, ...decodeGpuSeconds].reduce((sum, seconds) => sum + seconds, 0)
      expect(charged).toBeCloseTo(outcome.busyGpuSeconds, 6)
      preempted += outcome.preemptions
    }),
    { numRuns: 200, seed: 12 },
  )
  expect(preempted).toBeGreaterThan(20)
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stepByStep } from '../../../../test/step-by-step.ts'
import { runFleet } from '../fleet/fleet.ts'
import { simulate } from '../fleet/simulate.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { type Arrivals, chained } from '../traffic/arrivals.ts'
import { arrivalsOf } from '../traffic/arrivals-for-test.ts'
import { buildEngine, type Engine } from './engine.ts'
import { policies } from './policies.ts'
import { startProgress } from './progress.ts'
import { createReplica } from './replica.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const models: readonly Model[] = read('models.json').models
const gpus: readonly Gpu[] = read('gpus.json').gpus
const gpu = (id: string): Gpu => gpus.find(row => row.id === id)!
const model = (id: string): Model => models.find(row => row.id === id)!

// A dense model, one with windows of 128 tokens and experts, one with latent attention, one with linear layers, and one that guesses.
const shapes = [
  { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-8b'), tp: 1 },
  { gpu: gpu('h200-sxm-141gb'), model: model('gpt-oss-120b'), tp: 2 },
  { gpu: gpu('b200-sxm-180gb'), model: model('deepseek-v2-lite'), tp: 1 },
  { gpu: gpu('h200-sxm-141gb'), model: model('qwen3-next-80b-a3b'), tp: 4 },
  {
    gpu: gpu('h100-sxm-80gb'),
    model: model('llama-3.1-8b'),
    tp: 1,
    speculation: { draftTokens: 3, acceptance: 0.7, draft: 'head' as const },
  },
].map(shape => buildEngine(shape))

/** The same engine with a small cache and tight limits, so that short runs reach preemption, chunks and full batches. */
function tight(engine: Engine, kvBlocks: number, maxBatchedTokens: number, maxSequences: number): Engine {
  const memory = {
    ...engine.memory,
    kvBlocks,
    kvCapacityTokens: kvBlocks * 16,
    blocksPerSequence: (t: number) => (t > 40 ? 2 : 1),
  }
  return { ...engine, memory, maxBatchedTokens, maxSequences }
}

const traffic = (longest: number) =>
  fc
    .array(
      fc.record({
        gap: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true })),
        input: fc.integer({ min: 1, max: longest }),
        output: fc.integer({ min: 1, max: longest }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map(arrivalsOf)

const engines = fc
  .record({
    shape: fc.integer({ min: 0, max: shapes.length - 1 }),
    kvBlocks: fc.integer({ min: 24, max: 120 }),
    budget: fc.integer({ min: 8, max: 400 }),
    sequences: fc.integer({ min: 1, max: 16 }),
    policy: fc.constantFrom(...Object.values(policies)),
    pollSteps: fc.constantFrom(1, 1, 2, 5),
  })
  .map(x => ({
    ...tight(shapes[x.shape]!, x.kvBlocks, x.budget, Math.min(x.sequences, x.budget)),
    policy: x.policy,
    pollSteps: x.pollSteps,
  }))

/** The same traffic with prompts that are walks through a small tree, so that many share a beginning. */
const sharing = (longest: number) =>
  fc
    .tuple(
      traffic(longest),
      fc.array(fc.tuple(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 6 }), fc.nat(99)), {
        minLength: 40,
        maxLength: 40,
      }),
      fc.constantFrom(20, 32, 48),
    )
    .map(([arrivals, walks, tokensPerBlock]): Arrivals => {
      const offsets = new Int32Array(arrivals.n + 1)
      const blocks: number[] = []
      const inputTokens = new Int32Array(arrivals.n)
      for (let i = 0; i < arrivals.n; i++) {
        const [walk, rest] = walks[i]!
        const last = 1 + (rest % tokensPerBlock)
        inputTokens[i] = (walk.length - 1) * tokensPerBlock + last
        // A block that is partly filled is another one than the same when full.
        blocks.push(...walk.map((word, k) => (k === walk.length - 1 ? 100 * last + word : word)))
        offsets[i + 1] = blocks.length
      }
      return { ...arrivals, inputTokens, prefix: { offsets, ids: chained(offsets, blocks), tokensPerBlock } }
    })

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-9, Math.abs(b))

function expectSame(arrivals: Arrivals, engine: Engine) {
  const progress = startProgress(arrivals, { charges: true })
  const replica = createReplica(engine, progress)
  for (let id = 0; id < arrivals.n; id++) {
    replica.advance(arrivals.atSeconds[id]! + engine.timer.entrySeconds)
    replica.enqueue(id)
  }
  replica.advance(Number.POSITIVE_INFINITY)
  const slow = stepByStep(arrivals, engine)
  const near = (a: number, b: number): void => expect(relative(a, b)).toBeLessThan(1e-9)
  for (let id = 0; id < arrivals.n; id++) {
    expect(Number.isNaN(progress.finishedAt[id]!)).toBe(Number.isNaN(slow.end[id]!))
    if (Number.isNaN(slow.end[id]!)) continue
    near(progress.firstTokenAt[id]!, slow.first[id]!)
    near(progress.finishedAt[id]!, slow.end[id]!)
    near(progress.charges!.prefillGpuSeconds[id]!, engine.gpus * slow.charges.prefill[id]!)
    near(progress.charges!.decodeGpuSeconds[id]!, engine.gpus * slow.charges.decode[id]!)
    if (progress.prefix) expect(progress.prefix.hitTokens[id]).toBe(slow.hitTokens[id])
  }
  const state = replica.state()
  expect(state.preemptions).toBe(slow.preemptions)
  near(state.busySeconds, slow.busySeconds)
  return { slow, state }
}

test.each(
  Object.entries(policies),
)('fast-forward equals the naive step-by-step scheduler to 1e-9, through chunks, full batches and preemption: %s', (_, policy) => {
  let preempted = 0
  let batched = 0
  fc.assert(
    fc.property(traffic(220), engines, (arrivals, engine) => {
      const { slow } = expectSame(arrivals, { ...engine, policy })
      preempted += slow.preemptions
      batched = Math.max(batched, slow.most)
    }),
    { numRuns: 150, seed: 7 },
  )
  // The property would be empty if the cases never got there.
  if (policy.reservesOutput) expect(preempted).toBe(0)
  else expect(preempted).toBeGreaterThan(policy.headroom ? 5 : 50)
  expect(batched).toBeGreaterThanOrEqual(8)
})

test.each(Object.entries(policies))('the same with prompts that share beginnings, block by block: %s', (_, policy) => {
  let preempted = 0
  let hits = 0
  let prompts = 0
  fc.assert(
    fc.property(sharing(220), engines, (arrivals, engine) => {
      const { slow, state } = expectSame(arrivals, { ...engine, policy })
      preempted += slow.preemptions
      hits += state.hitTokens
      prompts += state.promptTokens
      expect(state.hitTokens).toBe(slow.hitTokens.reduce((sum, tokens) => sum + tokens, 0))
      expect(expectSame(arrivals, { ...engine, policy, prefixCaching: false }).state.hitTokens).toBe(0)
    }),
    { numRuns: 150, seed: 17 },
  )
  if (!policy.reservesOutput) expect(preempted).toBeGreaterThan(5)
  expect(hits / prompts).toBeGreaterThan(0.2)
  expect(hits / prompts).toBeLessThan(0.9)
})

test('laws 2 and 3 with shared beginnings of no one size, whenever the clock stops: blocks used + free = all, charges sum to the busy time', () => {
  fc.assert(
    fc.property(sharing(220), engines, fc.double({ min: 0, max: 60, noNaN: true }), (arrivals, engine, until) => {
      const equal = { ...arrivals, prefix: { ...arrivals.prefix!, tokensPerBlock: null } }
      const progress = startProgress(equal, { charges: true })
      const replica = createReplica(engine, progress)
      for (let id = 0; id < equal.n && equal.atSeconds[id]! < until; id++) {
        replica.advance(equal.atSeconds[id]!)
        replica.enqueue(id)
      }
      const check = (): void => {
        const { usedBlocks, freeBlocks, cachedBlocks, busySeconds, hitTokens, promptTokens } = replica.state()
        expect(usedBlocks + freeBlocks).toBe(engine.memory.kvBlocks)
        expect(freeBlocks).toBeGreaterThanOrEqual(0)
        expect(cachedBlocks).toBeLessThanOrEqual(engine.memory.kvBlocks)
        expect(hitTokens).toBeLessThanOrEqual(promptTokens)
        replica.settleCharges()
        const { prefillGpuSeconds, decodeGpuSeconds } = progress.charges!
        let charged = 0
        for (let id = 0; id < equal.n; id++) charged += prefillGpuSeconds[id]! + decodeGpuSeconds[id]!
        expect(relative(charged, engine.gpus * busySeconds)).toBeLessThan(1e-9)
      }
      replica.advance(until)
      check()
      replica.advance(Number.POSITIVE_INFINITY)
      check()
      expect(replica.state().usedBlocks).toBe(0)
      expect(replica.outstanding()).toBe(0)
    }),
    { numRuns: 300, seed: 18 },
  )
})

test('ids of chains: the same block after another beginning is another block', () => {
  const ids = chained(Int32Array.from([0, 3, 6, 9, 12]), [7, 8, 9, 7, 8, 5, 6, 8, 9, 7, 8, 9])
  expect([...ids]).toEqual([1, 2, 3, 1, 2, 4, 5, 6, 7, 1, 2, 3])
})

test('law 2: arrivals = completed + running + waiting + rejected and KV blocks used + free = all, whenever the clock stops', () => {
  fc.assert(
    fc.property(
      traffic(400),
      engines,
      fc.double({ min: 0, max: 60, noNaN: true }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('round-robin' as const, 'least-loaded' as const),
      (arrivals, engine, untilSeconds, count, router) => {
        const fleet = { engine, replicas: count, router }
        const outcome = simulate(arrivals, fleet, { untilSeconds })
        const { completed, running, waiting, rejected, requests } = outcome
        expect(completed + running + waiting + rejected).toBe(requests)
        for (const replica of runFleet(arrivals, fleet, untilSeconds).replicas) {
          const state = replica.state()
          expect(state.usedBlocks + state.freeBlocks).toBe(engine.memory.kvBlocks)
          expect(state.freeBlocks).toBeGreaterThanOrEqual(0)
          if (state.running === 0) expect(state.usedBlocks).toBe(0)
        }
        // Tokens likewise, by what became of each request; blocks lie between those of its prompt and of its last token.
        const stopped = runFleet(arrivals, fleet, untilSeconds)
        const sums = { done: 0, rejected: 0, left: 0, all: 0 }
        const blocks = { least: 0, most: 0 }
        for (let id = 0; id < stopped.taken; id++) {
          const tokens = arrivals.inputTokens[id]! + arrivals.outputTokens[id]!
          sums.all += tokens
          if (stopped.progress.rejected[id]) sums.rejected += tokens
          else if (Number.isNaN(stopped.progress.finishedAt[id]!)) {
            sums.left += tokens
            blocks.most += Math.ceil(tokens / 16) + engine.memory.blocksPerSequence(tokens)
            if (!Number.isNaN(stopped.progress.firstTokenAt[id]!))
              blocks.least += Math.ceil(arrivals.inputTokens[id]! / 16)
          } else sums.done += tokens
        }
        expect(outcome.tokens.input + outcome.tokens.output).toBe(sums.done)
        expect(sums.done + sums.rejected + sums.left).toBe(sums.all)
        const used = stopped.replicas.reduce((total, replica) => total + replica.state().usedBlocks, 0)
        expect(used).toBeLessThanOrEqual(blocks.most)
        if (outcome.preemptions === 0) expect(used).toBeGreaterThanOrEqual(blocks.least)
        const whole = simulate(arrivals, fleet)
        expect(whole.completed + whole.rejected).toBe(arrivals.n)
        let output = 0
        const { progress } = runFleet(arrivals, fleet)
        for (let id = 0; id < arrivals.n; id++) output += progress.rejected[id] ? 0 : arrivals.outputTokens[id]!
        expect(whole.tokens.output).toBe(output)
      },
    ),
    { numRuns: 100, seed: 8 },
  )
})

test('law 3: leased GPU time = busy + idle + cold', () => {
  fc.assert(
    fc.property(traffic(300), engines, fc.integer({ min: 1, max: 5 }), (arrivals, engine, replicas) => {
      const o = simulate(arrivals, { engine, replicas, router: 'least-loaded' })
      expect(relative(o.busyGpuSeconds + o.idleGpuSeconds + o.coldGpuSeconds, o.leasedGpuSeconds)).toBeLessThan(1e-9)
    }),
    { numRuns: 60, seed: 9 },
  )
})

test('FIFO: without preemption, first tokens come in order of arrival, whatever the engine', () => {
  fc.assert(
    fc.property(
      traffic(300),
      fc.integer({ min: 8, max: 300 }),
      fc.constantFrom(...Object.values(policies)),
      (arrivals, budget, policy) => {
        const engine = { ...tight(shapes[0]!, 100000, budget, Math.min(8, budget)), policy }
        const { progress } = runFleet(arrivals, { engine, replicas: 1 })
        for (let id = 1; id < arrivals.n; id++) {
          expect(progress.firstTokenAt[id]!).toBeGreaterThanOrEqual(progress.firstTokenAt[id - 1]!)
        }
      },
    ),
    { numRuns: 120, seed: 10 },
  )
})

test("Little's law: requests in the system, integrated step by step, equal the sum of the times that each spent there", () => {
  fc.assert(
    fc.property(traffic(150), engines, (arrivals, engine) => {
      const slow = stepByStep(arrivals, engine)
      const { progress } = runFleet(arrivals, { engine, replicas: 1 })
      let spent = 0
      let outside = 0
      for (let id = 0; id < arrivals.n; id++) {
        if (Number.isNaN(progress.finishedAt[id]!)) continue
        spent += progress.finishedAt[id]! - arrivals.atSeconds[id]!
        outside++
      }
      // The step in flight when a request reaches the engine began without it: at most one step each.
      const slack = outside * (engine.timer.entrySeconds + slow.longest)
      expect(slow.inSystemSeconds).toBeLessThanOrEqual(spent + 1e-6)
      expect(slow.inSystemSeconds).toBeGreaterThanOrEqual(spent - slack)
    }),
    { numRuns: 60, seed: 11 },
  )
})

test('law 6: with round robin and no preemption, more bandwidth or more memory never lengthens the run by more than a step', () => {
  const h100 = gpu('h100-sxm-80gb')
  const llama = model('llama-3.1-8b')
  fc.assert(
    fc.property(traffic(600), fc.double({ min: 1, max: 3, noNaN: true }), (arrivals, factor) => {
      const better = {
        ...h100,
        memoryBandwidthTBs: h100.memoryBandwidthTBs * factor,
        memoryGiB: h100.memoryGiB * factor,
      }
      const slow = buildEngine({ gpu: h100, model: llama, tp: 1 })
      const fast = buildEngine({ gpu: better, model: llama, tp: 1 })
      expect(fast.memory.kvCapacityTokens).toBeGreaterThanOrEqual(slow.memory.kvCapacityTokens)
      const before = simulate(arrivals, { engine: slow, replicas: 2 })
      const after = simulate(arrivals, { engine: fast, replicas: 2 })
      const step = slow.timer.mixed(8192, 40, 40, 0)
      expect(after.durationSeconds).toBeLessThanOrEqual(before.durationSeconds + step)
    }),
    { numRuns: 60, seed: 12 },
  )
})

test('a rejected request is late to nobody: only those that the fleet takes on are counted by window', () => {
  const engine = tight(shapes[0]!, 30, 64, 4)
  const inputTokens = Int32Array.from([100, 5000, 100])
  const arrivals = { n: 3, atSeconds: new Float64Array(3), inputTokens, outputTokens: Int32Array.from([10, 10, 10]) }
  const late = (ms: number) =>
    simulate(arrivals, { engine, replicas: 1 }, { objective: { ttftP95Ms: ms, tpotP95Ms: ms } }).late
  expect(late(1e9)).toEqual([{ fromSeconds: 0, requests: 2, late: 0 }])
  expect(late(0)).toEqual([{ fromSeconds: 0, requests: 2, late: 2 }])
})

test('a request larger than the cache or the context is rejected, and the others are served', () => {
  const engine = tight(shapes[0]!, 30, 64, 4)
  const inputTokens = Int32Array.from([100, 5000, 100])
  const arrivals = { n: 3, atSeconds: new Float64Array(3), inputTokens, outputTokens: Int32Array.from([10, 10, 10]) }
  const outcome = simulate(arrivals, { engine, replicas: 1 })
  expect([outcome.completed, outcome.rejected]).toEqual([2, 1])
})

test('the same arrivals give the same outcome, whatever ran before on the same engine', () => {
  const arrivals = {
    n: 2,
    atSeconds: Float64Array.from([0, 1]),
    inputTokens: Int32Array.from([500, 90]),
    outputTokens: Int32Array.from([40, 50]),
  }
  const engine = shapes[1]!
  const once = simulate(arrivals, { engine, replicas: 1 })
  const replica = createReplica(engine, startProgress(arrivals))
  replica.enqueue(1)
  replica.advance(Number.POSITIVE_INFINITY)
  expect(simulate(arrivals, { engine, replicas: 1 })).toEqual(once)
})

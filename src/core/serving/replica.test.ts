import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Arrivals } from './arrivals.ts'
import { blocksAtMost, buildEngine, type Engine } from './engine.ts'
import { runFleet } from './fleet.ts'
import type { Gpu } from './hardware.ts'
import type { Model } from './model.ts'
import { startProgress } from './progress.ts'
import { createReplica } from './replica.ts'
import { simulate } from './simulate.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../data/${name}`, import.meta.url), 'utf8'))
const models: readonly Model[] = read('models.json').models
const gpus: readonly Gpu[] = read('gpus.json').gpus
const gpu = (id: string): Gpu => gpus.find(row => row.id === id)!
const model = (id: string): Model => models.find(row => row.id === id)!

// A dense model, one with windows of 128 tokens and experts, one with latent attention, one with linear layers.
const shapes = [
  { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-8b'), tp: 1 },
  { gpu: gpu('h200-sxm-141gb'), model: model('gpt-oss-120b'), tp: 2 },
  { gpu: gpu('b200-sxm-180gb'), model: model('deepseek-v2-lite'), tp: 1 },
  { gpu: gpu('h200-sxm-141gb'), model: model('qwen3-next-80b-a3b'), tp: 4 },
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

interface Seen {
  id: number
  prompt: number
  done: number
  generated: number
  cached: number
}

/** The scheduler again, naively: one step at a time, objects and sums over the batch, no counters carried from step to step. */
function stepByStep(arrivals: Arrivals, engine: Engine) {
  const { timer, memory } = engine
  const output = arrivals.outputTokens
  const first = new Float64Array(arrivals.n).fill(Number.NaN)
  const end = new Float64Array(arrivals.n).fill(Number.NaN)
  const once = (s: Seen): number => memory.blocksPerSequence(arrivals.inputTokens[s.id]! + output[s.id]!)
  const onceSeconds = (s: Seen): number => {
    const input = arrivals.inputTokens[s.id]!
    return timer.sequenceSeconds(input + 1, Math.max(input + 1, input + output[s.id]! - 1))
  }
  const waiting: Seen[] = []
  let running: Seen[] = []
  let arrived = 0
  let now = 0
  let inSystemSeconds = 0
  let preemptions = 0
  let most = 0
  let longest = 0
  const used = (): number =>
    running.reduce((sum, s) => sum + Math.ceil((s.done < s.prompt ? s.prompt : s.cached) / 16) + once(s), 0)
  for (;;) {
    while (arrived < arrivals.n && arrivals.atSeconds[arrived]! + timer.entrySeconds <= now) {
      const id = arrived++
      if (blocksAtMost(memory, arrivals.inputTokens[id]! + output[id]!) <= memory.kvBlocks) {
        waiting.push({ id, prompt: arrivals.inputTokens[id]!, done: 0, generated: 0, cached: 0 })
      }
    }
    if (waiting.length + running.length === 0) {
      if (arrived === arrivals.n) break
      now = arrivals.atSeconds[arrived]! + timer.entrySeconds
      continue
    }
    const decoding = (): Seen[] => running.filter(s => s.done === s.prompt)
    const opens = (): number => decoding().filter(s => s.cached % 16 === 0).length
    let preempted = false
    while (used() + opens() > memory.kvBlocks) {
      const last = running.pop()!
      waiting.unshift({ ...last, prompt: arrivals.inputTokens[last.id]! + last.generated, done: 0, cached: 0 })
      preemptions++
      preempted = true
    }
    const batch = decoding()
    let budget = engine.maxBatchedTokens - batch.length
    let attention = 0
    const chunks: Seen[] = []
    const chunk = (s: Seen): void => {
      const tokens = Math.min(s.prompt - s.done, budget)
      if (tokens <= 0) return
      attention += timer.prefillAttention(tokens, s.done)
      s.done += tokens
      budget -= tokens
      chunks.push(s)
    }
    if (!preempted) {
      const opened = opens()
      for (const s of running) if (s.done < s.prompt) chunk(s)
      while (waiting.length > 0 && budget > 0 && running.length < engine.maxSequences) {
        if (running.some(s => s.done < s.prompt)) break
        const s = waiting[0]!
        if (used() + opened + Math.ceil(s.prompt / 16) + once(s) > memory.kvBlocks) break
        running.push(s)
        waiting.shift()
        s.cached = s.prompt
        chunk(s)
      }
    }
    const context = batch.reduce((sum, s) => sum + s.cached + 1, 0)
    attention += timer.contextTokenSeconds * context + batch.reduce((sum, s) => sum + onceSeconds(s), 0)
    const sampled = chunks.filter(s => s.done === s.prompt)
    const seconds =
      chunks.length === 0
        ? timer.decode(batch.length) + attention
        : timer.mixed(
            engine.maxBatchedTokens - budget,
            batch.length + sampled.length,
            batch.length + chunks.length,
            attention,
          )
    now += seconds
    inSystemSeconds += seconds * (running.length + waiting.length)
    for (const s of batch) {
      s.cached++
      s.generated++
    }
    for (const s of sampled) {
      if (s.generated === 0) first[s.id] = now
      s.generated++
    }
    for (const s of running) if (s.done === s.prompt && s.generated >= output[s.id]!) end[s.id] = now
    running = running.filter(s => Number.isNaN(end[s.id]!))
    longest = Math.max(longest, seconds)
    most = Math.max(most, running.length)
  }
  return { first, end, now, preemptions, inSystemSeconds, most, longest }
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
    .map((rows): Arrivals => {
      let at = 0
      return {
        n: rows.length,
        atSeconds: Float64Array.from(rows, row => (at += row.gap)),
        inputTokens: Int32Array.from(rows, row => row.input),
        outputTokens: Int32Array.from(rows, row => row.output),
      }
    })

const engines = fc
  .record({
    shape: fc.integer({ min: 0, max: shapes.length - 1 }),
    kvBlocks: fc.integer({ min: 24, max: 120 }),
    budget: fc.integer({ min: 8, max: 400 }),
    sequences: fc.integer({ min: 1, max: 16 }),
  })
  .map(x => tight(shapes[x.shape]!, x.kvBlocks, x.budget, Math.min(x.sequences, x.budget)))

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-9, Math.abs(b))

test('fast-forward equals the naive step-by-step scheduler to 1e-9, through chunks, full batches and preemption', () => {
  let preempted = 0
  let batched = 0
  fc.assert(
    fc.property(traffic(220), engines, (arrivals, engine) => {
      const { progress, replicas } = runFleet(arrivals, { engine, replicas: 1 })
      const slow = stepByStep(arrivals, engine)
      for (let id = 0; id < arrivals.n; id++) {
        expect(Number.isNaN(progress.finishedAt[id]!)).toBe(Number.isNaN(slow.end[id]!))
        if (Number.isNaN(slow.end[id]!)) continue
        expect(relative(progress.firstTokenAt[id]!, slow.first[id]!)).toBeLessThan(1e-9)
        expect(relative(progress.finishedAt[id]!, slow.end[id]!)).toBeLessThan(1e-9)
      }
      expect(replicas[0]!.state().preemptions).toBe(slow.preemptions)
      preempted += slow.preemptions
      batched = Math.max(batched, slow.most)
    }),
    { numRuns: 150, seed: 7 },
  )
  // The property would be empty if the cases never got there.
  expect(preempted).toBeGreaterThan(50)
  expect(batched).toBeGreaterThan(8)
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

test('FIFO: without preemption, first tokens come in order of arrival', () => {
  fc.assert(
    fc.property(traffic(300), fc.integer({ min: 8, max: 300 }), (arrivals, budget) => {
      const engine = tight(shapes[0]!, 100000, budget, Math.min(8, budget))
      const { progress } = runFleet(arrivals, { engine, replicas: 1 })
      for (let id = 1; id < arrivals.n; id++) {
        expect(progress.firstTokenAt[id]!).toBeGreaterThanOrEqual(progress.firstTokenAt[id - 1]!)
      }
    }),
    { numRuns: 60, seed: 10 },
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

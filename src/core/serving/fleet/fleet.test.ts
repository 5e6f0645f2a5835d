import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { buildEngine, type Engine } from '../engine/engine.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { type Arrivals, chained } from '../traffic/arrivals.ts'
import { arrivalsOf, bunchedGap, tenths } from '../traffic/arrivals-for-test.ts'
import { type Scaling, scalingSignals } from './autoscaler.ts'
import { type Group, type MixedFleet, runFleet } from './fleet.ts'
import { type RouterName, routers } from './routers.ts'
import { simulate } from './simulate.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu = (id: string): Gpu => read('gpus.json').gpus.find((row: Gpu) => row.id === id)
const model: Model = read('models.json').models.find((row: Model) => row.id === 'llama-3.1-8b')

/** So small that a few requests fill them: queues, preemption and overflow are reached by short runs. */
const small = (id: string, tp: number, blocks: number): Engine => {
  const engine = buildEngine({ gpu: gpu(id), model, tp })
  const memory = { ...engine.memory, kvBlocks: blocks, kvCapacityTokens: blocks * 16 }
  return { ...engine, memory, maxBatchedTokens: 64, maxSequences: 4 }
}
const ofOneLane = [small('h100-sxm-80gb', 1, 60), small('l40s-48gb', 1, 40), small('h100-sxm-80gb', 2, 90)]
const engines = [...ofOneLane, { ...small('l40s-48gb', 1, 40), lanes: 3, gpus: 3 }]

/** Prompts share beginnings, and sessions have several calls. Some requests fit into the largest engine only, some into none. */
const traffic = fc
  .array(
    fc.record({
      gap: bunchedGap,
      input: fc.integer({ min: 1, max: 1300 }),
      output: fc.integer({ min: 1, max: 300 }),
      session: fc.integer({ min: -1, max: 5 }),
      beginning: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows): Arrivals => {
    const blocks = rows.map(({ input, beginning }, i) =>
      Array.from({ length: Math.ceil(input / 64) }, (_, k) => (k < 4 ? beginning * 10 + k : 100 + 30 * i + k)),
    )
    const offsets = Int32Array.from([0, ...blocks].map((_, i) => blocks.slice(0, i).flat().length))
    return {
      ...arrivalsOf(rows),
      sessions: Int32Array.from(rows, row => row.session),
      prefix: { offsets, ids: chained(offsets, blocks.flat()), tokensPerBlock: 64 },
    }
  })

const steps = fc
  .array(fc.record({ fromSeconds: tenths(0, 200), replicas: fc.integer({ min: 0, max: 4 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map(rows => rows.sort((a, b) => a.fromSeconds - b.fromSeconds))

const scalings: fc.Arbitrary<Scaling> = fc
  .record({
    signal: fc.constantFrom(...scalingSignals),
    target: tenths(0.2, 6),
    schedule: steps,
    minReplicas: fc.integer({ min: 0, max: 2 }),
    more: fc.integer({ min: 1, max: 4 }),
    intervalSeconds: tenths(0.5, 15),
    upCooldownSeconds: fc.constantFrom(0, 1, 30),
    downCooldownSeconds: fc.constantFrom(0, 2, 60),
    coldStartSeconds: fc.oneof(fc.constant(0), tenths(0, 60)),
  })
  .map(({ more, ...scaling }) => ({ ...scaling, maxReplicas: scaling.minReplicas + more }))

const groups: fc.Arbitrary<readonly Group[]> = fc.array(
  fc.record({
    engine: fc.constantFrom(...engines),
    replicas: fc.integer({ min: 1, max: 3 }),
    scaling: fc.option(scalings, { nil: undefined }),
    spares: fc.integer({ min: 0, max: 1 }),
    weight: fc.constantFrom(0.5, 1, 3),
    failures: fc.option(
      fc.record({
        meanSecondsBetween: fc.option(tenths(8, 100), { nil: undefined }),
        atSeconds: fc.array(tenths(0, 300), { maxLength: 4 }),
      }),
      { nil: undefined },
    ),
    spot: fc.option(fc.record({ perHour: fc.constantFrom(0, 10, 60, 200), noticeSeconds: tenths(0, 40) }), {
      nil: undefined,
    }),
    coldStartSeconds: tenths(0, 50),
  }),
  { minLength: 1, maxLength: 3 },
)

const fleets: fc.Arbitrary<MixedFleet> = fc.record({
  groups,
  router: fc.constantFrom(...(Object.keys(routers) as RouterName[])),
  seed: fc.integer({ min: 0, max: 1000 }),
  overflow: fc.option(
    fc.record({
      policy: fc.constantFrom('outstanding' as const, 'waiting' as const),
      bound: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Number.POSITIVE_INFINITY)),
      contextTokens: fc.option(fc.integer({ min: 400, max: 1400 })),
      maxOutputTokens: fc.option(fc.integer({ min: 100, max: 300 })),
    }),
    { nil: undefined },
  ),
  admission: fc.option(fc.record({ bound: fc.integer({ min: 1, max: 12 }) }), { nil: undefined }),
})
const instants = fc.oneof(fc.constant(undefined), tenths(0, 400), tenths(0, 30))
const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-9, Math.abs(b))

test('laws 2 and 3 hold at any instant, whatever fails, is interrupted, scales to none, or is of another shape', () => {
  const seen = { interrupted: 0, unplaced: 0, cold: 0, rejected: 0, spilled: 0, groups: 0, preempted: 0 }
  fc.assert(
    fc.property(traffic, fleets, instants, (arrivals, fleet, untilSeconds) => {
      const o = simulate(arrivals, { ...fleet, charges: true }, { untilSeconds })
      // What every request is charged, lost work included, is all that was busy.
      const { prefillGpuSeconds, decodeGpuSeconds } = o.charges!
      const charged = [...prefillGpuSeconds, ...decodeGpuSeconds].reduce((sum, seconds) => sum + seconds, 0)
      expect(Math.abs(charged - o.busyGpuSeconds)).toBeLessThan(1e-6 * Math.max(1, o.busyGpuSeconds))
      expect(o.completed + o.running + o.waiting + o.rejected + o.spilled).toBe(o.requests)
      if (untilSeconds === undefined) expect([o.requests, o.running, o.waiting]).toEqual([arrivals.n, 0, 0])
      const run = runFleet(arrivals, fleet, untilSeconds)
      let all = 0
      let rest = 0
      for (let id = 0; id < run.taken; id++) {
        const tokens = arrivals.inputTokens[id]! + arrivals.outputTokens[id]!
        all += tokens
        const { rejected, spilled, finishedAt, firstTokenAt } = run.progress
        expect(rejected[id]! + spilled[id]!).toBeLessThanOrEqual(1)
        if (rejected[id] || (!spilled[id] && Number.isNaN(finishedAt[id]!))) rest += tokens
        if (finishedAt[id]! >= 0) {
          expect(firstTokenAt[id]!).toBeGreaterThan(arrivals.atSeconds[id]!)
          expect(finishedAt[id]!).toBeGreaterThanOrEqual(firstTokenAt[id]!)
        }
      }
      expect(o.tokens.input + o.tokens.output + o.spilledTokens.input + o.spilledTokens.output + rest).toBe(all)
      for (const replica of run.replicas) {
        const { usedBlocks, running, freeBlocks } = replica.state()
        expect(freeBlocks).toBeGreaterThanOrEqual(0)
        if (running === 0) expect(usedBlocks).toBe(0)
      }
      for (const part of [o, ...o.groups]) {
        const { busyGpuSeconds, idleGpuSeconds, coldGpuSeconds, leasedGpuSeconds } = part
        expect(relative(busyGpuSeconds + idleGpuSeconds + coldGpuSeconds, leasedGpuSeconds)).toBeLessThan(1e-9)
        for (const one of [busyGpuSeconds, idleGpuSeconds, coldGpuSeconds]) expect(one).toBeGreaterThanOrEqual(-1e-7)
        const spans = part.leases.reduce((sum, span) => sum + span.toSeconds - span.fromSeconds, 0)
        if ('gpusPerReplica' in part) expect(relative(spans * part.gpusPerReplica, leasedGpuSeconds)).toBeLessThan(1e-9)
        expect(relative(part.replicas.mean * o.durationSeconds, spans)).toBeLessThan(1e-9)
      }
      for (const { fromSeconds, toSeconds } of o.leases) {
        expect(toSeconds).toBeGreaterThanOrEqual(fromSeconds)
        expect(toSeconds).toBeLessThanOrEqual(o.durationSeconds + 1e-9)
      }
      for (const key of ['completed', 'busyGpuSeconds', 'leasedGpuSeconds'] as const) {
        const parts = o.groups.reduce((sum, group) => sum + group[key], 0)
        expect(relative(parts, o[key])).toBeLessThan(1e-9)
      }
      seen.interrupted += o.interrupted
      seen.unplaced += run.unplaced
      seen.cold += o.coldGpuSeconds
      seen.rejected += o.rejected
      seen.spilled += o.spilled
      seen.preempted += o.preemptions
      if (o.groups.filter(group => group.completed > 0).length > 1) seen.groups++
    }),
    { numRuns: 1500, seed: 31 },
  )
  for (const count of Object.values(seen)) expect(count, JSON.stringify(seen)).toBeGreaterThan(20)
})

test('law 6: a GPU with more of anything holds no less, and ends no later than by a step, in turn and without preemption', () => {
  const base = gpu('l40s-48gb')
  const more = fc.constantFrom(1, 1.1, 1.5, 3)
  let faster = 0
  fc.assert(
    fc.property(
      traffic,
      more,
      more,
      more,
      fc.integer({ min: 1, max: 3 }),
      (drawn, memory, speed, compute, replicas) => {
        const { prefix: _, sessions: __, ...arrivals } = drawn
        const better: Gpu = {
          ...base,
          memoryGiB: base.memoryGiB * memory,
          memoryBandwidthTBs: base.memoryBandwidthTBs * speed,
          denseTflops: { ...base.denseTflops, bf16: base.denseTflops.bf16! * compute },
        }
        const limits = { model, tp: 1, maxBatchedTokens: 256, maxSequences: 16 }
        const [worse, well] = [base, better].map(one => buildEngine({ ...limits, gpu: one }))
        expect(well!.memory.kvCapacityTokens).toBeGreaterThanOrEqual(worse!.memory.kvCapacityTokens)
        const [slow, fast] = [worse!, well!].map(engine =>
          simulate(arrivals, { engine, replicas, router: 'round-robin' }),
        )
        expect([slow!.preemptions, fast!.preemptions]).toEqual([0, 0])
        const longest = worse!.timer.mixed(256, 16, 16, worse!.timer.prefillAttention(256, 1300))
        expect(fast!.durationSeconds).toBeLessThanOrEqual(slow!.durationSeconds + longest)
        if (fast!.durationSeconds < slow!.durationSeconds) faster++
      },
    ),
    { numRuns: 200, seed: 33 },
  )
  expect(faster).toBeGreaterThan(50)
})

test('what never happens changes nothing: failures and interruptions after the end', () => {
  fc.assert(
    fc.property(traffic, fleets, (arrivals, fleet) => {
      const calm = fleet.groups.map(({ failures: _, spot: __, ...group }) => group)
      const later = calm.map(group => ({
        ...group,
        failures: { atSeconds: [1e9], meanSecondsBetween: 1e15 },
        spot: { perHour: 1e-12, noticeSeconds: 0 },
      }))
      expect(simulate(arrivals, { ...fleet, groups: later })).toEqual(simulate(arrivals, { ...fleet, groups: calm }))
    }),
    { numRuns: 200, seed: 34 },
  )
})

test('the same seed gives the same answer, another seed other failures', () => {
  const group: Group = { engine: engines[0]!, replicas: 3, failures: { meanSecondsBetween: 40 }, coldStartSeconds: 10 }
  fc.assert(
    fc.property(traffic, fleets, (arrivals, fleet) => {
      expect(simulate(arrivals, fleet)).toEqual(simulate(arrivals, fleet))
    }),
    { numRuns: 40, seed: 32 },
  )
  const run = (seed: number) => simulate(steady(400, 1), { groups: [group], router: 'power-of-two', seed })
  expect(run(1)).toEqual(run(1))
  expect(run(1).interrupted).toBeGreaterThan(0)
  expect(run(2).coldGpuSeconds).not.toBe(run(1).coldGpuSeconds)
})

/** One request every `gap` seconds. */
function steady(n: number, gap: number, more: Partial<Arrivals> = {}): Arrivals {
  return {
    n,
    atSeconds: Float64Array.from({ length: n }, (_, i) => i * gap),
    inputTokens: new Int32Array(n).fill(100),
    outputTokens: new Int32Array(n).fill(20),
    ...more,
  }
}

test('renewal theory: a replica that runs for M on average and is repaired in R is there M ÷ (M + R) of the time', () => {
  const arrivals = steady(20_000, 10)
  const group: Group = {
    engine: engines[0]!,
    replicas: 4,
    failures: { meanSecondsBetween: 900 },
    coldStartSeconds: 300,
  }
  const o = simulate(arrivals, { groups: [group], router: 'least-loaded' })
  // 4 replicas × 200,000 s ÷ 1,200 s a cycle = 667 cycles: three standard errors of the share are about 0.03.
  expect(o.coldGpuSeconds / o.leasedGpuSeconds).toBeGreaterThan(0.25 - 0.03)
  expect(o.coldGpuSeconds / o.leasedGpuSeconds).toBeLessThan(0.25 + 0.03)
  // The lease goes on through repairs.
  expect(o.leases).toHaveLength(4)
  expect(o.completed).toBe(arrivals.n)
})

test('a spot fleet is interrupted at its rate, each replacement on a lease of its own that begins with the notice', () => {
  const group: Group = {
    engine: engines[0]!,
    replicas: 4,
    spot: { perHour: 2, noticeSeconds: 30 },
    coldStartSeconds: 120,
  }
  const o = simulate(steady(18_000, 2), { groups: [group], router: 'least-loaded' })
  // Poisson: 4 replicas × 10 h × 2 an hour = 80 ± 3 × 9.
  expect(o.leases.length - 4).toBeGreaterThan(80 - 27)
  expect(o.leases.length - 4).toBeLessThan(80 + 27)
  expect(o.replicas.min).toBeGreaterThanOrEqual(4)
  expect(o.completed).toBe(18_000)
})

test('a notice as long as a request lets it finish; none sends it back', () => {
  const arrivals = steady(600, 0.25)
  const run = (noticeSeconds: number) =>
    simulate(arrivals, {
      groups: [{ engine: engines[0]!, replicas: 2, spot: { perHour: 300, noticeSeconds }, coldStartSeconds: 1 }],
    })
  expect(run(60).interrupted).toBe(0)
  expect(run(0).interrupted).toBeGreaterThan(0)
})

test('a stated failure: what was in flight is served by the others, later; with a spare it is hardly later', () => {
  const arrivals = steady(400, 0.1, { outputTokens: new Int32Array(400).fill(60) })
  const run = (spares: number, atSeconds: number[]) =>
    simulate(arrivals, {
      groups: [{ engine: engines[0]!, replicas: 2, spares, failures: { atSeconds }, coldStartSeconds: 20 }],
      router: 'least-loaded',
    })
  const [whole, failed, spared] = [run(0, []), run(0, [10]), run(1, [10])]
  expect([whole.interrupted, failed.interrupted > 0, failed.completed]).toEqual([0, true, 400])
  expect(failed.ttftMs.p99!).toBeGreaterThan(whole.ttftMs.p99!)
  expect(spared.ttftMs.p99!).toBeLessThan(failed.ttftMs.p99!)
  expect(spared.replicas.max).toBe(3)
  expect(failed.coldGpuSeconds).toBeCloseTo(20, 0)
})

test('scaled to none: the first request waits for the cold start, and nothing is leased before or long after', () => {
  const scaling: Scaling = {
    signal: 'concurrency',
    target: 4,
    minReplicas: 0,
    maxReplicas: 3,
    downCooldownSeconds: 60,
    coldStartSeconds: 90,
  }
  const atSeconds = Float64Array.from([1000, 1001, 1002, 5000])
  const arrivals = { ...steady(4, 1), atSeconds }
  const o = simulate(arrivals, { engine: engines[0]!, replicas: 1, scaling })
  expect(o.leases.map(({ fromSeconds }) => Math.round(fromSeconds))).toEqual([1000, 5000])
  expect(o.leases[0]!.toSeconds).toBeLessThan(1000 + 90 + 60 + 60)
  expect(o.ttftMs.p50! / 1000).toBeGreaterThan(87)
  expect(o.ttftMs.p99! / 1000).toBeLessThan(92)
  expect(o.coldGpuSeconds).toBeCloseTo(180, 6)
  expect(o.replicas.min).toBe(0)
})

test('a schedule is kept to the letter, and is the least that another signal may have', () => {
  const schedule = [
    { fromSeconds: 0, replicas: 1 },
    { fromSeconds: 300, replicas: 3 },
    { fromSeconds: 600, replicas: 2 },
  ]
  const scaling: Scaling = {
    signal: 'schedule',
    target: 1,
    schedule,
    minReplicas: 0,
    maxReplicas: 9,
    coldStartSeconds: 30,
  }
  const arrivals = steady(900, 1)
  const o = simulate(arrivals, { engine: engines[0]!, replicas: 1, scaling })
  expect(o.leases.map(({ fromSeconds }) => fromSeconds)).toEqual([0, 300, 300])
  expect(o.leases.filter(({ toSeconds }) => Math.abs(toSeconds - 600) < 1)).toHaveLength(1)
  const both = simulate(arrivals, { engine: engines[0]!, replicas: 1, scaling: { ...scaling, signal: 'queue' } })
  expect(both.replicas.max).toBe(3)
})

test('a queue and a wait of their targets call for more', () => {
  const burst = { ...steady(200, 1), atSeconds: Float64Array.from({ length: 200 }, (_, i) => (i < 150 ? 20 : i)) }
  const most = (signal: Scaling['signal'], target: number) =>
    simulate(burst, {
      engine: engines[0]!,
      replicas: 1,
      scaling: { signal, target, minReplicas: 1, maxReplicas: 8, coldStartSeconds: 5 },
    }).replicas.max
  expect([most('queue', 1000), most('wait', 1000)]).toEqual([1, 1])
  expect(most('queue', 5)).toBeGreaterThan(2)
  expect(most('wait', 1)).toBeGreaterThan(2)
})

test('a session stays with its replica, and goes to another only when that is lost', () => {
  const sessions = Int32Array.from({ length: 300 }, (_, i) => i % 7)
  const arrivals = steady(300, 0.1, { sessions })
  const perGroup: Group[] = [0, 1, 2].map(() => ({ engine: engines[0]!, replicas: 1, coldStartSeconds: 5 }))
  const { groupOf } = runFleet(arrivals, { groups: perGroup, router: 'session-sticky' })
  for (let session = 0; session < 7; session++) {
    expect(new Set([...groupOf!].filter((_, i) => i % 7 === session)).size).toBe(1)
  }
  const lossy = perGroup.map((group, i) => (i === 0 ? { ...group, failures: { atSeconds: [20] } } : group))
  const after = runFleet(arrivals, { groups: lossy, router: 'session-sticky' }).groupOf!
  const moved = [...groupOf!].filter((group, i) => group !== after[i])
  expect(moved.length).toBeGreaterThan(0)
  expect(new Set(moved)).toEqual(new Set([0]))
  expect(() => runFleet(steady(3, 1), { groups: perGroup, router: 'session-sticky' })).toThrow(/sessions/)
  expect(() => runFleet(steady(3, 1), { groups: perGroup, router: 'prefix-aware' })).toThrow(/prefix/)
})

test('affinity to beginnings finds more in caches than spreading does, and yields where one beginning is all there is', () => {
  const n = 2000
  const random = stream(1, 'conversations')
  const offsets = Int32Array.from({ length: n + 1 }, (_, i) => i * 8)
  const blocks = Array.from({ length: n }, () => {
    const conversation = random.integer(60)
    return Array.from({ length: 8 }, (_, k) => conversation * 8 + k)
  }).flat()
  const prefix = { offsets, ids: chained(offsets, blocks), tokensPerBlock: 64 }
  const engine = { ...engines[0]!, memory: { ...engines[0]!.memory, kvBlocks: 600, kvCapacityTokens: 9600 } }
  const arrivals = steady(n, 0.1, { prefix, inputTokens: new Int32Array(n).fill(520) })
  const run = (router: RouterName, from: Arrivals = arrivals) => simulate(from, { engine, replicas: 4, router })
  expect(run('prefix-aware').prefixHitRate!).toBeGreaterThan(1.5 * run('least-loaded').prefixHitRate!)
  // One system prompt for everybody: bounded load spreads it.
  const same = {
    ...prefix,
    ids: chained(
      offsets,
      Array.from({ length: n * 8 }, (_, i) => i % 8),
    ),
  }
  const groups: Group[] = [0, 1, 2, 3].map(() => ({ engine, replicas: 1 }))
  const { groupOf } = runFleet(
    { ...arrivals, atSeconds: new Float64Array(n), prefix: same },
    { groups, router: 'prefix-aware' },
  )
  for (let group = 0; group < 4; group++) {
    expect([...groupOf!].filter(one => one === group).length).toBeLessThanOrEqual(Math.ceil((1.25 * n) / 4))
  }
})

test('two choices: far more even than one drawn at random (Mitzenmacher), close to the least loaded', () => {
  const n = 1000
  const arrivals = { ...steady(n, 1), atSeconds: new Float64Array(n) }
  const groups: Group[] = Array.from({ length: 20 }, () => ({ engine: engines[0]!, replicas: 1 }))
  const { groupOf } = runFleet(arrivals, { groups, router: 'power-of-two' })
  const counts = groups.map((_, i) => [...groupOf!].filter(one => one === i).length)
  // All at once, none finishes between: balls into bins. One choice leaves √(2·50·ln 20) ≈ 17 above the mean of 50.
  expect(Math.max(...counts)).toBeLessThanOrEqual(50 + 4)
})

test('weights: a group of three times the weight takes three times the requests', () => {
  const arrivals = steady(400, 0.05)
  const groups: Group[] = [1, 3].map(weight => ({ engine: engines[0]!, replicas: 1, weight }))
  for (const router of ['round-robin', 'least-loaded'] as const) {
    const all = { ...arrivals, atSeconds: router === 'least-loaded' ? new Float64Array(400) : arrivals.atSeconds }
    const { groupOf } = runFleet(all, { groups, router })
    expect([...groupOf!].filter(group => group === 1).length).toBeCloseTo(300, -1)
  }
})

test('a request that only one shape can hold goes there, and waits for it where it is at none', () => {
  const inputTokens = Int32Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 1100 : 100))
  const arrivals = steady(40, 2, { inputTokens })
  const scaling: Scaling = {
    signal: 'concurrency',
    target: 2,
    minReplicas: 0,
    maxReplicas: 1,
    coldStartSeconds: 12,
    downCooldownSeconds: 0,
  }
  const groups: Group[] = [
    { name: 'little', engine: engines[1]!, replicas: 1 },
    { name: 'large', engine: engines[2]!, replicas: 1, scaling },
  ]
  const run = runFleet(arrivals, { groups, router: 'least-loaded' })
  for (let id = 0; id < 40; id += 4) expect(run.groupOf![id]).toBe(1)
  const o = simulate(arrivals, { groups, router: 'least-loaded' })
  expect([o.completed, o.rejected, o.groups.map(({ name }) => name)]).toEqual([40, 0, ['little', 'large']])
})

test('a failure with hundreds of thousands waiting gives all of them back', () => {
  const n = 300_000
  const arrivals = { ...steady(n, 1), atSeconds: new Float64Array(n), outputTokens: new Int32Array(n).fill(2) }
  const engine = { ...buildEngine({ gpu: gpu('h100-sxm-80gb'), model, tp: 1 }) }
  const o = simulate(arrivals, { engine, replicas: 1, failures: { atSeconds: [5] }, coldStartSeconds: 60 })
  expect([o.completed, o.interrupted > n / 2]).toEqual([n, true])
})

test('replicas that fail before anything is done are a fault, not a run without end', () => {
  const group: Group = { engine: engines[0]!, replicas: 1, failures: { meanSecondsBetween: 0.01 } }
  expect(() => simulate(steady(5, 1), { groups: [group] })).toThrow(/fail faster/)
})

test('a group that scales stands by for the peaks of those before it, from none', () => {
  const burst = { ...steady(300, 1), atSeconds: Float64Array.from({ length: 300 }, (_, i) => (i < 200 ? 30 : i)) }
  const scaling: Scaling = {
    signal: 'concurrency',
    target: 8,
    minReplicas: 0,
    maxReplicas: 4,
    coldStartSeconds: 3,
    intervalSeconds: 5,
  }
  const base: Group = { engine: engines[0]!, replicas: 1 }
  const quiet = simulate(steady(100, 2), { groups: [base, { ...base, scaling }], router: 'least-loaded' })
  expect(quiet.groups[1]!.leasedGpuSeconds).toBe(0)
  for (const signal of ['concurrency', 'queue', 'wait'] as const) {
    const o = simulate(burst, { groups: [base, { ...base, scaling: { ...scaling, signal } }], router: 'least-loaded' })
    expect(o.groups[1]!.replicas.max).toBeGreaterThan(0)
  }
})

test('a gateway with an end to its queue refuses what comes over it', () => {
  const arrivals = { ...steady(50, 1), atSeconds: new Float64Array(50) }
  const o = simulate(arrivals, { engine: engines[0]!, replicas: 2, admission: { bound: 10 } })
  expect([o.completed, o.rejected, o.spilled]).toEqual([20, 30, 0])
})

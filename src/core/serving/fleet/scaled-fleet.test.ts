import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildEngine, type Engine } from '../engine/engine.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { bunchedTraffic, tenths } from '../traffic/arrivals-for-test.ts'
import { createAutoscaler, type Scaling } from './autoscaler.ts'
import { coldStartParts, coldStartSeconds } from './cold-start.ts'
import { runFleet } from './fleet.ts'
import { simulate } from './simulate.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model = (id: string): Model => read('models.json').models.find((row: Model) => row.id === id)
const full = buildEngine({ gpu, model: model('llama-3.1-8b'), tp: 1 })

/** Small enough that a few requests fill it: queues, preemption and overflow are reached by short runs. */
const small: Engine = {
  ...full,
  memory: { ...full.memory, kvBlocks: 60, kvCapacityTokens: 960 },
  maxBatchedTokens: 64,
  maxSequences: 4,
}

const guessing = { draftTokens: 3, acceptance: 0.7, draft: 'head' as const }
const guessed = buildEngine({ gpu, model: model('llama-3.1-8b'), tp: 1, speculation: guessing })
/** One batch, three of them, and two that guess ahead. */
const engines = fc.constantFrom<Engine>(
  small,
  { ...small, lanes: 3, gpus: 3 },
  { ...small, lanes: 2, gpus: 2, timer: guessed.timer },
)

const traffic = bunchedTraffic({ longestInput: 1100, most: 60 })

const scalings: fc.Arbitrary<Scaling> = fc
  .record({
    signal: fc.constantFrom('concurrency' as const, 'utilization' as const),
    target: tenths(0.2, 6),
    minReplicas: fc.integer({ min: 1, max: 3 }),
    more: fc.integer({ min: 0, max: 5 }),
    startReplicas: fc.integer({ min: 1, max: 6 }),
    intervalSeconds: tenths(0.05, 15),
    upCooldownSeconds: fc.constantFrom(0, 1, 30),
    downCooldownSeconds: fc.constantFrom(0, 2, 60),
    coldStartSeconds: fc.oneof(fc.constant(0), tenths(0, 60)),
  })
  .map(({ more, ...scaling }) => ({ ...scaling, maxReplicas: scaling.minReplicas + more }))

const overflow = fc.option(
  fc.record({
    policy: fc.constantFrom('outstanding' as const, 'waiting' as const),
    bound: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(Number.POSITIVE_INFINITY)),
    contextTokens: fc.option(fc.integer({ min: 400, max: 1400 })),
    maxOutputTokens: fc.option(fc.integer({ min: 100, max: 300 })),
  }),
  { nil: undefined },
)

const routers = fc.constantFrom('round-robin' as const, 'least-loaded' as const)
const instants = fc.oneof(fc.constant(undefined), tenths(0, 400))
const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-9, Math.abs(b))

test('law 2: arrivals = completed + running + waiting + rejected + spilled at any instant, tokens likewise, however the fleet scales and overflows', () => {
  const seen = { spilled: 0, scaledUp: 0, drained: 0 }
  fc.assert(
    fc.property(
      traffic,
      engines,
      fc.option(scalings, { nil: undefined }),
      overflow,
      routers,
      instants,
      (arrivals, engine, scaling, spill, router, untilSeconds) => {
        const fleet = { engine, replicas: 2, router, scaling, overflow: spill }
        const o = simulate(arrivals, fleet, { untilSeconds })
        expect(o.completed + o.running + o.waiting + o.rejected + o.spilled).toBe(o.requests)
        if (untilSeconds === undefined) expect([o.requests, o.running, o.waiting]).toEqual([arrivals.n, 0, 0])
        const run = runFleet(arrivals, fleet, untilSeconds)
        let all = 0
        let rest = 0
        for (let id = 0; id < run.taken; id++) {
          const tokens = arrivals.inputTokens[id]! + arrivals.outputTokens[id]!
          all += tokens
          const { rejected, spilled, finishedAt } = run.progress
          expect(rejected[id]! + spilled[id]!).toBeLessThanOrEqual(1)
          if (rejected[id] || (!spilled[id] && Number.isNaN(finishedAt[id]!))) rest += tokens
        }
        expect(o.tokens.input + o.tokens.output + o.spilledTokens.input + o.spilledTokens.output + rest).toBe(all)
        seen.spilled += o.spilled
        if (scaling && o.replicas.max > scaling.minReplicas) seen.scaledUp++
        seen.drained += run.leases.filter(
          ({ replica, toSeconds }) => replica !== null && toSeconds !== null && toSeconds < o.durationSeconds,
        ).length
      },
    ),
    { numRuns: 250, seed: 21 },
  )
  expect(seen.spilled).toBeGreaterThan(50)
  expect(seen.scaledUp).toBeGreaterThan(20)
  expect(seen.drained).toBeGreaterThan(20)
})

test('law 3: leased = busy + idle + cold with none of them negative, and the replicas stay within the range asked for', () => {
  let cold = 0
  fc.assert(
    fc.property(
      traffic,
      engines,
      scalings,
      overflow,
      routers,
      instants,
      (arrivals, engine, scaling, spill, ...more) => {
        const [router, untilSeconds] = more
        const fleet = { engine, replicas: 1, router, scaling, overflow: spill, charges: true }
        const o = simulate(arrivals, fleet, { untilSeconds })
        const { prefillGpuSeconds, decodeGpuSeconds } = o.charges!
        const charged = [...prefillGpuSeconds, ...decodeGpuSeconds].reduce((sum, one) => sum + one, 0)
        expect(relative(charged, o.busyGpuSeconds)).toBeLessThan(1e-7)
        expect(relative(o.busyGpuSeconds + o.idleGpuSeconds + o.coldGpuSeconds, o.leasedGpuSeconds)).toBeLessThan(1e-9)
        for (const part of [o.busyGpuSeconds, o.idleGpuSeconds, o.coldGpuSeconds])
          expect(part).toBeGreaterThanOrEqual(-1e-7)
        expect(o.replicas.min).toBeGreaterThanOrEqual(1)
        expect(relative(o.replicas.mean * o.durationSeconds * engine.gpus, o.leasedGpuSeconds)).toBeLessThan(1e-9)
        expect(o.replicas.mean).toBeLessThanOrEqual(o.replicas.max + 1e-9)
        expect(o.replicas.mean).toBeGreaterThanOrEqual(o.replicas.min - 1e-9)
        // Draining replicas come on top of those asked for, until they are done.
        if (o.coldGpuSeconds > 0) cold++
      },
    ),
    { numRuns: 900, seed: 22 },
  )
  expect(cold).toBeGreaterThan(10)
})

test('an autoscaler that may have n replicas and no others is a fixed fleet of n', () => {
  fc.assert(
    fc.property(traffic, fc.integer({ min: 1, max: 4 }), overflow, routers, (arrivals, replicas, spill, router) => {
      const fleet = { engine: small, replicas, router, overflow: spill }
      const scaling: Scaling = {
        signal: 'concurrency',
        target: 1,
        minReplicas: replicas,
        maxReplicas: replicas,
        coldStartSeconds: 9,
      }
      const objective = { ttftP95Ms: 500, tpotP95Ms: 50 }
      const fixed = simulate(arrivals, fleet, { objective })
      const scaled = simulate(arrivals, { ...fleet, scaling }, { objective })
      for (const key of ['completed', 'rejected', 'spilled', 'preemptions'] as const)
        expect(scaled[key]).toBe(fixed[key])
      for (const key of ['durationSeconds', 'leasedGpuSeconds', 'busyGpuSeconds'] as const) {
        expect(relative(scaled[key], fixed[key])).toBeLessThan(1e-9)
      }
      expect(scaled.late.map(({ late }) => late)).toEqual(fixed.late.map(({ late }) => late))
    }),
    { numRuns: 100, seed: 23 },
  )
})

test('one burst: the new replica is paid from the decision on, serves after its cold start, and goes after the cooldown', () => {
  // Forty requests at once after a quiet minute; one every ten seconds to keep the clock going.
  const atSeconds = Float64Array.from([...Array(60).keys()].map(i => (i < 40 ? 61 : 61 + (i - 39) * 10)))
  const n = atSeconds.length
  const arrivals = { n, atSeconds, inputTokens: new Int32Array(n).fill(200), outputTokens: new Int32Array(n).fill(200) }
  const scaling: Scaling = {
    signal: 'concurrency',
    target: 4,
    minReplicas: 1,
    maxReplicas: 2,
    coldStartSeconds: 8,
    downCooldownSeconds: 60,
  }
  const { leases } = runFleet(arrivals, { engine: small, replicas: 1, scaling, router: 'least-loaded' })
  expect(leases).toHaveLength(2)
  // The first tick after the burst is at 75 s; the wish for two lasts while the queue does, then 60 s more.
  expect([leases[1]!.fromSeconds, leases[1]!.readySeconds]).toEqual([75, 83])
  expect(leases[1]!.toSeconds).toBeGreaterThanOrEqual(75 + 60)
  expect(leases[1]!.toSeconds).toBeLessThan(75 + 60 + 45)
})

test('law 3: a replica that is ready only after the last step was cold to the end', () => {
  // Ten calls at 10 s; the tick at 15 s asks for more, ready at 29 s; the work ends before, the tick at 30 s finds none.
  const n = 10
  const arrivals = {
    n,
    atSeconds: new Float64Array(n).fill(10),
    inputTokens: new Int32Array(n).fill(400),
    outputTokens: new Int32Array(n).fill(150),
  }
  const scaling: Scaling = {
    signal: 'concurrency',
    target: 1,
    minReplicas: 1,
    maxReplicas: 3,
    coldStartSeconds: 14,
  }
  const o = simulate(arrivals, { engine: small, replicas: 1, scaling })
  expect(o.durationSeconds).toBeGreaterThan(15)
  expect(o.durationSeconds).toBeLessThan(29)
  expect(o.coldGpuSeconds).toBeCloseTo(2 * (o.durationSeconds - 15), 9)
  expect(relative(o.busyGpuSeconds + o.idleGpuSeconds + o.coldGpuSeconds, o.leasedGpuSeconds)).toBeLessThan(1e-9)
})

test("the Kubernetes documentation's own example: 200m against a target of 100m doubles the replicas, 50m halves them", () => {
  const scaling = (more: Partial<Scaling> = {}): Scaling => ({
    signal: 'utilization',
    target: 0.1,
    minReplicas: 1,
    maxReplicas: 100,
    coldStartSeconds: 0,
    downCooldownSeconds: 0,
    ...more,
  })
  const quiet = { serving: 4, outstanding: 0, waiting: 0, longestWaitSeconds: 0, scheduled: 0 }
  const at = (busyShare: number, more?: Partial<Scaling>) =>
    createAutoscaler(scaling(more))(0, { ...quiet, busyShare }, 4)
  expect([at(0.2), at(0.05), at(0.105), at(0.2, { maxReplicas: 6 }), at(0, {})]).toEqual([8, 2, 4, 6, 1])
  // Down only when the whole window agrees, up at once.
  const steady = createAutoscaler(scaling({ downCooldownSeconds: 30 }))
  const seen = [0.2, 0.05, 0.05, 0.05].map((busyShare, i) => steady(i * 15, { ...quiet, busyShare }, 4))
  expect(seen).toEqual([8, 4, 4, 2])
})

test('a cold start is the sum of its published parts, and larger weights take longer', () => {
  const shape = (id: string) => ({ gpu, model: model(id), tp: 8 })
  const parts = coldStartParts(shape('llama-3.1-70b'))
  expect(parts.map(part => part.name)).toEqual(['node', 'image', 'weights', 'engine'])
  // 70.6 billion parameters in 16 bits at 1 GB/s.
  expect(parts[2]!.seconds).toBeCloseTo(141.1, 0)
  expect(coldStartSeconds(shape('llama-3.1-70b'))).toBeCloseTo(180 + 90 + 141.1 + 120, 0)
  expect(coldStartSeconds(shape('llama-3.1-8b'))).toBeLessThan(coldStartSeconds(shape('llama-3.1-70b')))
  for (const part of parts) expect(part.source).not.toBe('')
})

test('no autoscaler keeps fewer than none, never has one, or aims at nothing', () => {
  const arrivals = {
    n: 1,
    atSeconds: new Float64Array(1),
    inputTokens: new Int32Array(1).fill(9),
    outputTokens: new Int32Array(1).fill(9),
  }
  const scaling: Scaling = { signal: 'concurrency', target: 1, minReplicas: 1, maxReplicas: 2, coldStartSeconds: 0 }
  const run = (more: Partial<Scaling>) => () =>
    simulate(arrivals, { engine: small, replicas: 1, scaling: { ...scaling, ...more } })
  expect(run({ minReplicas: -1 })).toThrow(/-1 to 2/)
  expect(run({ minReplicas: 0, maxReplicas: 0 })).toThrow(/0 to 0/)
  expect(run({ signal: 'schedule' })).toThrow(/schedule/)
  expect(run({ maxReplicas: 0 })).toThrow(/1 to 0/)
  expect(run({ target: 0 })).toThrow(/target/)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gpuById, modelById } from '../../../catalog/facts.ts'
import { buildEngine } from '../engine/engine.ts'
import { closedLoop } from '../predict/closed-loop.ts'
import { picked } from '../traffic/arrivals.ts'
import { runFleet } from './fleet.ts'
import { type RouterName, routers } from './routers.ts'
import { simulateSessions, type Turns } from './sessions.ts'

const engine = buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 })
const relative = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-9, Math.abs(b))

const turns = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 20_000 }),
      session: fc.integer({ min: -1, max: 7 }),
      think: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
      gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })),
      input: fc.integer({ min: 1, max: 3000 }),
      output: fc.integer({ min: 1, max: 200 }),
    }),
    { minLength: 1, maxLength: 50 },
  )
  .map(
    (rows): Turns => ({
      n: rows.length,
      // No two at one moment: which of them comes first is nobody's law.
      atSeconds: Float64Array.from(rows, (row, i) => row.at / 1000 + i * 1e-6),
      sessions: Int32Array.from(rows, row => row.session),
      thinkSeconds: Float64Array.from(rows, (row, i) => row.think / 1000 + i * 1e-6),
      gapSeconds: Float64Array.from(rows, row => row.gap / 1000),
      inputTokens: Int32Array.from(rows, row => row.input),
      outputTokens: Int32Array.from(rows, row => row.output),
    }),
  )

const routersThatMayBe = Object.keys(routers).filter(name => name !== 'prefix-aware') as RouterName[]

test('every turn starts when its think time after the last answer is over, and an open loop of these starts gives these answers', () => {
  fc.assert(
    fc.property(
      turns,
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(...routersThatMayBe),
      fc.integer({ min: 1, max: 3 }),
      (all, replicas, router, lanes) => {
        const fleet = { engine: { ...engine, lanes, gpus: lanes }, replicas, router }
        const { startedAtSeconds: starts, completed, e2eMs } = simulateSessions(all, fleet)
        expect(completed).toBe(all.n)
        const order = Array.from({ length: all.n }, (_, i) => i).sort((a, b) => starts[a]! - starts[b]!)
        const open = runFleet(
          picked(
            all,
            order,
            Float64Array.from(order, i => starts[i]!),
          ),
          fleet,
        )
        const ends = new Float64Array(all.n)
        for (const [k, i] of order.entries()) ends[i] = open.progress.finishedAt[k]!
        const last = new Map<number, number>()
        let longest = 0
        for (let i = 0; i < all.n; i++) {
          const before = last.get(all.sessions[i]!)
          const due =
            before === undefined || all.sessions[i]! < 0
              ? all.atSeconds[i]!
              : Math.max(ends[before]! + all.thinkSeconds[i]!, starts[before]! + all.gapSeconds![i]!)
          expect(relative(starts[i]!, due)).toBeLessThan(1e-9)
          last.set(all.sessions[i]!, i)
          longest = Math.max(longest, ends[i]! - starts[i]!)
        }
        expect(e2eMs.p99!).toBeLessThanOrEqual(longest * 1000 * (1 + 1e-9))
      },
    ),
    { numRuns: 150, seed: 31 },
  )
})

test('so many sessions of like turns without think time are a benchmark at fixed concurrency', () => {
  const n = 240
  const alike = { inputTokens: new Int32Array(n).fill(700), outputTokens: new Int32Array(n).fill(90) }
  const zeros = { n, atSeconds: new Float64Array(n), thinkSeconds: new Float64Array(n) }
  // Their prompts reach the engine side by side; a benchmark's pass its front end one after the other.
  const sideBySide = { ...engine, timer: { ...engine.timer, frontSeconds: () => 0 } }
  const known = closedLoop(sideBySide, 12, alike.inputTokens, alike.outputTokens)
  // Twelve sessions of twenty turns, and as many sessions of one turn of which twelve are in progress.
  const twelve = { ...zeros, ...alike, sessions: Int32Array.from({ length: n }, (_, i) => i % 12) }
  const single = { ...zeros, ...alike, sessions: new Int32Array(n).fill(-1) }
  for (const outcome of [
    simulateSessions(twelve, { engine, replicas: 1 }),
    simulateSessions(single, { engine, replicas: 1 }, { concurrency: 12 }),
  ]) {
    expect(relative(outcome.tokens.output / outcome.durationSeconds, known.outputTokensPerSecond)).toBeLessThan(1e-9)
    expect(relative(outcome.ttftMs.p50!, known.ttftMs.p50!)).toBeLessThan(1e-9)
    expect(relative(outcome.tpotMs.p95!, known.tpotMs.p95!)).toBeLessThan(1e-9)
  }
})

test('a turn that no replica can serve is answered at once, and its session goes on', () => {
  const outcome = simulateSessions(
    {
      n: 2,
      atSeconds: new Float64Array(2),
      sessions: new Int32Array(2),
      thinkSeconds: Float64Array.of(0, 4),
      inputTokens: Int32Array.of(1_000_000, 100),
      outputTokens: Int32Array.of(10, 10),
    },
    { engine, replicas: 1 },
  )
  expect([outcome.completed, outcome.rejected, outcome.startedAtSeconds[1]]).toEqual([1, 1, 4])
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { buildEngine } from '../engine/engine.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import type { Fleet } from './fleet.ts'
import type { RouterName } from './routers.ts'
import { type Outcome, simulate } from './simulate.ts'
import { mostInstants, timelineWatch } from './timeline.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model: Model = read('models.json').models.find((row: Model) => row.id === 'llama-3.1-8b')
const engine = buildEngine({ gpu, model, tp: 1 })

function poisson(n: number, perSecond: number, seed = 1): Arrivals {
  const random = stream(seed, 'timeline traffic')
  let at = 0
  const atSeconds = Float64Array.from({ length: n }, () => (at += random.exponential(1 / perSecond)))
  const lengths = (mean: number) => Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(mean)))
  return { n, atSeconds, inputTokens: lengths(800), outputTokens: lengths(150) }
}

const scaling = { signal: 'concurrency', target: 20, minReplicas: 0, maxReplicas: 4, coldStartSeconds: 40 } as const
const plain = ({ timeline: _, ...outcome }: Outcome) => outcome

test('looking changes nothing but where a router looks itself, and every look lies within it', () => {
  const fleets = fc.record({
    router: fc.constantFrom<RouterName[]>('round-robin', 'least-loaded', 'power-of-two'),
    replicas: fc.integer({ min: 1, max: 4 }),
    scaling: fc.constantFrom(undefined, scaling),
    failures: fc.constantFrom(undefined, { meanSecondsBetween: 180 }),
  })
  fc.assert(
    fc.property(fleets, fc.double({ min: 0.5, max: 40, noNaN: true }), (parts, rate) => {
      const fleet: Fleet = { engine, ...parts }
      const arrivals = poisson(400, rate, 5)
      const watched = simulate(arrivals, fleet, { watched: true })
      const unwatched = simulate(arrivals, fleet)
      // Routers that count what a replica holds take a step that a look began for done: one request may go elsewhere.
      if (parts.router === 'round-robin') expect(rounded(plain(watched))).toEqual(rounded(plain(unwatched)))
      expect(watched.completed).toBe(unwatched.completed)
      expect(Math.abs(watched.e2eMs.p50! / unwatched.e2eMs.p50! - 1)).toBeLessThan(0.25)
      const { instants, durationSeconds } = watched.timeline!
      expect(instants.length).toBeLessThanOrEqual(mostInstants)
      let before = -1
      for (const { atSeconds, waiting, running, batch, kvUse, serving, cold } of instants) {
        expect(atSeconds).toBeGreaterThan(before)
        expect(atSeconds).toBeLessThanOrEqual(durationSeconds)
        before = atSeconds
        expect(waiting + running).toBeLessThanOrEqual(400)
        expect(serving + cold).toBeLessThanOrEqual(watched.replicas.max + 1)
        if (batch === null || kvUse === null) expect(serving).toBe(0)
        else {
          expect(batch.min <= batch.mean + 1e-9 && batch.mean <= batch.max + 1e-9).toBe(true)
          expect(batch.mean * serving).toBeCloseTo(running, 6)
          expect(kvUse.min).toBeGreaterThanOrEqual(0)
          expect(kvUse.max).toBeLessThanOrEqual(1)
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('law 2: what the looks find in the house is what came and is not done (Little), and replicas are as leased', () => {
  const outcome = simulate(poisson(6000, 20), { engine, replicas: 2, router: 'least-loaded' }, { watched: true })
  const { instants, stretches, durationSeconds } = outcome.timeline!
  const mean = (of: (one: (typeof instants)[number]) => number) =>
    instants.reduce((sum, one) => sum + of(one), 0) / instants.length
  expect(mean(({ waiting, running }) => waiting + running) / outcome.meanOutstanding).toBeGreaterThan(0.95)
  expect(mean(({ waiting, running }) => waiting + running) / outcome.meanOutstanding).toBeLessThan(1.05)
  expect(instants.every(({ serving, cold }) => serving === 2 && cold === 0)).toBe(true)
  expect(durationSeconds).toBe(outcome.durationSeconds)
  const came = stretches.reduce(
    (sum, { requestsPerSecond, fromSeconds, toSeconds }) => sum + requestsPerSecond * (toSeconds - fromSeconds),
    0,
  )
  expect(came).toBeCloseTo(6000, 6)
  const p50s = stretches.map(({ ttftP50Ms }) => ttftP50Ms!).sort((a, b) => a - b)
  expect(p50s[Math.floor(p50s.length / 2)]! / outcome.ttftMs.p50!).toBeCloseTo(1, 1)
})

test('replicas that are leased and cold are seen as such, and what waits for them as waiting', () => {
  const { timeline } = simulate(
    poisson(2000, 20),
    { engine, replicas: 1, router: 'least-loaded', scaling },
    { watched: true },
  )
  const begin = timeline!.instants.filter(({ atSeconds }) => atSeconds > 1 && atSeconds < 35)
  expect(begin.length).toBeGreaterThan(3)
  for (const { serving, cold, batch, kvUse } of begin)
    expect([serving, cold > 0, batch, kvUse]).toEqual([0, true, null, null])
  for (let i = 1; i < begin.length; i++) expect(begin[i]!.waiting).toBeGreaterThanOrEqual(begin[i - 1]!.waiting)
  expect(timeline!.instants.some(({ serving }) => serving > 1)).toBe(true)
})

test('a run that lasts longer than expected is looked at less often, at even distances', () => {
  const { watch, instants } = timelineWatch(10)
  let at = watch.nextAt()
  for (let i = 0; i < 5000; i++) {
    watch.see(at, [], 0)
    expect(watch.nextAt()).toBeGreaterThan(at)
    at = watch.nextAt()
  }
  const times = instants().map(({ atSeconds }) => atSeconds)
  expect(times.length).toBeLessThanOrEqual(mostInstants)
  const gap = times[1]! - times[0]!
  for (const [i, time] of times.entries()) expect(time).toBeCloseTo(i * gap, 9)
})

/** The looks split sums of step times: their last digits may differ. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(9))
  if (Array.isArray(value)) return value.map(rounded)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rounded(one)]))
}

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawRateCurve } from '../../statistics/arrivals-draw.ts'
import { buildEngine } from '../engine/engine.ts'
import { simulate } from '../fleet/simulate.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import { windowsMet } from '../traffic/windows.ts'
import { carriedBy, type FleetCurve, fleetCurve, loadedAt, replicasFor } from './fleet-curve.ts'
import { horizonOf } from './horizon.ts'

const read = (name: string) => readFileSync(new URL(`../../../../data/${name}`, import.meta.url))
const rows = (name: string) => JSON.parse(read(name).toString())
const gpu: Gpu = rows('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model: Model = rows('models.json').models.find((row: Model) => row.id === 'llama-3.1-70b')
const shape = { gpu, model, tp: 4 }
const traffic = { inputTokens: 2000, outputTokens: 100, lengthRangeRatio: 1, cv: 1 }
const limits = { ttftMs: 1500, tpotMs: 60, statistic: 'p95' as const }

/** The pool of DeepSeek-R1 at Alibaba over a day (ServeGen), scaled to eight requests a second on average. */
const measured = gunzipSync(read('traces/servegen-deepseek-r1-rate-10min.csv.gz'))
  .toString()
  .trim()
  .split('\n')
  .slice(1)
const raw = measured.map(line => Number(line.split(',')[1]))
const scale = 8 / (raw.reduce((sum, rate) => sum + rate, 0) / raw.length)
const rates = { windowSeconds: 600, requestsPerSecond: raw.map(rate => rate * scale) }

const { alone, curve: found } = fleetCurve({ shape, traffic, limits, seed: 1 }, Math.max(...rates.requestsPerSecond))
const curve = found!

test('a fleet carries no less a replica than a smaller one, and the fewest replicas for a rate are the fewest', () => {
  expect(carriedBy(curve, 1)).toBe(alone.requestsPerSecond)
  for (let n = 1; n < 40; n++) {
    expect(carriedBy(curve, n + 1) / (n + 1)).toBeGreaterThanOrEqual((carriedBy(curve, n) / n) * (1 - 1e-12))
  }
  const rate = fc.double({ min: 1e-6, max: 40 * alone.requestsPerSecond, noNaN: true })
  fc.assert(
    fc.property(rate, one => {
      const replicas = replicasFor(curve, one)
      expect(carriedBy(curve, replicas)).toBeGreaterThanOrEqual(one * (1 - 1e-9))
      if (replicas > 1) expect(carriedBy(curve, replicas - 1)).toBeLessThan(one * (1 + 1e-9))
    }),
  )
  expect(replicasFor(curve, 0)).toBe(0)
})

test('a busier fleet is not less busy or less late', () => {
  const share = fc.double({ min: 0.01, max: 1, noNaN: true })
  fc.assert(
    fc.property(share, share, fc.integer({ min: 1, max: 20 }), (a, b, n) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)].map(load => loadedAt(curve, n, load * carriedBy(curve, n)))
      expect(high!.busyShare).toBeGreaterThanOrEqual(low!.busyShare - 1e-12)
      expect(high!.lateShare).toBeGreaterThanOrEqual(low!.lateShare - 1e-12)
    }),
  )
})

test('a day read off the curve is the day that a replay of each request gives', () => {
  const day = horizonOf(rates, curve)
  const windows = raw.map((requestsPerSecond, i) => ({ startSecond: i * 600, requestsPerSecond, cv: 1 }))
  const arrivals = drawRateCurve(windows, { inputTokens: [2000], outputTokens: [100] }, 3, 'day', { scale })
  expect(Math.abs(arrivals.n - day.requests) / day.requests).toBeLessThan(0.01)
  const engine = buildEngine(shape)
  const { min, max } = day.followed.replicas
  expect(max).toBeGreaterThan(min)
  const objective = { ttftP95Ms: limits.ttftMs, tpotP95Ms: limits.tpotMs }
  const schedule = day.windows.map(({ fromSeconds, replicas }) => ({ fromSeconds, replicas }))
  const followed = simulate(
    arrivals,
    {
      engine,
      replicas: 1,
      router: 'least-loaded',
      scaling: { signal: 'schedule', target: 1, schedule, minReplicas: min, maxReplicas: max, coldStartSeconds: 0 },
    },
    { objective, windowSeconds: 600 },
  )
  const late = windowsMet(followed.late, 600)
  expect(day.followed.leasedGpuSeconds / followed.leasedGpuSeconds).toBeCloseTo(1, 2)
  expect(day.followed.busyGpuSeconds / followed.busyGpuSeconds).toBeCloseTo(1, 1)
  expect(Math.abs(day.followed.lateShare - late.lateShare!)).toBeLessThan(0.01)
  expect(late.share!).toBeGreaterThan(0.85)
  // One replica less everywhere would not do.
  const fewer = schedule.map(({ fromSeconds, replicas }) => ({ fromSeconds, replicas: Math.max(1, replicas - 1) }))
  const less = simulate(
    arrivals,
    {
      engine,
      replicas: 1,
      router: 'least-loaded',
      scaling: {
        signal: 'schedule',
        target: 1,
        schedule: fewer,
        minReplicas: 1,
        maxReplicas: max,
        coldStartSeconds: 0,
      },
    },
    { objective, windowSeconds: 600 },
  )
  expect(windowsMet(less.late, 600).share!).toBeLessThan(0.3)
  const fixed = simulate(arrivals, { engine, replicas: max, router: 'least-loaded' }, { objective })
  expect(day.fixed.leasedGpuSeconds / fixed.leasedGpuSeconds).toBeCloseTo(1, 2)
  expect(day.fixed.busyGpuSeconds / fixed.busyGpuSeconds).toBeCloseTo(1, 1)
  expect(day.fixed.lateShare).toBeLessThan(0.01)
})

/** One replica carries 1 a second, half busy per unit of load: figures that can be done by hand. */
const simple: FleetCurve = {
  gpusPerReplica: 2,
  saturatedRequestsPerSecond: 2,
  fleets: [
    {
      replicas: 1,
      perReplica: 1,
      loads: [
        { load: 0.5, busyShare: 0.5, lateShare: 0 },
        { load: 1, busyShare: 1, lateShare: 0.04 },
      ],
    },
  ],
}

test('law 3: leased = busy + idle + cold, and a lease begins a cold start before it is needed', () => {
  const three = { windowSeconds: 100, requestsPerSecond: [1, 3, 0] }
  const { followed, fixed, windows, requests } = horizonOf(three, simple, { coldStartSeconds: 30 })
  expect(windows.map(({ replicas }) => replicas)).toEqual([1, 3, 1])
  expect(requests).toBe(400)
  // 100 s of one, 100 s of three, 100 s of one, and two more for the 30 s before they serve; two GPUs each.
  expect(followed.leasedGpuSeconds).toBe(2 * (100 + 300 + 100 + 2 * 30))
  expect(followed.coldGpuSeconds).toBe(2 * 2 * 30)
  expect(followed.busyGpuSeconds).toBeCloseTo(2 * 400, 9)
  expect(followed.lateShare).toBeCloseTo(0.04, 9)
  expect(followed.shareOfSaturated).toBeCloseTo(400 / (560 * 2), 9)
  expect(fixed).toMatchObject({ leasedGpuSeconds: 2 * 900, coldGpuSeconds: 0, replicas: { min: 3, mean: 3, max: 3 } })
  const rate = fc.double({ min: 0, max: 30, noNaN: true })
  fc.assert(
    fc.property(
      fc.array(rate, { minLength: 1, maxLength: 30 }),
      fc.double({ min: 0, max: 500, noNaN: true }),
      (all, cold) => {
        for (const fleet of ['followed', 'fixed'] as const) {
          const over = horizonOf({ windowSeconds: 100, requestsPerSecond: all }, simple, { coldStartSeconds: cold })[
            fleet
          ]
          const parts = over.busyGpuSeconds + over.idleGpuSeconds + over.coldGpuSeconds
          expect(parts).toBeCloseTo(over.leasedGpuSeconds, 6)
          expect(over.idleGpuSeconds).toBeGreaterThanOrEqual(-1e-6)
          expect(over.shareOfSaturated).toBeLessThanOrEqual(0.5 + 1e-9)
        }
      },
    ),
  )
})

test('an empty window needs the least that is kept, none where none is', () => {
  const quiet = { windowSeconds: 100, requestsPerSecond: [0, 0] }
  expect(horizonOf(quiet, simple, { minReplicas: 0 }).followed).toMatchObject({
    leasedGpuSeconds: 0,
    busyShare: 0,
    lateShare: 0,
  })
  expect(horizonOf(quiet, simple).followed.leasedGpuSeconds).toBe(400)
})

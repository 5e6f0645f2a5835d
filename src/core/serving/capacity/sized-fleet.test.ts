import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { buildEngine } from '../engine/engine.ts'
import { simulate } from '../fleet/simulate.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { busyHourLateShare, windowsMet } from '../traffic/windows.ts'
import { type SizeRequest, sizesOf } from './sized-fleet.ts'
import type { Objective } from './sustain.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu: Gpu = read('gpus.json').gpus.find((row: Gpu) => row.id === 'h100-sxm-80gb')
const model: Model = read('models.json').models.find((row: Model) => row.id === 'llama-3.1-8b')
const engine = buildEngine({ gpu, model, tp: 1 })

/** Bursts of a hundred prompts every two minutes, and a trickle between them. */
function bursts(seed: number, prompt: number): Arrivals {
  const random = stream(seed, 'bursts')
  const at: number[] = []
  for (let minute = 0; minute < 90; minute++) {
    const size = minute % 2 === 0 ? 60 + random.integer(60) : 5
    for (let i = 0; i < size; i++) at.push(60 * minute + random.uniform() * (minute % 2 === 0 ? 1 : 60))
  }
  at.sort((a, b) => a - b)
  const lengths = (mean: number) => Int32Array.from(at, () => 1 + Math.floor(random.exponential(mean)))
  return { n: at.length, atSeconds: Float64Array.from(at), inputTokens: lengths(prompt), outputTokens: lengths(60) }
}

const asked = (arrivals: Arrivals, objective: Objective, guess: number): SizeRequest => ({
  arrivals,
  engine,
  router: 'least-loaded',
  objective,
  guess,
  most: 200,
  tries: 40,
  isWorthMore: () => false,
})

test('the fleet found keeps the objective in windows and busy hours, and one replica fewer does not', () => {
  const arrivals = bursts(1, 2500)
  const objective = { ttftP95Ms: 1500, tpotP95Ms: 40 }
  const kept = (replicas: number) => {
    const { late } = simulate(arrivals, { engine, replicas, router: 'least-loaded' }, { objective })
    return windowsMet(late).share! >= 0.99 && busyHourLateShare(late)! <= 0.05
  }
  for (const guess of [1, 4, 12]) {
    const { sizes, isHopeless } = sizesOf(asked(arrivals, objective, guess))
    expect(isHopeless).toBe(false)
    expect(sizes).toHaveLength(1)
    expect(sizes[0]!.replicas).toBeGreaterThan(1)
    expect(kept(sizes[0]!.replicas)).toBe(true)
    expect(kept(sizes[0]!.replicas - 1)).toBe(false)
  }
})

test('a tighter objective, from a guess no smaller, never finds a smaller fleet', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 1, max: 4 }),
        prompt: fc.integer({ min: 500, max: 4000 }),
        ttft: fc.integer({ min: 600, max: 6000 }),
        tpot: fc.integer({ min: 15, max: 120 }),
        tighter: fc.double({ min: 0.3, max: 1, noNaN: true }),
        guess: fc.integer({ min: 1, max: 12 }),
        more: fc.integer({ min: 0, max: 5 }),
      }),
      ({ seed, prompt, ttft, tpot, tighter, guess, more }) => {
        const arrivals = bursts(seed, prompt)
        const loose = sizesOf(asked(arrivals, { ttftP95Ms: ttft, tpotP95Ms: tpot }, guess))
        const tight = sizesOf(asked(arrivals, { ttftP95Ms: ttft * tighter, tpotP95Ms: tpot * tighter }, guess + more))
        // What no number of replicas can keep, no looser objective makes hopeless.
        if (loose.isHopeless) expect(tight.isHopeless).toBe(true)
        else if (!tight.isHopeless) {
          expect(tight.sizes[0]!.replicas).toBeGreaterThanOrEqual(loose.sizes[0]!.replicas)
        }
      },
    ),
    { numRuns: 12 },
  )
})

test('where a single call misses the objective no number of replicas is tried', () => {
  const { sizes, isHopeless } = sizesOf(asked(bursts(1, 30_000), { ttftP95Ms: 100, tpotP95Ms: 40 }, 2))
  expect(isHopeless).toBe(true)
  expect(sizes.map(({ replicas }) => replicas)).toEqual([2])
})

test('larger fleets are tried while their fewer late calls could pay for them', () => {
  const arrivals = bursts(2, 2500)
  const request = { ...asked(arrivals, { ttftP95Ms: 2500, tpotP95Ms: 60 }, 2), isWorthMore: (n: number) => n < 9 }
  const { sizes } = sizesOf(request)
  expect(sizes.at(-1)!.replicas).toBe(9)
  expect(sizes.every(({ keeps }) => keeps)).toBe(true)
})

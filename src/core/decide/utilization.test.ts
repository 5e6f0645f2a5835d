// Servers that count what they serve, start again and are not always looked at: what a reader may know of it, and no more.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Scrape } from '../meter/scrape.ts'
import { utilizationOf } from './utilization.ts'

const scrapeForTest = (over: Partial<Scrape>): Scrape => ({
  server: 's',
  engine: '0',
  model: 'm',
  atMicros: 0,
  startedMicros: null,
  running: null,
  waiting: null,
  kvCacheShare: null,
  promptTokens: null,
  generationTokens: null,
  prefixQueriedTokens: null,
  prefixHitTokens: null,
  preemptions: null,
  finishedRequests: null,
  ttftSeconds: null,
  tpotSeconds: null,
  ...over,
})
const second = 1e6
const unknownTerms = () => ({ gpus: null, usdPerGpuHour: null })
const rowOf = (
  scrapes: readonly Scrape[],
  terms = unknownTerms as () => { gpus: number | null; usdPerGpuHour: number | null },
) => utilizationOf(scrapes, terms)[0]!

describe('tokens', () => {
  const served = fc.array(fc.record({ prompt: fc.nat(5000), generation: fc.nat(500), restarts: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  })
  test('are what was served, whenever it starts again, with its start told or not', () => {
    fc.assert(
      fc.property(served, fc.boolean(), fc.nat(1e6), (steps, tellsStart, before) => {
        let [prompt, generation, started] = [before, before, 0]
        const scrapes = [
          scrapeForTest({
            startedMicros: tellsStart ? started : null,
            promptTokens: prompt,
            generationTokens: generation,
          }),
        ]
        let seen = 0
        for (const [i, step] of steps.entries()) {
          const atMicros = (i + 1) * 15 * second
          if (step.restarts) [prompt, generation, started] = [0, 0, atMicros - 5 * second]
          prompt += step.prompt
          generation += step.generation
          const told = scrapes.at(-1)!
          // Without its start a server that serves more than before in one step looks as if it had never stopped.
          fc.pre(tellsStart || !step.restarts || prompt < told.promptTokens! || generation < told.generationTokens!)
          seen += step.prompt + step.generation
          scrapes.push(
            scrapeForTest({
              atMicros,
              startedMicros: tellsStart ? started : null,
              promptTokens: prompt,
              generationTokens: generation,
            }),
          )
        }
        const row = rowOf(scrapes)
        expect(row.tokens.prompt! + row.tokens.generation!).toBe(seen)
        expect(row.observedHours).toBeCloseTo((steps.length * 15) / 3600, 9)
        expect(row.unknownHours).toBe(0)
      }),
    )
  })

  const counted = (atSeconds: number, tokens: number, startedMicros = 0) =>
    scrapeForTest({
      atMicros: atSeconds * second,
      startedMicros,
      promptTokens: tokens,
      generationTokens: tokens,
      running: 2,
    })
  const regular = [0, 15, 30, 45, 60].map(at => counted(at, at * 10))

  test('of a gap are known by the counter; how busy it was is not', () => {
    const row = rowOf([...regular, counted(3660, 36_600)])
    expect(row).toMatchObject({ tokens: { prompt: 36_600 }, unknownHours: 0, gapHours: 1, restarts: 0, runningMean: 2 })
    expect(row.observedHours).toBeCloseTo(3660 / 3600, 12)
  })
  test('of a gap with a restart are unknown, and so is its time: neither is zero', () => {
    const row = rowOf([...regular, counted(3660, 100, 3600 * second), counted(3675, 250, 3600 * second)])
    expect(row).toMatchObject({ tokens: { prompt: 750, generation: 750 }, unknownHours: 1, restarts: 1 })
    expect(row.observedHours).toBeCloseTo(75 / 3600, 12)
    expect(row.tokensPerHour).toBeCloseTo((1500 * 3600) / 75, 6)
  })
  test('of a server that tells none are unknown, and one scrape tells nothing', () => {
    expect(rowOf([0, 15].map(at => scrapeForTest({ atMicros: at * second })))).toMatchObject({
      tokens: { prompt: null, generation: null },
      tokensPerHour: null,
      prefixHitRate: null,
      busyShare: null,
      ttftMs: null,
    })
    expect(rowOf([counted(0, 10)])).toMatchObject({ tokens: { prompt: null }, observedHours: 0, usdPerMtok: null })
  })
  test('the same moment twice, and any order, change nothing', () => {
    expect(rowOf([...regular].reverse().concat(regular))).toEqual(rowOf(regular))
  })
  test('a GPU-hour costs what it serves: $2.50 × 2 GPUs over 10 Mtok an hour are $0.50 a Mtok', () => {
    const hour = [
      scrapeForTest({ promptTokens: 0, generationTokens: 0 }),
      scrapeForTest({ atMicros: 3600 * second, promptTokens: 9e6, generationTokens: 1e6 }),
    ]
    expect(rowOf(hour, () => ({ gpus: 2, usdPerGpuHour: 2.5 }))).toMatchObject({
      tokensPerGpuHour: 5e6,
      usdPerMtok: 0.5,
    })
  })
})

test('quantiles lie where Prometheus puts them', () => {
  // 10 observations: 2 up to 0.1 s, 6 more up to 0.5 s, 2 beyond the last bound.
  const ttft = (counts: number[]) => ({ atMost: [0.1, 0.5], counts })
  const row = rowOf([
    scrapeForTest({ ttftSeconds: ttft([5, 5, 5]) }),
    scrapeForTest({ atMicros: 15 * second, ttftSeconds: ttft([7, 13, 15]) }),
  ])
  // Rank 5 of 10 is half of the way through the six: 0.1 + 0.4 × 3 ÷ 6.
  expect(row.ttftMs!.p50).toBeCloseTo(300, 9)
  expect(row.ttftMs!.p95).toBe(500)
})

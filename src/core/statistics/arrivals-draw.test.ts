import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type ClientProfile, drawClients, drawRateCurve } from './arrivals-draw.ts'
import { moments } from './sample.ts'

const traces = new URL('../../../data/traces/', import.meta.url)
const lines = (name: string) =>
  gunzipSync(readFileSync(new URL(name, traces)))
    .toString()
    .trim()
    .split('\n')

type Counts = Record<string, number>
interface Published {
  client: number
  windows: [number, number, number, 'Gamma' | 'Weibull', number, number][]
  lengths: Record<string, { input_tokens: Counts; output_tokens: Counts }>
}

const distribution = (counts: Counts) => ({ values: Object.keys(counts).map(Number), weights: Object.values(counts) })

const profiles: ClientProfile[] = lines('servegen-deepseek-r1-clients.jsonl.gz').map(line => {
  const { client, windows, lengths } = JSON.parse(line) as Published
  return {
    client,
    windows: windows.map(([startSecond, requestsPerSecond, , family, shape, scale]) => ({
      startSecond,
      requestsPerSecond,
      family,
      shape,
      scale,
    })),
    lengths: Object.entries(lengths)
      .map(([start, of]) => ({
        startSecond: Number(start),
        inputTokens: distribution(of.input_tokens),
        outputTokens: distribution(of.output_tokens),
      }))
      .sort((a, b) => a.startSecond - b.startSecond),
  }
})

const curve = lines('servegen-deepseek-r1-rate-10min.csv.gz')
  .slice(1)
  .map(line => line.split(',').map(Number) as [number, number, number, number])

const day = drawClients(profiles, 7)

const mean = (values: Int32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

test('the drawn DeepSeek-R1 day has the published number of requests, in all and in every ten minutes', () => {
  const expected = curve.reduce((sum, [, rate]) => sum + rate * 600, 0)
  expect(expected).toBeCloseTo(1_383_669, -1)
  expect(day.n).toBe(Math.round(expected))
  const counts = new Float64Array(144)
  for (const at of day.atSeconds) counts[Math.floor(at / 600)]! += 1
  for (const [second, rate] of curve) {
    expect(Math.abs(counts[second / 600]! - rate * 600), `from second ${second}`).toBeLessThan(0.5)
  }
})

test('its mean lengths are those of the profiles, each block weighted by the requests that fall in it', () => {
  // Computed from the file apart from this code, the block in force being the last begun: 1,268.1 in, 1,525.5 out. (A
  // plain mean over each client's blocks would give 1,376.7 and 1,501.6.)
  expect(Math.abs(mean(day.inputTokens) / 1268.1 - 1)).toBeLessThan(0.01)
  expect(Math.abs(mean(day.outputTokens) / 1525.5 - 1)).toBeLessThan(0.01)
})

test('the same seed draws the same day, another seed another; requests are in time order', () => {
  const span = { toSecond: 7200 }
  const once = drawClients(profiles, 1, span)
  expect(drawClients(profiles, 1, span).atSeconds.join()).toBe(once.atSeconds.join())
  expect(drawClients(profiles, 2, span).atSeconds[1000]).not.toBe(once.atSeconds[1000])
  expect(once.atSeconds.slice().sort().join()).toBe(once.atSeconds.join())
})

test('a day cut anywhere between windows and drawn in pieces is the same day', () => {
  const whole = drawClients(profiles, 3, { toSecond: 21_600 })
  const cuts = [0, 600, 7200, 7800, 21_600]
  const pieces = cuts
    .slice(1)
    .map((toSecond, i) => drawClients(profiles, 3, { fromSecond: cuts[i] as number, toSecond }))
  for (const column of ['atSeconds', 'inputTokens', 'outputTokens', 'client'] as const) {
    expect(pieces.flatMap(piece => [...piece[column]]).join()).toBe(whole[column].join())
  }
})

test('a client that is listed for one window sends in that window only: gaps of the release stay gaps', () => {
  const lonely = profiles.find(profile => profile.windows.length === 1) as ClientProfile
  const start = lonely.windows[0]!.startSecond
  const drawn = drawClients([lonely], 5)
  expect(drawn.n).toBeGreaterThan(0)
  expect(drawn.atSeconds.every(at => at >= start && at < start + 600)).toBe(true)
})

test('a rate curve scaled down keeps its expected count and takes both lengths of one request', () => {
  const windows = Array.from({ length: 144 }, (_, i) => ({ startSecond: i * 600, requestsPerSecond: 200, cv: 2.5 }))
  const lengths = { inputTokens: [10, 2000, 35], outputTokens: [1, 200, 3] }
  const drawn = drawRateCurve(windows, lengths, 11, 'chat', { scale: 0.01 })
  // Binomial of 17,280,000 at 0.01: mean 172,800, standard deviation 414.
  expect(Math.abs(drawn.n - 172_800)).toBeLessThan(4 * 414)
  expect(new Set(drawn.inputTokens.map((input, i) => input - 10 * drawn.outputTokens[i]!))).toEqual(new Set([0, 5]))
})

test('scaled up it grows in proportion', () => {
  const windows = [{ startSecond: 0, requestsPerSecond: 2, cv: 1 }]
  expect(drawRateCurve(windows, { inputTokens: [1], outputTokens: [1] }, 1, 'up', { scale: 2.5 }).n).toBe(3000)
})

test('gaps keep the coefficient of variation they were given, at scale 1 and scaled down', () => {
  for (const [cv, scale] of [
    [1, 1],
    [3, 1],
    [3, 0.1],
  ] as const) {
    const windows = Array.from({ length: 100 }, (_, i) => ({ startSecond: i * 600, requestsPerSecond: 10, cv }))
    const drawn = drawRateCurve(windows, { inputTokens: [1], outputTokens: [1] }, 4, 'bursts', { scale })
    const gaps: number[] = []
    for (let i = 1; i < drawn.n; i++) {
      if (Math.floor(drawn.atSeconds[i]! / 600) === Math.floor(drawn.atSeconds[i - 1]! / 600)) {
        gaps.push(drawn.atSeconds[i]! - drawn.atSeconds[i - 1]!)
      }
    }
    const { mean: average, variance } = moments(gaps)
    expect(Math.abs(Math.sqrt(variance!) / average! / cv - 1), `cv ${cv} scale ${scale}`).toBeLessThan(0.08)
  }
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { buildEngine } from '../engine/engine.ts'
import { simulate } from '../fleet/simulate.ts'
import type { Gpu } from '../hardware/hardware.ts'
import type { Model } from '../hardware/model.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { spreadTies } from '../traffic/spread.ts'
import { saturatedTokensPerGpuSecond } from './saturation.ts'
import { sustain } from './sustain.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../../data/${name}`, import.meta.url), 'utf8'))
const gpu = (id: string): Gpu => read('gpus.json').gpus.find((row: Gpu) => row.id === id)
const model = (id: string): Model => read('models.json').models.find((row: Model) => row.id === id)
const shape = { gpu: gpu('h100-sxm-80gb'), model: model('llama-3.1-8b'), tp: 1 }

function poisson(n: number, input: number, output: number, perSecond: number, seed = 1): Arrivals {
  const random = stream(seed, 'traffic')
  let at = 0
  const atSeconds = Float64Array.from({ length: n }, () => (at += random.exponential(1 / perSecond)))
  const lengths = (mean: number) => Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(mean)))
  return { n, atSeconds, inputTokens: lengths(input), outputTokens: lengths(output) }
}

const chat = poisson(2500, 1000, 200, 3)
const objective = { ttftP95Ms: 2000, tpotP95Ms: 30 }
const carried = sustain({ shape, sample: chat, objective, seed: 1 })

test('at the sustainable load other traffic of the same mix meets the objective about as well, and a quarter more misses it', () => {
  const engine = buildEngine(shape)
  const at = (rate: number) => simulate(poisson(6000, 1000, 200, rate, 9), { engine, replicas: 1 })
  expect(carried.requestsPerSecond).toBeGreaterThan(0)
  const within = at(carried.requestsPerSecond)
  expect(within.tpotMs.p95!).toBeLessThan(objective.tpotP95Ms * 1.1)
  expect(within.ttftMs.p95!).toBeLessThan(objective.ttftP95Ms * 1.1)
  const beyond = at(carried.requestsPerSecond * 1.25)
  expect(beyond.tpotMs.p95! > objective.tpotP95Ms || beyond.ttftMs.p95! > objective.ttftP95Ms).toBe(true)
})

test('the seconds that tokens cost add up to one over the sustainable rate', () => {
  const mean = (values: Int32Array) => values.reduce((sum, v) => sum + v, 0) / values.length
  const input = mean(chat.inputTokens)
  const output = mean(chat.outputTokens)
  const perRequest = carried.secondsPerInputToken * input + carried.secondsPerOutputToken * output
  expect(perRequest * carried.requestsPerSecond).toBeCloseTo(1, 9)
  expect(carried.tokensPerSecond).toBeCloseTo(carried.requestsPerSecond * (input + output), 6)
  // A generated token reads the cache alone; a prompt's tokens share each weight read.
  expect(carried.secondsPerOutputToken).toBeGreaterThan(carried.secondsPerInputToken)
})

test('a looser objective never carries less, and no objective carries more than a saturated replica', () => {
  let before = 0
  for (const tpotP95Ms of [12, 20, 30, 60, 1000]) {
    const { requestsPerSecond, saturatedRequestsPerSecond } = sustain({
      shape,
      sample: chat,
      objective: { ttftP95Ms: 20 * tpotP95Ms, tpotP95Ms },
      seed: 1,
    })
    expect(requestsPerSecond).toBeGreaterThanOrEqual(before * 0.99)
    expect(requestsPerSecond).toBeLessThanOrEqual(saturatedRequestsPerSecond)
    before = requestsPerSecond
  }
})

test('the load curve rises from an idle replica to a full one and stays within the objective', () => {
  const { loadCurve } = carried
  expect(loadCurve[0]).toMatchObject({ load: 0, busyShare: 0 })
  expect(loadCurve.at(-1)!.load).toBe(1)
  for (let i = 1; i < loadCurve.length; i++) {
    expect(loadCurve[i]!.load).toBeGreaterThan(loadCurve[i - 1]!.load)
    for (const what of ['busyShare', 'ttftP95Ms', 'tpotP95Ms'] as const) {
      expect(loadCurve[i]![what]).toBeGreaterThanOrEqual(loadCurve[i - 1]![what])
    }
    expect(loadCurve[i]!.busyShare).toBeLessThanOrEqual(1 + 1e-9)
  }
  expect(loadCurve.at(-1)!.tpotP95Ms).toBeLessThanOrEqual(objective.tpotP95Ms)
})

test('an objective that one request alone misses says so and carries nothing', () => {
  const none = sustain({ shape, sample: chat, objective: { ttftP95Ms: 5, tpotP95Ms: 50 }, seed: 1 })
  expect(none.requestsPerSecond).toBe(0)
  expect(none.problem).toMatch(/request alone on the replica: \d+ ms to the first token/)
})

test('a model that does not fit says what would', () => {
  const none = sustain({ shape: { ...shape, model: model('llama-3.1-70b') }, sample: chat, objective, seed: 1 })
  expect(none.fits).toBe(false)
  expect(none.problem).toMatch(/would fit/)
})

test('requests beyond the context are counted infeasible and left out of the mix', () => {
  const inputTokens = chat.inputTokens.slice()
  inputTokens[5] = 200000
  inputTokens[6] = 131072
  const some = sustain({ shape, sample: { ...chat, inputTokens }, objective, seed: 1 })
  expect(some.infeasible).toEqual({ calls: 2, reasons: ["longer than the model's context of 131072 tokens"] })
  expect(some.requestsPerSecond).toBeGreaterThan(0)
})

test('burstier traffic of the same lengths sustains less', () => {
  const bunched = (perSecond: number) => {
    const random = stream(2, 'bursts')
    let at = 0
    return Float64Array.from({ length: chat.n }, () => (at += random.gamma(0.05, 20 / perSecond)))
  }
  const tight = { ttftP95Ms: 300, tpotP95Ms: 1000 }
  const carries = (sample: Arrivals) => sustain({ shape, sample, objective: tight, seed: 1 }).requestsPerSecond
  const calm = carries(poisson(2500, 1000, 200, 15))
  expect(carries({ ...chat, atSeconds: bunched(15) })).toBeLessThan(calm * 0.95)
})

test('the same sample and seed give the same answer to the last bit', () => {
  expect(sustain({ shape, sample: chat, objective, seed: 1 })).toEqual(carried)
})

test('a clock rounded to 3 s does not look like bursts: ties are spread over their tick and the load stays about the same', () => {
  const coarse = { ...chat, atSeconds: chat.atSeconds.map(at => 3 * Math.floor(at / 3)) }
  const spread = spreadTies(coarse).atSeconds
  for (let i = 1; i < spread.length; i++) expect(spread[i]!).toBeGreaterThan(spread[i - 1]!)
  expect(spread.every((at, i) => at >= coarse.atSeconds[i]! && at < coarse.atSeconds[i]! + 30)).toBe(true)
  expect(spreadTies(chat).atSeconds).toEqual(chat.atSeconds)
  const tight = { ttftP95Ms: 300, tpotP95Ms: 1000 }
  const exact = sustain({ shape, sample: chat, objective: tight, seed: 1 }).requestsPerSecond
  const rounded = sustain({ shape, sample: coarse, objective: tight, seed: 1 }).requestsPerSecond
  expect(Math.abs(rounded / exact - 1)).toBeLessThan(0.15)
})

test('law 6: more bandwidth, arithmetic or memory never lowers the saturated throughput', () => {
  const lengths = fc.record({ input: fc.integer({ min: 20, max: 4000 }), output: fc.integer({ min: 2, max: 600 }) })
  fc.assert(
    fc.property(
      lengths,
      fc.double({ min: 1, max: 3, noNaN: true }),
      fc.constantFrom(1, 2, 3),
      ({ input, output }, f, what) => {
        const sample = poisson(250, input, output, 2)
        const { gpu: h100 } = shape
        const better = {
          ...h100,
          memoryBandwidthTBs: h100.memoryBandwidthTBs * (what === 1 ? f : 1),
          memoryGiB: h100.memoryGiB * (what === 2 ? f : 1),
          denseTflops: Object.fromEntries(
            Object.entries(h100.denseTflops).map(([k, v]) => [k, v && v * (what === 3 ? f : 1)]),
          ),
        } as Gpu
        const rate = (of: Gpu) => {
          const loose = { ttftP95Ms: 1e9, tpotP95Ms: 1e9 }
          return sustain({ shape: { ...shape, gpu: of }, sample, objective: loose, seed: 1 }).saturatedRequestsPerSecond
        }
        // To the last digits: sums of other step times round otherwise.
        expect(rate(better)).toBeGreaterThanOrEqual(rate(h100) * (1 - 1e-12))
      },
    ),
    { numRuns: 25, seed: 5 },
  )
})

test('what a replica sustains among many does not jump where one replica more is needed for the bursts of a few', () => {
  // Forty prompts at once each minute: hardly any load, and one replica alone reads them for a while.
  const random = stream(5, 'bursts')
  const n = 1600
  const lengths = (mean: number) => Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(mean)))
  const atSeconds = Float64Array.from({ length: n }, (_, i) => 60 * Math.floor(i / 40) + (i % 40) * 0.005)
  const sample = { n, atSeconds, inputTokens: lengths(2500), outputTokens: lengths(40) }
  const at = (ttftP95Ms: number) => sustain({ shape, sample, objective: { ttftP95Ms, tpotP95Ms: 400 }, seed: 1 })
  const found = [1500, 2000, 2500, 3000, 3500, 4000].map(at)
  expect(new Set(found.map(({ triedReplicas }) => triedReplicas)).size).toBeGreaterThan(1)
  for (let i = 1; i < found.length; i++) {
    const [tight, loose] = [found[i - 1]!, found[i]!]
    expect(loose.crowdRequestsPerSecond).toBeGreaterThanOrEqual(tight.crowdRequestsPerSecond)
    expect(loose.crowdRequestsPerSecond).toBeLessThan(tight.crowdRequestsPerSecond * 1.4)
    expect(tight.crowdRequestsPerSecond).toBeGreaterThanOrEqual(tight.requestsPerSecond)
  }
})

test('what a saturated GPU serves of a mix is what a queue that never empties gets, however long the trace', () => {
  const engine = buildEngine(shape)
  const { busyGpuSeconds, tokens } = simulate(
    { ...poisson(20_000, 1000, 200, 3), atSeconds: new Float64Array(20_000) },
    { engine, replicas: 1 },
  )
  const served = (tokens.input + tokens.output) / busyGpuSeconds
  for (const n of [60, 2500, 20_000]) {
    const full = saturatedTokensPerGpuSecond(engine, poisson(n, 1000, 200, 3))!
    // Sixty requests are another mix than twenty thousand.
    expect(full / served).toBeGreaterThan(n < 1000 ? 0.75 : 0.93)
    expect(full / served).toBeLessThan(n < 1000 ? 1.3 : 1.07)
  }
})

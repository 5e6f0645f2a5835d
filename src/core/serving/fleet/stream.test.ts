import { expect, test } from 'vitest'
import { gpuById, modelById } from '../../../catalog/facts.ts'
import { stream } from '../../statistics/random.ts'
import { buildEngine } from '../engine/engine.ts'
import { type Arrivals, chained } from '../traffic/arrivals.ts'
import { simulate } from './simulate.ts'
import { simulateStream } from './stream.ts'

const engine = buildEngine({ gpu: gpuById('l4-24gb'), model: modelById('llama-3.1-8b'), tp: 1 })
const objective = { ttftP95Ms: 2000, tpotP95Ms: 100 }

function traffic(n: number, perSecond: number): Arrivals {
  const random = stream(5, 'stream test')
  let at = 0
  const atSeconds = Float64Array.from({ length: n }, () => (at += random.exponential(1 / perSecond)))
  const inputTokens = Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(900)))
  const outputTokens = Int32Array.from({ length: n }, () => 1 + Math.floor(random.exponential(150)))
  // Most begin with one of three documents.
  const offsets = new Int32Array(n + 1)
  const blocks: number[] = []
  for (let i = 0; i < n; i++) {
    const document = random.integer(4)
    for (let k = 0; k * 64 < inputTokens[i]!; k++)
      blocks.push(document === 3 || k > 6 ? 1e6 + blocks.length : 10 * document)
    offsets[i + 1] = blocks.length
  }
  return {
    n,
    atSeconds,
    inputTokens,
    outputTokens,
    prefix: { offsets, ids: chained(offsets, blocks), tokensPerBlock: 64 },
  }
}

function* pieces({ n, atSeconds, inputTokens, outputTokens, prefix }: Arrivals, size: number) {
  for (let from = 0; from < n; from += size) {
    const to = Math.min(n, from + size)
    yield {
      n: to - from,
      atSeconds: atSeconds.subarray(from, to),
      inputTokens: inputTokens.subarray(from, to),
      outputTokens: outputTokens.subarray(from, to),
      prefix: prefix && { ...prefix, offsets: prefix.offsets.subarray(from, to + 1) },
    }
  }
}

test.each([
  ['with prefix blocks', true, 2.5, 1],
  ['without', false, 4, 1],
  ['on replicas of two lanes', true, 4.5, 2],
])('a stream of pieces gives the outcome of the whole: %s', (_, hashed, rate, lanes) => {
  const whole = traffic(4000, rate)
  const arrivals = hashed ? whole : { ...whole, prefix: undefined }
  const fleet = {
    engine: { ...engine, lanes, gpus: lanes },
    replicas: 2,
    router: 'least-loaded' as const,
    overflow: undefined,
  }
  for (const untilSeconds of [undefined, 300]) {
    const known = simulate(arrivals, fleet, { objective, untilSeconds })
    const { percentileError, ...streamed } = simulateStream(pieces(arrivals, 77), fleet, { objective, untilSeconds })
    expect(percentileError).toBe(0)
    const near = (value: unknown): unknown =>
      typeof value === 'number'
        ? Number(value.toPrecision(10))
        : Array.isArray(value)
          ? value.map(near)
          : typeof value === 'object' && value !== null
            ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, near(one)]))
            : value
    expect(near(streamed)).toEqual(near(known))
    expect(known.prefixHitRate === null).toBe(!hashed)
    if (hashed) expect(known.prefixHitRate).toBeGreaterThan(0.2)
  }
})

test('a fleet that falls behind without end says so before memory ends', () => {
  const { prefix: _, ...arrivals } = traffic(3000, 1000)
  const run = () => simulateStream(pieces(arrivals, 500), { engine, replicas: 1 }, { mostAtOnce: 1000 })
  expect(run).toThrow('the fleet is so far behind that 1,000 requests wait at once')
})

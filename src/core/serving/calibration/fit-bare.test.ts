import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { type BareServer, bareEngine } from './bare-server.ts'
import { errorsOf } from './errors.ts'
import { fitBareServer } from './fit-bare.ts'
import type { LoadPoint } from './load-point.ts'
import { measuredOf, replayed } from './replay.ts'

const truth: BareServer = {
  stepSeconds: 0.012,
  sequenceSeconds: 0.0021,
  contextTokenSeconds: 3e-6,
  promptStepSeconds: 0.004,
  promptTokenSeconds: 0.0006,
  entrySeconds: 0.003,
  maxSequences: 4,
  maxContext: 4096,
  maxBatchedTokens: 2048,
}
const limits = { maxSequences: null, maxContext: 4096, maxBatchedTokens: 2048 }

function pointAt(concurrency: number, inputTokens: number, outputTokens: number, noise: () => number): LoadPoint {
  const bare = {
    source: 'truth',
    concurrency,
    offeredPerSecond: null,
    inputTokens,
    outputTokens,
    lengthRatio: 1,
    requests: 6 * concurrency,
  }
  const none = { mean: 0, p50: null, p95: null, p99: null }
  const figures = replayed(bareEngine(truth), { ...bare, outputTokensPerSecond: null, ttftMs: none, tpotMs: none })
  return {
    ...bare,
    outputTokensPerSecond: figures.outputTokensPerSecond! * noise(),
    ttftMs: { ...none, mean: figures.ttftMs! * noise() },
    tpotMs: { ...none, mean: figures.tpotMs! * noise() },
  }
}

const quiet = () => 1
const taught = [
  [1, 200, 60],
  [2, 200, 60],
  [4, 200, 60],
  [8, 200, 60],
  [1, 900, 8],
] as const
const asked = [
  [3, 400, 30],
  [6, 100, 100],
  [12, 300, 40],
  [1, 60, 60],
  [8, 700, 20],
] as const

test('a server that is what the model says is found from five points, its slots too, and other loads follow', () => {
  const { server } = fitBareServer(
    taught.map(([c, i, o]) => pointAt(c, i, o, quiet)),
    limits,
  )
  expect(server.maxSequences).toBe(4)
  const errors = errorsOf(
    asked
      .map(([c, i, o]) => pointAt(c, i, o, quiet))
      .map(point => ({ measured: measuredOf(point), predicted: replayed(bareEngine(server), point) })),
  )
  expect(errors.tpotMs!.p90).toBeLessThan(0.03)
  expect(errors.outputTokensPerSecond!.p90).toBeLessThan(0.03)
  expect(errors.ttftMs!.p90).toBeLessThan(0.06)
})

test('with 5 % of noise on every figure other loads are within about as much', () => {
  const random = stream(7, 'noise')
  const noisy = () => 1 + 0.05 * (2 * random.uniform() - 1)
  const { server } = fitBareServer(
    taught.map(([c, i, o]) => pointAt(c, i, o, noisy)),
    limits,
  )
  const errors = errorsOf(
    asked
      .map(([c, i, o]) => pointAt(c, i, o, quiet))
      .map(point => ({ measured: measuredOf(point), predicted: replayed(bareEngine(server), point) })),
  )
  expect(errors.tpotMs!.p90).toBeLessThan(0.08)
  expect(errors.outputTokensPerSecond!.p90).toBeLessThan(0.08)
})

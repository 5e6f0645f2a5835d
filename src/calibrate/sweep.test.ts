import { afterEach, expect, test } from 'vitest'
import type { LoadPoint } from '../core/serving/calibration/load-point.ts'
import { estimateOf, isLoopback, loadsOf, type SweepEstimate, type SweepQuestion } from './loads.ts'
import { type Manners, startTimedServer, type TimedServer } from './server-for-test.ts'
import { type Swept, sweep } from './sweep.ts'

let server: TimedServer | null = null
afterEach(() => server?.stop())

const question: SweepQuestion = {
  concurrency: [1, 3],
  lengths: [{ inputTokens: 60, outputTokens: 8 }],
  maxRequests: 100,
  maxSeconds: 60,
}

async function swept(manners: Manners, asked: Partial<SweepQuestion> = {}, goesOn = true) {
  server = await startTimedServer(manners)
  const estimates: SweepEstimate[] = []
  const told: LoadPoint[] = []
  const result: Swept = await sweep(
    { url: server.url, model: 'm', apiKey: null },
    { ...question, ...asked },
    {
      seed: 1,
      salt: 'test',
      usdPerHour: 3600,
      estimated: estimate => {
        estimates.push(estimate)
        return goesOn
      },
      progress: () => {},
      measured: point => told.push(point),
    },
  )
  return { ...result, told, estimates, asked: server.asked, most: server.most() }
}

test('first token, time per token and throughput are what the server took, and its usage is believed', async () => {
  const { points, told, asked, most } = await swept({ firstMs: 40, tokenMs: 10 })
  expect(points).toEqual(told)
  expect(points.map(({ concurrency, requests }) => [concurrency, requests])).toEqual([
    [1, 6],
    [3, 12],
  ])
  for (const { ttftMs, tpotMs, outputTokens, inputTokens, outputTokensPerSecond, concurrency } of points) {
    // Timers are late, never early (by more than the clock's own grain).
    expect(ttftMs.mean).toBeGreaterThan(38)
    expect(tpotMs.mean).toBeGreaterThan(9.5)
    expect(outputTokens).toBe(8)
    expect(inputTokens).toBe(60)
    expect(outputTokensPerSecond).toBeLessThan((8 * concurrency!) / (0.04 + 7 * 0.0095))
  }
  expect(most).toBe(3)
  expect(asked.every(({ path, body }) => path === '/v1/completions' && body.ignore_eos === true)).toBe(true)
})

test('no prompt begins as another does, so that no cache of prefixes helps', async () => {
  const { asked } = await swept({ firstMs: 1, tokenMs: 1 })
  const beginnings = asked.map(({ body }) => String(body.prompt).split(' ').slice(0, 4).join(' '))
  expect(new Set(beginnings).size).toBe(beginnings.length)
})

test('what would be sent is told before any load, and nothing is sent when it is not wanted', async () => {
  const { estimates, points, asked } = await swept({ firstMs: 20, tokenMs: 5 }, {}, false)
  expect(points).toEqual([])
  // Two short probes and one request of the load's length, to know how long one takes.
  expect(asked).toHaveLength(3)
  const [estimate] = estimates
  expect(estimate).toMatchObject({ loads: 2, requests: 18, inputTokens: 1080, outputTokens: 144 })
  expect(estimate!.seconds!.low).toBeGreaterThan(0.5)
  expect(estimate!.seconds!.high).toBeGreaterThan(estimate!.seconds!.low)
  // A dollar a second.
  expect(estimate!.usd!.low).toBeCloseTo(estimate!.seconds!.low)
})

test('a server that knows only chat, and no field beyond the standard ones, is asked so', async () => {
  const { points, asked } = await swept({
    firstMs: 1,
    tokenMs: 1,
    paths: ['/v1/chat/completions'],
    refuses: ['ignore_eos', 'max_tokens'],
    stopsAt: 5,
  })
  expect(points[0]!.outputTokens).toBe(5)
  expect(asked.at(-1)).toMatchObject({ path: '/v1/chat/completions', body: { max_completion_tokens: 8 } })
})

test('a server that tells no usage, refuses or is not there is a fault of the outside', async () => {
  await expect(swept({ firstMs: 1, tokenMs: 1, tellsUsage: false })).rejects.toMatchObject({ code: 'USAGE_UNTOLD' })
  await expect(swept({ firstMs: 1, tokenMs: 1, paths: [] })).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
    kind: 'outside',
    message: expect.stringContaining('404'),
  })
  const gone = sweep({ url: 'http://127.0.0.1:9/v1', model: 'm', apiKey: null }, question, {
    seed: 1,
    salt: '',
    usdPerHour: null,
    estimated: () => true,
    progress: () => {},
    measured: () => {},
  })
  await expect(gone).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', kind: 'outside' })
})

test('requests that fail are counted and said, and are in no figure', async () => {
  const { points, notes } = await swept({ firstMs: 1, tokenMs: 1, failsEach: 7 })
  expect(points.reduce((sum, { requests }) => sum + requests!, 0)).toBeLessThan(18)
  expect(notes.join()).toContain('requests failed')
})

test('a sweep keeps to its requests and its seconds', async () => {
  const few = await swept({ firstMs: 1, tokenMs: 1 }, { concurrency: [1, 2, 4], maxRequests: 10 })
  expect(few.asked.length).toBeLessThanOrEqual(10 + 3)
  await server!.stop()
  const short = await swept({ firstMs: 100, tokenMs: 20 }, { maxSeconds: 0.8 })
  // On a busy machine getting acquainted alone takes the time.
  expect(short.points.length).toBeLessThanOrEqual(1)
  expect(short.notes.join()).toContain('time was up')
})

test('the loads of a question: the ladder at the first lengths, others alone and in its middle', () => {
  const lengths = [
    { inputTokens: 512, outputTokens: 128 },
    { inputTokens: 2048, outputTokens: 16 },
  ]
  const loads = loadsOf({ concurrency: [1, 2, 4, 8, 16], lengths, maxRequests: 1000, maxSeconds: 1 })
  expect(loads.map(({ concurrency, inputTokens }) => `${concurrency}×${inputTokens}`)).toEqual([
    '1×512',
    '2×512',
    '4×512',
    '8×512',
    '16×512',
    '1×2048',
    '4×2048',
  ])
  expect(estimateOf(loads, { maxRequests: 1, maxSeconds: 9 }, null, 2)).toMatchObject({ seconds: null, usd: null })
})

test('only this machine is loopback', () => {
  for (const url of ['http://127.0.0.1:1/v1', 'http://127.3.2.1', 'http://localhost:8000/v1', 'http://[::1]:8000']) {
    expect(isLoopback(url)).toBe(true)
  }
  for (const url of ['http://127.0.0.1.example.com', 'http://10.0.0.1', 'https://localhost.example.com/v1']) {
    expect(isLoopback(url)).toBe(false)
  }
})

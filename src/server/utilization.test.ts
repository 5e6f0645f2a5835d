// Scrapes that a real exporter wrote, against what its server counted beside: as text, as an answer of Prometheus, and both.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { readExposition } from '../intake/exposition.ts'
import { utilizationText } from '../report/utilization-text.ts'
import { importFile, report, sources, undoImport, utilization } from './operations.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-utilization-'))
let workplace: Workplace
const quiet = { file: null, progress: () => {}, note: () => {} }

beforeEach(() => {
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
})
afterEach(() => workplace.close())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const series = 'test/fixtures/metrics/vllm-series.prom.gz'
const truth = JSON.parse(readFileSync('test/fixtures/metrics/vllm-series.json', 'utf8')) as {
  known: { prompt: number; generation: number; finished: number; hits: number }
  knownSeconds: number
  unknownSeconds: number
  gapSeconds: number
  restarts: number
}
const text = gunzipSync(readFileSync(series)).toString()
const take = (path: string, params = {}) => importFile.run(workplace, params, { ...quiet, file: { path, name: path } })
const write = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const expectTruth = async () => {
  const { servers } = await utilization.run(workplace, { gpus: 2, usdPerGpuHour: 2.5 }, quiet)
  expect(servers).toHaveLength(1)
  const [row] = servers
  const { known } = truth
  expect(row).toMatchObject({
    models: ['meta-llama/Llama-3.1-8B-Instruct'],
    scrapes: 15,
    restarts: truth.restarts,
    tokens: { prompt: known.prompt, generation: known.generation },
    finishedRequests: known.finished,
  })
  expect(row!.observedHours * 3600).toBeCloseTo(truth.knownSeconds, 6)
  expect(row!.unknownHours * 3600).toBeCloseTo(truth.unknownSeconds, 6)
  expect(row!.gapHours * 3600).toBeCloseTo(truth.gapSeconds, 6)
  expect(row!.prefixHitRate).toBeCloseTo(known.hits / known.prompt, 12)
  const mtokPerHour = (((known.prompt + known.generation) / truth.knownSeconds) * 3600) / 1e6
  expect(row!.usdPerMtok).toBeCloseTo((2 * 2.5) / mtokPerHour, 9)
  // Tokens came 11 to 40 ms apart, first ones after 30 to 900 ms: within a bucket more cannot be told.
  expect(row!.tpotMs!.p50).toBeGreaterThan(10)
  expect(row!.tpotMs!.p99).toBeLessThan(50)
  expect(row!.ttftMs!.p50).toBeGreaterThan(250)
  expect(row!.ttftMs!.p99).toBeLessThanOrEqual(1000)
  return servers
}

/** The same scrapes as a range query gives them. */
function matrix(): string {
  const byKey = new Map<string, { metric: object; values: [number, string][] }>()
  for (const { stamp, samples } of readExposition(text).scrapes) {
    for (const { name, labels, value } of samples) {
      const metric = { __name__: name, ...labels, instance: 'gpu-1:8000', job: 'vllm' }
      const key = JSON.stringify(metric)
      const found = byKey.get(key) ?? { metric, values: [] }
      found.values.push([Date.parse(stamp!) / 1000, String(value)])
      byKey.set(key, found)
    }
  }
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [...byKey.values()] } })
}

test('saved scrapes: what was served, in the time of which it is known', async () => {
  expect(await take(series)).toMatchObject({ format: 'vllm-metrics', added: 30, rejected: 0 })
  const servers = await expectTruth()
  for (const columns of [80, 120]) {
    const lines = utilizationText({ servers }, { columns, color: false }).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(columns)
  }
})

test('a range query of Prometheus tells the same, its instance being the server', async () => {
  expect(await take(write('range.json', matrix()))).toMatchObject({ format: 'vllm-metrics', added: 30 })
  const servers = await expectTruth()
  expect(servers[0]!.server).toBe('gpu-1:8000')
  await expect(utilization.run(workplace, { server: 'gpu-1:800' }, quiet)).rejects.toMatchObject({
    code: 'SERVER_UNKNOWN',
    fix: 'use gpu-1:8000',
  })
})

test('in pieces that overlap, twice, and in any order, each moment counts once; none is a call', async () => {
  const pieces = text.split(/^(?=# 2026)/m)
  const at = (from: number, to: number) => write(`${from}.prom`, pieces.slice(from, to).join(''))
  for (const path of [at(8, 15), at(0, 6), at(4, 10), series]) await take(path, { server: 'gpu-1' })
  await expectTruth()
  expect(await take(series, { server: 'gpu-1' })).toMatchObject({ added: 0, duplicates: 30 })
  expect((await report.run(workplace, {}, quiet)).total.calls).toBe(0)
  const { sources: found } = await sources.run(workplace, {}, quiet)
  expect(found.map(row => [row.calls, row.scrapes]).sort()).toEqual([
    [0, 12],
    [0, 14],
    [0, 4],
  ])
  expect(await undoImport.run(workplace, { source: found[0]!.source }, quiet)).toMatchObject({ removedWhat: 'scrapes' })
})

test('an old vLLM that says no time: it is stated, and what it does not count is unknown', async () => {
  const old = 'test/fixtures/metrics/vllm-v0.prom'
  await expect(take(old)).rejects.toMatchObject({ code: 'SCRAPE_UNTIMED' })
  await take(old, { at: '2025-01-30T06:00:00Z' })
  const later = readFileSync(old, 'utf8').replace('} 955.0', '} 1955.0').replace('} 148.0', '} 4148.0')
  await take(write('later.prom', later), { at: '2025-01-30T07:00:00Z' })
  const { servers } = await utilization.run(workplace, {}, quiet)
  expect(servers[0]).toMatchObject({
    models: ['Qwen/Qwen2.5-Coder-1.5B-Instruct'],
    tokens: { prompt: 4000, generation: 1000 },
    tokensPerHour: 5000,
    prefixHitRate: null,
    ttftMs: null,
    busyShare: 0,
    kvCacheMean: 0,
    usdPerMtok: null,
  })
})

test('SGLang tells the same by its own names: ranks of one scheduler once, schedulers and streams together', async () => {
  const counted = JSON.parse(readFileSync('test/fixtures/metrics/sglang-series.json', 'utf8')) as {
    readonly [name in 'prompt' | 'generation' | 'hits' | 'finished' | 'preemptions']: number
  } & { readonly [name in 'running' | 'waiting' | 'usage']: readonly number[] }
  expect(await take('test/fixtures/metrics/sglang-series.prom.gz')).toMatchObject({ added: 8, rejected: 0 })
  const { servers } = await utilization.run(workplace, {}, quiet)
  // Each moment stands for half of the time to the next, and of that from the one before.
  const mean = (values: readonly number[]) =>
    values.slice(1).reduce((sum, value, i) => sum + (value + values[i]!) / 2, 0) / (values.length - 1)
  expect(servers).toHaveLength(1)
  expect(servers[0]).toMatchObject({
    server: 'sglang',
    models: ['Qwen/Qwen3-30B-A3B-Instruct-2507'],
    scrapes: 8,
    restarts: 0,
    tokens: { prompt: counted.prompt, generation: counted.generation },
    finishedRequests: counted.finished,
    preemptions: counted.preemptions,
    busyShare: 1,
  })
  expect(servers[0]!.prefixHitRate).toBeCloseTo(counted.hits / counted.prompt, 12)
  expect(servers[0]!.runningMean).toBeCloseTo(mean(counted.running), 9)
  expect(servers[0]!.waitingMean).toBeCloseTo(mean(counted.waiting), 9)
  expect(servers[0]!.kvCacheMean).toBeCloseTo(mean(counted.usage), 9)
  expect(servers[0]!.tpotMs!.p50).toBeGreaterThan(10)
  expect(servers[0]!.tpotMs!.p99).toBeLessThanOrEqual(40)
  expect(servers[0]!.ttftMs!.p99).toBeLessThanOrEqual(1000)
})

test('an old SGLang, as its documentation prints it: what it does not count is unknown', async () => {
  const old = 'test/fixtures/metrics/sglang-v0.prom'
  await take(old, { at: '2025-01-30T06:00:00Z', server: 'gpu-1' })
  const later = readFileSync(old, 'utf8')
    .replace('8.128902e+06', '8.132902e+06')
    .replace('7.557572e+06', '7.558572e+06')
  await take(write('later.prom', later), { at: '2025-01-30T07:00:00Z', server: 'gpu-1' })
  const { servers } = await utilization.run(workplace, {}, quiet)
  expect(servers).toMatchObject([
    {
      server: 'gpu-1',
      models: ['meta-llama/Llama-3.1-8B-Instruct'],
      tokens: { prompt: 4000, generation: 1000 },
      tokensPerHour: 5000,
      ...{ prefixHitRate: null, finishedRequests: null, preemptions: null, ttftMs: null },
      ...{ busyShare: 1, runningMean: 162, waitingMean: 2826, kvCacheMean: 0.28 },
    },
  ])
})

test('without metrics, and with other ones, the answer is what to do', async () => {
  await expect(utilization.run(workplace, {}, quiet)).rejects.toMatchObject({ code: 'NO_SCRAPES' })
  const node = '# TYPE node_load1 gauge\nnode_load1 0.2\n'
  await expect(take(write('node.prom', node), { format: 'vllm-metrics', at: '2026-11-20' })).rejects.toMatchObject({
    code: 'NO_SCRAPES',
  })
  const rates = {
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric: { engine: '0' }, values: [[1, '2']] }] },
  }
  await expect(take(write('rates.json', JSON.stringify(rates)))).rejects.toMatchObject({ code: 'FIELD_INVALID' })
})

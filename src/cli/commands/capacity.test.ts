import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { HorizonAnswer } from '../../core/decide/horizon-figures.ts'
import type { CapacityAnswer } from '../../core/serving/capacity/capacity-answer.ts'
import { appOf } from '../../server/app-for-test.ts'
import { openWorkplace } from '../../server/workplace.ts'
import { capacity } from './capacity.ts'
import { runForTest, runKeepingOutput } from './frame-for-test.ts'

const azure = fileURLToPath(new URL('../../../data/traces/azure-llm-2023-code.csv.gz', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'crossline-capacity-'))
const data = join(folder, 'data')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** Runs the words, and keeps what a batch writes to stdout. */
const run = (...words: string[]) => runKeepingOutput<CapacityAnswer>(capacity, ['capacity', ...words], { data })

const replica = ['--model', 'llama-3.1-8b', '--gpu', 'h100']
const lengths = ['--input', '1000', '--output', '200']

test('a capacity tells load, tokens, latency, what limits it, its band and the loads tried, and opens no ledger', async () => {
  const { json, text, status } = await run(...replica, ...lengths, '--ttft', '500', '--tpot', '30')
  expect(status).toBe(0)
  expect(json).toMatchObject({
    fits: true,
    gpu: 'h100-sxm-80gb',
    gpusPerReplica: 1,
    bottleneck: 'time per output token',
  })
  expect(json.traffic).toMatchObject({ source: 'lengths', inputTokens: 1000, outputTokens: 200 })
  expect(json.outputTokensPerSecond).toBeCloseTo(json.requestsPerSecond * 200, 6)
  expect(json.tokensPerSecond).toBeCloseTo(json.requestsPerSecond * 1200, 6)
  expect(json.band.low).toBeLessThan(json.requestsPerSecond)
  expect(json.band.high).toBeGreaterThan(json.requestsPerSecond)
  expect(json.ttftMs.p95).toBeLessThanOrEqual(500)
  expect(json.tpotMs.p95).toBeLessThanOrEqual(30)
  expect(json.probes.some(({ meets }) => !meets)).toBe(true)
  expect(text).toContain('limited by    time per output token')
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(existsSync(data)).toBe(false)
})

test("a trace's busiest hour is the traffic, with the objective that its lengths ask for", async () => {
  const { json, text } = await run('--model', 'llama-3.1-70b', '--gpu', 'h100', '--trace', azure)
  expect(json.traffic).toMatchObject({ source: 'trace', arrivals: expect.stringContaining('busiest hour') })
  // Means of the published trace (data/traces/README.md): 18,059,974 and 245,896 tokens in 8,819 calls.
  expect(json.traffic.inputTokens / (18_059_974 / 8819)).toBeCloseTo(1, 1)
  expect(json.objective.source).toContain('answers are short')
  expect(json.requestsPerSecond).toBeGreaterThan(0)
  expect(text).toContain("of the trace's busiest hour")
  expect(existsSync(data)).toBe(false)
})

test('one limit leaves the other open, and of what it holds is for the reader to say', async () => {
  const { json } = await run(...replica, ...lengths, '--ttft', '150', '--stat', 'p99')
  expect(json.objective).toMatchObject({ ttftMs: 150, tpotMs: null, statistic: 'p99' })
  expect(json.ttftMs.p99).toBeLessThanOrEqual(150)
  const mean = await run(...replica, ...lengths, '--ttft', '150', '--stat', 'mean')
  expect(mean.json.requestsPerSecond).toBeGreaterThan(json.requestsPerSecond)
})

test('a model that does not fit, or an objective out of reach, is a no that says why', async () => {
  const large = await run('--model', 'llama-3.1-70b', '--gpu', 'h100', '--tp', '1', ...lengths)
  expect(large.json).toMatchObject({ fits: false, requestsPerSecond: 0, kvUse: null })
  expect(large.json.problem).toContain('GiB')
  expect(large.status).toBe(1)
  const tight = await run(...replica, ...lengths, '--tpot', '1')
  expect(tight.json).toMatchObject({ fits: true, requestsPerSecond: 0 })
  expect(tight.text).toContain('the objective is 1 ms')
  expect(tight.status).toBe(1)
})

test.each([
  [['--gpu', 'h100', ...lengths], 'FLAG_MISSING', '--model is needed'],
  [[...replica, '--input', '1000'], 'FLAG_MISSING', '--output is needed'],
  [[...replica], 'FLAG_MISSING', '--input is needed'],
  [[...replica, ...lengths, '--trace', 'x.csv'], 'FLAGS_CONFLICT', 'lengths are stated beside a trace'],
  [[...replica, ...lengths, '--stat', 'p42'], 'PARAMETER_WRONG', '"stat"'],
  [[...replica, ...lengths, '--engine', 'vlm'], 'ENGINE_UNKNOWN', 'no engine is called "vlm"'],
  [[...replica, ...lengths, '--tp', '3'], 'TP_DOES_NOT_DIVIDE', 'does not divide'],
  [['--model', 'llama-3.1-8c', '--gpu', 'h100', ...lengths], 'MODEL_UNKNOWN', 'llama-3.1-8c'],
])('%j is refused as %s', async (words, code, message) => {
  await expect(run(...words)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('a batch answers each line in order, ids echoed, flags standing in for what lines leave out; bad lines say why', async () => {
  const path = join(folder, 'questions.jsonl')
  const lines = [
    '{"id":"a","model":"llama-3.1-8b","gpu":"h100","input":1000,"output":200}',
    '{"id":2,"model":"llama-3.1-8b","gpu":"h100","input":1000,"output":200,"tpotMs":12}',
    '{"id":"no","model":"llama-3.1-70b","gpu":"h100","tp":1,"input":1000,"output":200}',
    '{"id":"bad","model":"llama-3.1-8b","gpu":"h100","inputs":1000,"output":200}',
    'not json',
    '{"id":"half","model":"llama-3.1-8b","gpu":"h100","input":1000}',
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  const { out, status, notes } = await run('--batch', path, '--ttft', '500', '--tpot', '30')
  const rows = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(rows.map(({ id }) => id)).toEqual(['a', 2, 'no', 'bad', null, 'half'])
  expect(rows[0].requestsPerSecond).toBeGreaterThan(rows[1].requestsPerSecond)
  expect(rows[1].objective).toMatchObject({ ttftMs: 500, tpotMs: 12 })
  expect(rows[2]).toMatchObject({ fits: false, requestsPerSecond: 0 })
  expect(rows[3].error).toMatchObject({ code: 'PARAMETER_UNKNOWN', fix: 'did you mean "input"?' })
  expect(rows[3].error.where).toContain('questions.jsonl:4')
  expect(rows[4].error.code).toBe('JSON_INVALID')
  expect(rows[5].error).toMatchObject({ code: 'FIELD_MISSING', where: expect.stringContaining('output') })
  expect(status).toBe(2)
  expect(notes.join()).toContain('3 of 6 lines')
  const alone = await run(...replica, ...lengths, '--ttft', '500', '--tpot', '30')
  const { id: _, ...first } = rows[0]
  expect(first).toEqual(JSON.parse(JSON.stringify(alone.json)))
})

test('over days of rates each window has its fleet, with hours and dollars that add up', async () => {
  const rates = join(folder, 'rates.csv')
  writeFileSync(
    rates,
    'time,clients,rate\n2026-11-02T00:00:00Z,3,10\n2026-11-02T00:10:00Z,9,60\n2026-11-02T00:20:00Z,2,0\n',
  )
  const words = [...replica, ...lengths, '--ttft', '500', '--tpot', '30', '--usd-per-gpu-hour', '3', '--horizon', rates]
  const ran = await runForTest<HorizonAnswer>(capacity, ['capacity', ...words, '--cold-start', '60'], { data })
  const { horizon, requestsPerSecond } = ran.json
  const { byWindow, followed, fixed, curve, lease } = horizon!
  expect(byWindow.map(({ fromSeconds, requestsPerSecond: rate }) => [fromSeconds, rate])).toEqual([
    [0, 10],
    [600, 60],
    [1200, 0],
  ])
  const [first, busiest, empty] = byWindow.map(({ replicas }) => replicas)
  expect([first, empty]).toEqual([1, 1])
  expect(busiest).toBeLessThanOrEqual(Math.ceil(60 / requestsPerSecond))
  expect(curve[0]).toEqual({ replicas: 1, requestsPerSecond })
  expect(fixed.gpuHours).toBeCloseTo(busiest! / 2, 9)
  expect(followed.gpuHours).toBeCloseTo((2 + busiest!) / 6 + (busiest! - 1) / 60, 9)
  expect(followed.usd).toBeCloseTo(followed.gpuHours * 3, 9)
  expect(followed.effectiveUsdPerMtok).toBeCloseTo(followed.usd! / ((70 * 600 * 1200) / 1e6), 9)
  for (const fleet of [followed, fixed]) {
    expect(fleet.busyGpuHours + fleet.idleGpuHours + fleet.coldGpuHours).toBeCloseTo(fleet.gpuHours, 9)
  }
  expect(lease.source).toBe('stated by you')
  expect(ran.text).toContain('followed')
  for (const line of ran.text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  const half = await runForTest<HorizonAnswer>(capacity, ['capacity', ...words, '--scale-rates', '0.5'], { data })
  expect(half.json.horizon!.requests).toBe(horizon!.requests / 2)
})

test.each([
  ['second,requests_per_s\n0,1\n600,2\n1300,3\n', 'windows do not lie end to end', ':4'],
  ['second,requests_per_s\n0,1\n600,-2\n', '"-2" is not a rate from 0', ':3'],
  ['second,requests_per_s\n0,1\nlater,2\n', '"later" is not a time', ':3'],
  ['second,calls\n0,1\n600,2\n', 'no column of rates', ':1'],
  ['second,requests_per_s\n0,1\n', 'at least two windows', ':2'],
])('rates such as %j are refused by line', async (text, message, place) => {
  const path = join(folder, 'bad.csv')
  writeFileSync(path, text)
  const ran = run(...replica, ...lengths, '--horizon', path)
  await expect(ran).rejects.toMatchObject({
    code: 'RATES_FILE',
    message: expect.stringContaining(message),
    where: path + place,
  })
})

test('the server answers the same under /api/capacity, from stated lengths or the calls of its ledger', async () => {
  const workplace = openWorkplace({ dataDir: join(folder, 'served'), inMemory: true })
  const app = appOf(workplace)
  const at = async (query: string) =>
    (await app.request(`http://localhost/api/capacity?${query}`, { headers: { host: 'localhost' } })).json()
  const asked = 'model=llama-3.1-8b&gpu=h100&ttftMs=500&tpotMs=30'
  const { json } = await run(...replica, ...lengths, '--ttft', '500', '--tpot', '30')
  expect(await at(`${asked}&input=1000&output=200`)).toEqual(JSON.parse(JSON.stringify(json)))
  expect(await at(asked)).toMatchObject({ error: { code: 'NO_CALLS' } })
  const { importFile } = await import('../../server/operations.ts')
  await importFile.run(
    workplace,
    {},
    { file: { path: azure, name: 'azure.csv.gz' }, progress: () => {}, note: () => {} },
  )
  expect(await at(asked)).toMatchObject({ traffic: { source: 'trace' }, fits: true })
  await workplace.close()
  expect(readdirSync(folder)).not.toContain('data')
})

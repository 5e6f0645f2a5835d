import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import type { PredictionAnswer } from '../../core/serving/predict/prediction-answer.ts'
import { appOf } from '../../server/app-for-test.ts'
import { openWorkplace } from '../../server/workplace.ts'
import { runKeepingOutput } from './frame-for-test.ts'
import { predict } from './predict.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-predict-'))
const data = join(folder, 'data')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** Runs the words, and keeps what a batch writes to stdout. */
const run = (...words: string[]) => runKeepingOutput<PredictionAnswer>(predict, ['predict', ...words], { data })

const asked = [
  '--model',
  'llama-3.1-70b',
  '--gpu',
  'h100',
  '--tp',
  '4',
  '--weights',
  'fp8',
  '--input',
  '1000',
  '--output',
  '300',
]

test('a prediction tells rates, latencies, cache, what holds it and bands, in 80 columns', async () => {
  const { json, text, status } = await run(...asked, '--concurrency', '64')
  expect(status).toBe(0)
  expect(json).toMatchObject({ fits: true, gpus: 4, tp: 4, replicas: 1, engine: 'vllm', concurrency: 64 })
  expect(json.perGpu.outputTokensPerSecond! * 4).toBeCloseTo(json.outputTokensPerSecond!, 6)
  expect(json.totalTokensPerSecond! / json.outputTokensPerSecond!).toBeCloseTo(1300 / 300, 6)
  expect(json.band!.low).toBeLessThan(json.outputTokensPerSecond!)
  expect(json.band!.high).toBeGreaterThan(json.outputTokensPerSecond!)
  expect(json.ttftMs.p95!).toBeGreaterThanOrEqual(json.ttftMs.p50!)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('an unmeasured GPU, and an engine that is not known, widen the band', async () => {
  const width = ({ json }: { json: PredictionAnswer }) =>
    (json.band!.high - json.band!.low) / json.outputTokensPerSecond!
  const load = ['--model', 'llama-3.1-8b', '--input', '500', '--output', '100', '--concurrency', '8']
  const known = await run(...load, '--gpu', 'h100')
  const elsewhere = await run(...load, '--gpu', 'l40s')
  const strange = await run(...load, '--gpu', 'h100', '--engine', 'lmdeploy')
  expect(elsewhere.json.likeness).toContain('no measurement of l40s-48gb')
  expect(width(elsewhere)).toBeGreaterThan(width(known))
  expect(width(strange)).toBeGreaterThan(width(known))
})

test('a model that does not fit is told with what would, and the exit status is 1', async () => {
  const { json, text, status } = await run(
    '--model',
    'llama-3.1-70b',
    '--gpu',
    'h100',
    '--tp',
    '1',
    '--weights',
    'bf16',
    '--input',
    '100',
    '--output',
    '100',
    '--offline',
  )
  expect(status).toBe(1)
  expect(json).toMatchObject({ fits: false, outputTokensPerSecond: null, band: null })
  expect(text).toMatch(/would\s+fit/)
})

test('the load is stated once: neither not at all nor twice', async () => {
  await expect(run(...asked)).rejects.toThrow('the load is not stated')
  await expect(run(...asked, '--concurrency', '4', '--rate', '2')).rejects.toThrow('the load is stated twice')
})

test('a shape that no server would start is refused with what would do; one that runs otherwise says so', async () => {
  const of = (...words: string[]) =>
    run('--model', 'llama-3.1-8b', '--input', '9', '--output', '9', '--offline', ...words)
  await expect(of('--gpu', 'h100', '--pp', '99')).rejects.toMatchObject({ code: 'PP_EXCEEDS_LAYERS' })
  await expect(of('--gpu', 'h100', '--ep', '4')).rejects.toMatchObject({ code: 'EP_WITHOUT_EXPERTS' })
  await expect(of('--gpu', 'v100-sxm-32gb', '--kv', 'fp8')).rejects.toMatchObject({ code: 'KV_DTYPE_UNSUPPORTED' })
  const { text } = await of('--gpu', 'a100-sxm-80gb', '--weights', 'fp8')
  expect(text).toContain('fp8 weights save memory and reads only')
})

test('rows of the table of measurements are predicted in order, one object each, whatever they measured', async () => {
  const path = join(folder, 'rows.jsonl')
  const table = gunzipSync(readFileSync(new URL('../../../data/serving/measurements.jsonl.gz', import.meta.url)))
  const rows = table.toString('utf8').trim().split('\n')
  const picked = ['offline', 'closed', 'open'].flatMap(mode =>
    rows.filter(row => JSON.parse(row).loadMode === mode && JSON.parse(row).inputTokens !== undefined).slice(0, 3),
  )
  writeFileSync(
    path,
    [...picked, '{"id":"x","model":"llama-3.1-8b","gpu":"h1000","inputTokens":1,"outputTokens":1}', 'not json'].join(
      '\n',
    ),
  )
  const { out, status } = await run('--batch', path)
  const answers = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(answers.map(({ id }) => id)).toEqual([...picked.map(row => JSON.parse(row).id), 'x', null])
  for (const answer of answers.slice(0, picked.length)) {
    expect(answer.fits).toBe(true)
    expect(answer.outputTokensPerSecond).toBeGreaterThan(0)
  }
  expect(answers.at(-2).error.message).toContain('h1000')
  expect(answers.at(-1).error.code).toBe('JSON_INVALID')
  expect(status).toBe(2)
  // The same rows without what they measured get the same answers.
  const bare = picked.map(row =>
    Object.fromEntries(
      Object.entries(JSON.parse(row)).filter(
        ([name]) => !/^(ttft|tpot|itl|derived|implied|duration|output.*PerSec|total|requestsPerSec)/i.test(name),
      ),
    ),
  )
  writeFileSync(path, bare.map(row => JSON.stringify(row)).join('\n'))
  const again = (await run('--batch', path)).out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(again).toEqual(answers.slice(0, picked.length))
})

test('a line that guesses tokens ahead is the flag, and a draft that cannot serve is an error of its line', async () => {
  const path = join(folder, 'guessing.jsonl')
  const line = { model: 'llama-3.1-70b', gpu: 'h100', tp: 4, weightDtype: 'fp8', inputTokens: 1000, outputTokens: 300 }
  const said = ['3:0.7', '3:0.7:qwen3-8b', '3:7'].map(speculation => ({ ...line, concurrency: 8, speculation }))
  writeFileSync(path, said.map(row => JSON.stringify(row)).join('\n'))
  const answers = (await run('--batch', path)).out
    .trim()
    .split('\n')
    .map(one => JSON.parse(one))
  const { json } = await run(...asked, '--concurrency', '8', '--speculation', '3:0.7')
  expect(answers[0].outputTokensPerSecond).toBe(json.outputTokensPerSecond)
  expect(answers[0].speculation).toBe(json.speculation)
  expect(answers.slice(1).map(({ error }) => error.code)).toEqual(['DRAFT_UNFIT', 'SPECULATION_INVALID'])
})

test('HTTP answers the same', async () => {
  const workplace = openWorkplace({ dataDir: join(folder, 'served'), inMemory: true })
  const query = 'model=llama-3.1-8b&gpu=h100&input=500&output=100&concurrency=8'
  const response = await appOf(workplace).request(`http://localhost/api/predict?${query}`, {
    headers: { host: 'localhost' },
  })
  const { json } = await run(
    '--model',
    'llama-3.1-8b',
    '--gpu',
    'h100',
    '--input',
    '500',
    '--output',
    '100',
    '--concurrency',
    '8',
  )
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify(json)))
  await workplace.close()
})

// Records in, a file beside crossline.yaml out, and the predictions that follow from it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { useOwnFacts } from '../../catalog/facts.ts'
import type { MeasuredPrediction } from '../predict-measured.ts'
import { calibrate } from './calibrate.ts'
import { runForTest } from './frame-for-test.ts'
import { predict } from './predict.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-calibrate-'))
const config = join(folder, 'crossline.yaml')
afterAll(() => {
  useOwnFacts('/nowhere/crossline.yaml')
  rmSync(folder, { recursive: true, force: true })
})
const globals = { config, data: folder }
const run = <Result>(...words: string[]) => runForTest<Result>(calibrate, ['calibrate', ...words], globals)

test('five published loads make a calibration of their replicas, which predict then uses and says', async () => {
  const of = [
    '--model',
    'qwen3-32b',
    '--gpu',
    'h100',
    '--tp',
    '2',
    '--input',
    '4096',
    '--output',
    '512',
    '--concurrency',
    '16',
  ]
  const asked = ['predict', ...of]
  interface Told {
    readonly outputTokensPerSecond: number
    readonly assumptions: readonly { readonly name: string; readonly value: string }[]
  }
  const before = await runForTest<Told>(predict, asked, globals)
  const { json, text, status } = await run<{ file: string; gpu: string; tp: number; scales: object; server: null }>(
    '--from',
    'docs/measured.jsonl',
  )
  expect(status).toBe(0)
  expect(json).toMatchObject({ gpu: 'h100-sxm-80gb', tp: 2, server: null })
  expect(readdirSync(folder)).toContain('crossline.calibration.qwen3-32b.h100-sxm-80gb.tp2.yaml')
  expect(text.split('\n').every(line => line.length <= 100)).toBe(true)
  const after = await runForTest<Told>(predict, asked, globals)
  expect(after.json.outputTokensPerSecond).not.toBe(before.json.outputTokensPerSecond)
  expect(before.json.assumptions).toEqual([])
  expect(after.json.assumptions[0]!.value).toMatch(/on \d{4}-\d\d-\d\d, 5 loads/)
  expect(after.text.replace(/\s+/g, ' ')).toContain('error on a load held out')
  rmSync(json.file)
})

test('a server of unknown hardware is predicted from its own file alone', async () => {
  const records = 'test/fixtures/benchmarks/vllm-bench-appended.jsonl'
  const { json } = await run<{ file: string; gpu: null }>('--from', records, '--model', 'own', '--engine', 'sglang')
  expect(json.gpu).toBeNull()
  expect(readFileSync(json.file, 'utf8')).toContain('stepSeconds')
  const of = ['--calibration', json.file, '--input', '2046', '--output', '741', '--concurrency', '32']
  const told = await runForTest<MeasuredPrediction>(predict, ['predict', ...of], globals)
  expect(told.json.model).toBe('own')
  // Measured: 3,716 tokens a second.
  expect(told.json.outputTokensPerSecond! / 3716).toBeGreaterThan(0.6)
  expect(told.json.outputTokensPerSecond! / 3716).toBeLessThan(1.6)
  const stated = runForTest(predict, ['predict', '--calibration', json.file, '--input', '9'], globals)
  await expect(stated).rejects.toMatchObject({ code: 'FLAG_MISSING' })
})

test('records of two servers, none, or a server of somebody else are one clear line', async () => {
  const rows = readFileSync('docs/measured.jsonl', 'utf8').trim().split('\n')
  const two = join(folder, 'two.jsonl')
  writeFileSync(two, [rows[0]!, rows[1]!.replace('"tp": 2', '"tp": 4')].join('\n'))
  await expect(run('--from', two)).rejects.toMatchObject({
    code: 'SERVERS_DIFFER',
    message: expect.stringContaining('tp'),
  })
  await expect(run()).rejects.toMatchObject({ code: 'FLAG_MISSING' })
  await expect(run('--from', two, '--url', 'http://127.0.0.1:1')).rejects.toMatchObject({ code: 'FLAGS_CONFLICT' })
  await expect(run('--url', 'http://10.1.2.3:8000/v1', '--model', 'm')).rejects.toMatchObject({ code: 'NOT_LOOPBACK' })
  await expect(run('--url', 'nonsense', '--model', 'm')).rejects.toMatchObject({ code: 'URL_INVALID' })
  await expect(run('--url', 'http://127.0.0.1:1/v1')).rejects.toMatchObject({ code: 'FLAG_MISSING' })
  await expect(run('--url', 'http://127.0.0.1:1', '--model', 'm', '--lengths', '5')).rejects.toMatchObject({
    code: 'BAD_LENGTHS',
  })
})

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Fault } from '../../core/fault/fault.ts'
import { runKeepingOutput } from './frame-for-test.ts'
import { price } from './price.ts'
import { prices } from './prices.ts'

/** What a command printed under --json: only the fields that assertions take apart. */
interface Printed {
  readonly usd: string
  readonly lines: readonly unknown[]
  readonly catalog: { readonly source: string }
  readonly models: readonly { readonly model: string }[]
  readonly rows: readonly { readonly state: string; readonly to: string; readonly rates: { readonly output: string } }[]
}

/** Runs the words, and keeps what a batch writes to stdout. */
const run = (...words: string[]) => runKeepingOutput<Printed>(words[0] === 'price' ? price : prices, words)

const file = (name: string, text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'price-')), name)
  writeFileSync(path, text)
  return path
}

const claude = '{"input":9,"cacheRead":183,"cacheWrite":556,"cacheWrite5m":456,"cacheWrite1h":100,"output":12}'

test('one usage is priced line by line, exactly, in the documented shape', async () => {
  const { json, status } = await run(
    'price',
    '--model',
    'claude-sonnet-4-5',
    '--provider',
    'anthropic',
    '--usage',
    claude,
  )
  expect(status).toBe(0)
  expect(json).toMatchObject({
    usd: '0.002571900000',
    currency: 'USD',
    pricedAs: 'claude-sonnet-4-5',
    match: 'exact',
    catalog: { source: expect.any(String), version: expect.any(String), effectiveFrom: null },
  })
  expect(json.lines).toContainEqual({
    kind: 'cacheWrite1h',
    quantity: 100,
    rate: '6',
    per: 1_000_000,
    usd: '0.000600000000',
  })
  expect(json.lines).toHaveLength(5)
})

test('the bill fits 80 columns and ends in the total', async () => {
  const { text } = await run('price', '--model', 'claude-sonnet-4-5-20250929', '--usage', claude)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  expect(text).toMatch(/total +0\.002571900000/)
  expect(text).toContain('snapshot')
})

test('a price seen more than 90 days before the call is said to be old', async () => {
  const { json, text } = await run(
    'price',
    '--provider',
    'scaleway',
    '--model',
    'llama-3.3-70b',
    '--usage',
    '{"input":1}',
  )
  expect(json.catalog.source).toBe('data/hosted-offers.csv')
  expect(text.replace(/\s+/g, ' ')).toMatch(/price seen 20\d\d-\d\d-\d\d, \d+ days old at 2026-11-23: check it/)
})

test('a model without a price is unpriced with the reason, never 0', async () => {
  const { json } = await run('price', '--model', 'claude-sonnet-5-6', '--usage', '{"input":5}')
  expect(json).toMatchObject({ usd: null, reason: expect.stringContaining('claude-sonnet-5-6') })
})

test('--prices lays a file on top; --at takes the price of that day', async () => {
  const path = file(
    'prices.yaml',
    'version: 1\nproviders:\n  openai:\n    models:\n      gpt-5: { rates: { input: 1, output: 8 } }\n',
  )
  const own = await run('price', '--model', 'gpt-5', '--usage', '{"input":1000000}', '--prices', path)
  expect(own.json).toMatchObject({ usd: '1.000000000000', match: 'override' })
  const day = (at: string) => run('price', '--model', 'gpt-5.6-sol', '--usage', '{"output":1000000}', '--at', at)
  expect((await day('2026-08-20')).json.usd).toBe('30.000000000000')
  expect((await day('2026-08-21')).json.usd).toBe('20.000000000000')
})

test('what is wrong with the command line is said at the flag', async () => {
  const wrong = (...words: string[]) => run('price', ...words).catch(thrown => thrown)
  expect(await wrong('--usage', '{}')).toMatchObject({ code: 'FLAG_MISSING', where: '--model' })
  expect(await wrong('--model', 'gpt-5')).toMatchObject({ where: '--usage' })
  expect(await wrong('--model', 'gpt-5', '--usage', '{input:1}')).toMatchObject({
    code: 'JSON_INVALID',
    where: '--usage',
  })
  expect(await wrong('--model', 'gpt-5', '--usage', '{"inputs":1}')).toMatchObject({
    where: '--usage.inputs',
    fix: 'did you mean "input"?',
  })
  expect(await wrong('--model', 'gpt-5', '--usage', '{}', '--at', 'now')).toMatchObject({
    code: 'TIME_INVALID',
    where: '--at',
  })
  expect(await wrong('--batch', '/nowhere/x.jsonl')).toBeInstanceOf(Fault)
})

const traps = fileURLToPath(new URL('../../../test/fixtures/price-traps.jsonl', import.meta.url))

test('a batch of the worked cases prices each to the digit, in order, ids echoed', async () => {
  const { out, status } = await run('price', '--batch', traps)
  const wanted = readFileSync(traps, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const got = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(got.map(({ id, usd }) => ({ id, usd }))).toEqual(wanted.map(({ id, expectUsd }) => ({ id, usd: expectUsd })))
  expect(status).toBe(0)
})

test('a bad line gets its own error and loses no other line', async () => {
  const good = '{"id":1,"model":"gpt-5","usage":{"input":1000000}}'
  const lines = [
    good,
    '{"id":"b","model":"gpt-5","usage":{"input":-1}}',
    '',
    'not json',
    '{"id":{"deep":true},"model":"gpt-5","usage":{},"teir":"batch"}',
    '{"id":6,"usage":{}}',
    '{"id":7,"model":"gpt-5","usage":{},"at":"yesterday"}',
    '{"id":8,"model":"nobody-knows","usage":{"input":1}}',
    good,
  ]
  const path = file('calls.jsonl', lines.join('\r\n'))
  const { out, status, notes } = await run('price', '--batch', path)
  const got = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(got).toHaveLength(lines.length)
  expect(got[0]).toMatchObject({ id: 1, usd: '1.250000000000' })
  expect(got[1]).toMatchObject({ id: 'b', error: { code: 'USAGE_INVALID', where: `${path}:2:usage.input` } })
  expect(got[2]).toMatchObject({ id: null, error: { message: 'the line is empty' } })
  expect(got[3]).toMatchObject({ id: null, error: { code: 'JSON_INVALID', where: `${path}:4` } })
  expect(got[4]).toMatchObject({ id: { deep: true }, error: { fix: 'did you mean "tier"?' } })
  expect(got[5]).toMatchObject({ id: 6, error: { code: 'MODEL_MISSING' } })
  expect(got[6]).toMatchObject({ id: 7, error: { code: 'TIME_INVALID' } })
  expect(got[7]).toMatchObject({ id: 8, usd: null, reason: expect.any(String) })
  expect(got[8]).toEqual(got[0])
  expect(status).toBe(2)
  expect(notes[0]).toContain('6 of 9')
})

test('flags beside --batch are what lines leave out', async () => {
  const path = file(
    'calls.jsonl',
    '{"id":1,"usage":{"input":1000000}}\n{"id":2,"usage":{"input":1000000},"tier":"standard"}\n',
  )
  const { out } = await run('price', '--batch', path, '--model', 'gpt-5', '--tier', 'batch')
  expect(
    out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).usd),
  ).toEqual(['0.625000000000', '1.250000000000'])
})

test('prices list tells seller, model and rate, and which were seen long ago', async () => {
  const { json, text } = await run('prices', 'list', '--provider', 'anthropic', '--at', '2027-01-15')
  const sonnet = json.models.find(m => m.model === 'claude-sonnet-4-5')
  expect(sonnet).toMatchObject({
    provider: 'anthropic',
    rates: { input: '3', output: '15' },
    stale: true,
    ageDays: 114,
  })
  expect(text).toContain('more than 90 days')
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  expect((await run('prices', 'list', '--model', 'claude-sonnet-5-5')).json.models).toHaveLength(1)
})

test('prices show has every row with its dates, source and age, and says which are in force', async () => {
  const { json, text } = await run('prices', 'show', 'deepseek-v4-pro')
  const inForce = json.rows.filter(row => row.state === 'in force')
  expect(inForce.map(row => row.rates.output).sort()).toEqual(['1.98', '3.96'])
  expect(json.rows.find(row => row.state === 'past')?.to).toBe('2026-08-16T16:00:00Z')
  expect(text).toContain('api-docs.deepseek.com')
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  await expect(run('prices', 'show', 'claude-sonnet-5-6')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
})

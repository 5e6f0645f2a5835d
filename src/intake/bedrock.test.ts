// Bedrock's invocation logs as its guide prints them and as CloudWatch hands them out; of answers only counts are read.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'

const { ledger, take, takeFile, report } = intakeForTest({ book: loadPriceBook() })
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/logs/${name}`, import.meta.url))
type Row = Record<string, unknown>
const [guide] = readFileSync(fixture('bedrock.jsonl'), 'utf8').trim().split('\n')
const row = (over: Row = {}): Row => ({ ...JSON.parse(guide!), ...over })
const jsonl = (rows: readonly Row[]) => rows.map(one => `${JSON.stringify(one)}\n`).join('')
const usage = async () => (await report()).total.usage

test('lines as S3 keeps them, compressed: metadata, role, region, and a profile priced as its model', async () => {
  const text = readFileSync(fixture('bedrock.jsonl'))
  expect(await take('log.json.gz', gzipSync(text))).toMatchObject({ format: 'bedrock', added: 2, unpricedCalls: 0 })
  const { rows } = await report(['model', 'workload', 'user', 'team', 'environment', 'region', 'tag:operation'])
  expect(rows.map(one => Object.values(one.key)).sort()).toEqual([
    ['anthropic.claude-sonnet-4-20250514-v1:0', 'MyRole', null, 'orchestrator', 'production', 'us-east-1', 'Converse'],
    [
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'AppRole',
      'alice@example.com',
      null,
      null,
      'us-east-1',
      'Converse',
    ],
  ])
  expect(await usage()).toMatchObject({ input: 25 + 1240, cacheRead: 512, output: 150 + 318 })
  expect(await take('again.jsonl', text)).toMatchObject({ added: 0, duplicates: 2 })
})

test('events of CloudWatch: a streamed message tells times to live, its model and its times; a refusal costs nothing', async () => {
  const result = await takeFile(fixture('bedrock-cloudwatch.json'))
  // No rate of an hour's write at Bedrock is in the catalog: the refusal alone has a price.
  expect(result).toMatchObject({ format: 'bedrock', added: 2, rejected: 0, unpricedCalls: 1 })
  expect(result.notes.join('\n')).toContain('no rate for cacheWrite1h')
  expect(await usage()).toMatchObject({
    input: 3,
    cacheRead: 0,
    cacheWrite: 25_037,
    cacheWrite5m: 25_000,
    cacheWrite1h: 37,
    output: 13,
  })
  const { rows } = await report(['model', 'user', 'workload', 'outcome'])
  expect(rows.map(one => Object.values(one.key)).sort()).toEqual([
    ['claude-sonnet-4-5-20250929', 'build', null, 'ok'],
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', null, 'AppRole', 'failed'],
  ])
  const { ttftMs, latencyMs } = await ledger().columns({})
  expect([ttftMs[0], latencyMs[0]]).toEqual([2635, 3037])
})

describe('counts of the answer beside those of the log', () => {
  const logged = (inputTokenCount: number | undefined, outputTokenCount: number | undefined, outputBodyJson: unknown) =>
    row({ input: { inputTokenCount }, output: { outputTokenCount, outputBodyJson } })
  const converse = { usage: { inputTokens: 40, outputTokens: 7, totalTokens: 107, cacheReadInputTokens: 60 } }
  test('what Converse tells of caches is kept where both agree', async () => {
    await take('a.jsonl', jsonl([logged(40, 7, { ...converse, metrics: { latencyMs: 900 } })]))
    expect(await usage()).toMatchObject({ input: 40, cacheRead: 60, output: 7 })
    expect((await ledger().columns({})).latencyMs[0]).toBe(900)
  })
  test('where they do not agree, the log is what is billed', async () => {
    await take('b.jsonl', jsonl([logged(41, 7, converse)]))
    expect(await usage()).toMatchObject({ input: 41, cacheRead: 0, output: 7 })
  })
  test('a total that holds the cache in the prompt counts it once (law 1)', async () => {
    const inside = { usage: { inputTokens: 100, outputTokens: 7, totalTokens: 107, cacheReadInputTokens: 60 } }
    await take('c.jsonl', jsonl([logged(undefined, undefined, inside), row({ requestId: 'other' })]))
    expect(await usage()).toMatchObject({ input: 40 + 25, cacheRead: 60 })
  })
  test('without any count the usage is unknown, not none (law 4)', async () => {
    await take('d.jsonl', jsonl([logged(undefined, undefined, { text: 'a secret' })]))
    expect((await report()).total.unknownUsageCalls).toBe(1)
  })
})

test.each([
  ['amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0', 'amazon.nova-lite-v1:0'],
  [
    'arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/us-gov.amazon.nova-lite-v1:0',
    'us-gov.amazon.nova-lite-v1:0',
  ],
  ['arn:aws:bedrock:us-east-1:1:provisioned-model/abc', 'provisioned-model/abc'],
])('%s is %s', async (modelId, model) => {
  await take('m.jsonl', jsonl([row({ modelId })]))
  expect((await report(['model'])).rows[0]?.key).toEqual({ model })
})

test('other records are left out; bad ones are rejected without what they say', async () => {
  const rows = [
    row(),
    row({ schemaType: 'DataAutomationLog', requestId: 'x' }),
    row({ requestId: 'b', timestamp: 'soon', input: { inputBodyJson: { text: 'a secret' } } }),
    row({ requestId: 'c', input: { inputTokenCount: -1 } }),
  ]
  const result = await take('r.jsonl', jsonl(rows))
  expect(result).toMatchObject({ added: 1, rejected: 2, leftOut: [{ rows: 1 }] })
  const text = readFileSync(result.rejectFile!, 'utf8')
  expect(text).toContain('inputTokenCount: expected a whole number >= 0, got -1')
  expect(text).not.toContain('secret')
})

test('an embedding whose log counts no answer has none', async () => {
  const record = {
    schemaType: 'ModelInvocationLog',
    schemaVersion: '1.0',
    timestamp: '2026-11-20T10:00:00Z',
    region: 'us-east-1',
    requestId: 'embed-1',
    operation: 'InvokeModel',
    modelId: 'amazon.titan-embed-text-v2:0',
    input: { inputContentType: 'application/json', inputTokenCount: 44 },
    output: { outputContentType: 'application/json' },
  }
  expect(await take('embed.jsonl', `${JSON.stringify(record)}\n`)).toMatchObject({ added: 1, rejected: 0 })
  expect((await report()).total).toMatchObject({ usage: { input: 44, output: 0 }, unknownUsageCalls: 0 })
})

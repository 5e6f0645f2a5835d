// Logs of gateways that others keep, in the shapes that they document: Portkey's exports, Cloudflare's API.
import { expect, test } from 'vitest'
import { intakeForTest, statedUsd } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { formatUsd } from '../core/meter/money.ts'
import { cloudflare } from './cloudflare.ts'
import { portkey } from './portkey.ts'

const { take, report } = intakeForTest({ book: loadPriceBook() })
const by = ['provider', 'model', 'feature', 'user', 'outcome'] as const

/** https://portkey.ai/docs/product/observability/logs-export: fields that an export may ask for; its cost is in cents. */
const ofPortkey = [
  {
    id: '3c90c3cc-0d44-4b50-8888-8dd25736052a',
    trace_id: 't-1',
    created_at: '2026-11-20T10:00:00.000Z',
    request: { messages: [] },
    is_success: true,
    ai_org: 'openai',
    ai_model: 'gpt-4o-2024-08-06',
    req_units: 1000,
    res_units: 100,
    total_units: 1100,
    cost: 0.35,
    cost_currency: 'USD',
    response_time: 812,
    response_status_code: 200,
    metadata: { _user: 'u-1', feature: 'search' },
  },
  {
    id: '4c90c3cc-0d44-4b50-8888-8dd25736052a',
    created_at: '2026-11-20T10:00:01.000Z',
    is_success: false,
    ai_org: 'bedrock',
    ai_model: 'anthropic.claude-3-haiku-20240307-v1:0',
    req_units: 0,
    res_units: 0,
    cost: 0,
    response_status_code: 429,
    metadata: null,
  },
]

test("Portkey's exports are calls, their cost in cents, a refused one of no tokens", async () => {
  const lines = ofPortkey.map(one => `${JSON.stringify(one)}\n`).join('')
  expect(await take('portkey.jsonl', lines)).toMatchObject({
    format: 'portkey',
    added: 2,
    rejected: 0,
    unpricedCalls: 0,
  })
  expect(await take('portkey.json', JSON.stringify(ofPortkey, null, 1))).toMatchObject({ added: 0, duplicates: 2 })
  expect((await report(by)).rows).toMatchObject([
    { key: { provider: 'aws', outcome: 'failed' }, calls: 1, usd: '0.000000000000' },
    {
      key: { provider: 'openai', model: 'gpt-4o-2024-08-06', feature: 'search', user: 'u-1', outcome: 'ok' },
      usage: { input: 1000, output: 100 },
      usd: '0.003500000000',
    },
  ])
  expect(formatUsd(statedUsd(portkey, ofPortkey[0]!)!)).toBe('0.003500000000')
})

/** https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/methods/list */
const ofCloudflare = (id: string, more: object = {}) => ({
  id,
  cached: false,
  created_at: '2026-11-20T10:00:00Z',
  duration: 812,
  model: 'gpt-4o-mini',
  path: 'chat/completions',
  provider: 'openai',
  success: true,
  tokens_in: 1000,
  tokens_out: 100,
  cost: 0.00021,
  custom_cost: false,
  metadata: '{"feature":"search","customer":"u-1"}',
  model_type: 'text',
  request_type: 'chat',
  status_code: 200,
  step: 0,
  ...more,
})

test("answers of Cloudflare's API are calls; what its cache answered is none", async () => {
  const records = [
    ofCloudflare('01J1'),
    ofCloudflare('01J2', { cached: true }),
    ofCloudflare('01J3', { success: false, status_code: 500, tokens_in: 0, tokens_out: 0, cost: 0 }),
  ]
  const page = { success: true, result: records, result_info: { page: 1, total_count: 3 } }
  const result = await take('logs.json', JSON.stringify(page))
  expect(result).toMatchObject({ format: 'cloudflare', rows: 2, added: 2, rejected: 0 })
  expect(result.leftOut).toEqual([{ why: expect.stringContaining('cache'), rows: 1 }])
  expect((await report(by)).rows).toMatchObject([
    { key: { outcome: 'failed' }, calls: 1 },
    {
      key: { provider: 'openai', model: 'gpt-4o-mini', feature: 'search', user: 'u-1', outcome: 'ok' },
      usage: { input: 1000, output: 100 },
      usd: '0.000210000000',
    },
  ])
  expect(formatUsd(statedUsd(cloudflare, records[0]!)!)).toBe('0.000210000000')
})

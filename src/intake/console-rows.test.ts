// Tables as the consoles of OpenAI and Anthropic export them, with figures of a published export: sums, not calls.
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { formatUsd } from '../core/meter/money.ts'

const { ledger, take, report } = intakeForTest({ book: loadPriceBook() })

/** Rows of a completions usage export of October 2025, of which ids are left out; counts stand there as `59200.0`. */
const usage = [
  'start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens,input_text_tokens,output_text_tokens,input_cached_text_tokens,input_audio_tokens,input_cached_audio_tokens,output_audio_tokens,input_image_tokens,input_cached_image_tokens,output_image_tokens',
  '1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,proj_1,10.0,user-1,key_1,gpt-4o-2024-08-06,FALSE,default,59200.0,10646.0,5760.0,53440.0,53440.0,10646.0,5760.0,0.0,0.0,0.0,0.0,0.0,0.0',
  '1759708800,1759795200,2025-10-06T00:00:00+00:00,2025-10-07T00:00:00+00:00,proj_1,8.0,user-1,key_1,gpt-5-2025-08-07,FALSE,default,46264.0,60000.0,8192.0,38072.0,38072.0,60000.0,8192.0,0.0,0.0,0.0,0.0,0.0,0.0',
  '1759708800,1759795200,2025-10-06T00:00:00+00:00,2025-10-07T00:00:00+00:00,proj_1,1.0,user-1,key_1,gpt-5-2025-08-07,FALSE,default,5783.0,16000.0,0.0,5783.0,5783.0,16000.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0',
  '1759881600,1759968000,2025-10-08T00:00:00+00:00,2025-10-09T00:00:00+00:00,,,,,,,,,,,,,,,,,,,,',
].join('\n')

test.each([
  ['commas', usage],
  ['tabs', usage.replaceAll(',', '\t')],
])("OpenAI's usage export with %s is sums of requests, and a day without any is none", async (_, content) => {
  const result = await take('completions_usage.csv', content)
  expect(result).toMatchObject({ format: 'openai-usage', rows: 19, added: 19, rejected: 0 })
  expect((await report(['model', 'user', 'workload'])).rows).toMatchObject([
    {
      key: { model: 'gpt-4o-2024-08-06', user: 'user-1', workload: 'proj_1' },
      calls: 10,
      usage: { input: 53_440, cacheRead: 5760, output: 10_646 },
      estimatedCalls: 10,
    },
    { key: { model: 'gpt-5-2025-08-07' }, calls: 9, usage: { input: 43_855, cacheRead: 8192, output: 76_000 } },
  ])
})

test("OpenAI's cost export has a row for a day without costs, which is no reject", async () => {
  const head =
    'start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id,organization_name'
  const rows = [
    '1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,0.8958740000000000,usd,,,org-1,Personal',
    '1759968000,1760054400,2025-10-09T00:00:00+00:00,2025-10-10T00:00:00+00:00,,,,,,',
  ]
  const result = await take('cost.csv', [head, ...rows].join('\n'))
  expect(result).toMatchObject({
    format: 'openai-costs',
    rows: 1,
    added: 1,
    rejected: 0,
    billed: { usd: '0.895874000000' },
  })
})

const claude =
  'usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed'

test("Anthropic's console export of tokens is sums by day or by hour", async () => {
  const rows = [
    '2026-04-06,claude-sonnet-4-5-20250929,key-a,Default,message,≤ 200k,1500,500,1000,200,500,10,--,--',
    '2026-04-06 13:00,claude-sonnet-4-5-20250929,key-a,Default,message_batch,≤ 200k,1500,0,0,0,500,0,--,--',
  ]
  const result = await take('claude_api_tokens_2026_04.csv', [claude, ...rows].join('\n'))
  expect(result).toMatchObject({ format: 'anthropic-usage', rejected: 0, tokens: { input: 4700, output: 1000 } })
  // 1500 × $3 + 500 × $3.75 + 1000 × $6 + 200 × $0.30 + 500 × $15 per Mtok, and ten searches of a cent; a batch is half.
  expect((await report(['tier', 'user', 'workload'])).rows).toMatchObject([
    { key: { tier: 'batch', user: 'key-a', workload: 'Default' }, usd: '0.006000000000' },
    { key: { tier: null }, usage: { cacheWrite: 1500, cacheWrite1h: 1000, searches: 10 }, usd: '0.119935000000' },
  ])
  expect((await report(['hour'])).rows.some(({ key }) => key.hour?.startsWith('2026-04-06T13'))).toBe(true)
})

test("Anthropic's console export of costs is a bill in dollars", async () => {
  const head =
    'usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed'
  const rows = [
    '2025-12-01,Claude Haiku 4.5,Claude Code,key-a,message,≤ 200k,input_no_cache,0.13,0.13,token,--,--',
    '2025-12-01,--,Claude Code,key-a,--,--,--,0.10,0.10,web_search,--,--',
    'December,Claude Haiku 4.5,Claude Code,key-a,message,≤ 200k,output,0.13,0.13,token,--,--',
  ]
  const result = await take('claude_api_cost_2025_12.csv', [head, ...rows].join('\n'))
  expect(result).toMatchObject({ format: 'anthropic-costs', added: 2, rejected: 1, billed: { usd: '0.230000000000' } })
  expect((await ledger().charges({})).map(({ description, usd }) => [description, formatUsd(usd)])).toEqual([
    ['Claude Haiku 4.5 token input_no_cache', '0.130000000000'],
    ['web_search', '0.100000000000'],
  ])
})

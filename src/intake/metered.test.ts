// A log of calls that a gateway metered too: each is one call (law 5).
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { jsonRequest } from '../../test/otlp.ts'
import type { CallRecord } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { unknownUsage } from '../core/meter/usage.ts'

const { ledger, take, report } = intakeForTest()

const at = Date.parse('2026-11-20T10:00:00Z') * 1000
const records: readonly CallRecord[] = [
  openedForTest({ key: 'w1-a', atMicros: at }),
  settledForTest({
    key: 'w1-a',
    endMicros: at + 1e6,
    id: 'chatcmpl-a',
    usage: { ...unknownUsage, input: 96, cacheRead: 1152, output: 10 },
    known: true,
    stopReason: 'stop',
    ttftMs: 200,
    latencyMs: 1000,
  }),
]

/** As LiteLLM logs it: the provider's id of the response, its own clock, a team that the gateway was not told. */
const logged = (id: string, provider = 'openai') =>
  `${JSON.stringify({
    request_id: id,
    call_type: 'acompletion',
    spend: 0.0021,
    total_tokens: 1258,
    prompt_tokens: 1248,
    completion_tokens: 10,
    startTime: '2026-11-20T10:00:00.300Z',
    endTime: '2026-11-20T10:00:01.200Z',
    model: 'gpt-4o-2024-08-06',
    custom_llm_provider: provider,
    team_id: 'blue',
    request_tags: ['feature:other'],
    status: 'success',
  })}\n`
const log = logged('chatcmpl-a') + logged('chatcmpl-b') + logged('chatcmpl-c', 'azure')

const rows = async () =>
  (await report(['source', 'feature', 'team'])).rows
    .map(({ key, calls }) => [key.source === 'gateway' ? 'gateway' : 'log', key.feature, key.team, calls])
    .sort()
const once = [
  ['gateway', 'search', 'blue', 1],
  ['log', 'other', 'blue', 2],
]
const priceOf = () => ({ usd: null, reason: 'no prices here' }) as const

test('metered, then logged', async () => {
  await ledger().take(records, {}, priceOf)
  expect(await take('log.jsonl', log)).toMatchObject({ rows: 3, added: 2, duplicates: 1, rejected: 0 })
  expect(await rows()).toEqual(once)
  const again = await take('log.jsonl', log)
  expect([again.added, again.duplicates]).toEqual([0, 3])
  expect(await rows()).toEqual(once)
})

test('logged, then metered, then logged again', async () => {
  expect(await take('log.jsonl', log)).toMatchObject({ added: 3 })
  await ledger().take(records, {}, priceOf)
  expect(await rows()).toEqual(once)
  expect(await take('log.jsonl', log)).toMatchObject({ added: 0, duplicates: 3 })
  expect(await rows()).toEqual(once)
})

test('a log of nothing but metered calls attributes them', async () => {
  await ledger().take(records, {}, priceOf)
  const before = await ledger().version()
  expect(await take('log.jsonl', logged('chatcmpl-a'))).toMatchObject({ added: 0, duplicates: 1 })
  expect(await rows()).toEqual(once.slice(0, 1))
  expect(await ledger().version()).not.toBe(before)
})

test('a log and traces tell of one call, whichever came first: their clocks differ', async () => {
  const span = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': 'chatcmpl-a' } }
  const traces = `${JSON.stringify(jsonRequest([span]))}\n`
  expect(await take('traces.jsonl', traces)).toMatchObject({ added: 1 })
  expect(await take('log.jsonl', log)).toMatchObject({ added: 2, duplicates: 1, rejected: 0 })
  expect(await take('traces.jsonl', traces)).toMatchObject({ added: 0, duplicates: 1 })
  await ledger().undo('traces.jsonl')
  expect(await take('log.jsonl', log)).toMatchObject({ added: 1, duplicates: 2 })
  expect(await take('traces.jsonl', traces)).toMatchObject({ added: 0, duplicates: 1 })
})

test('a trace, a proxy and Langfuse that tell of one response are one call, in whatever order, attributed by all', async () => {
  const id = 'chatcmpl-b'
  const files = {
    'litellm.jsonl': logged(id),
    'trace.jsonl': `${JSON.stringify(
      jsonRequest([
        {
          attributes: {
            'gen_ai.operation.name': 'chat',
            'gen_ai.provider.name': 'openai',
            'gen_ai.response.id': id,
            'gen_ai.response.model': 'gpt-4o-2024-08-06',
            'gen_ai.usage.input_tokens': 1248,
            'gen_ai.usage.cache_read.input_tokens': 1152,
            'gen_ai.usage.output_tokens': 10,
            'user.id': 'u-7',
          },
        },
      ]),
    )}\n`,
    'langfuse.jsonl': `${JSON.stringify({
      id: 'observation-1',
      trace_id: 'trace-1',
      type: 'GENERATION',
      start_time: '2026-11-20 10:00:00.000',
      environment: 'production',
      provided_model_name: 'gpt-4o-2024-08-06',
      metadata: { attributes: { 'gen_ai.response.id': id, 'gen_ai.system': 'openai' } },
      usage_details: { input: 96, input_cached_tokens: 1152, output: 10, total: 1258 },
    })}\n`,
  } as const
  const [one, two, three] = Object.keys(files) as (keyof typeof files)[]
  for (const order of [
    [one, two, three],
    [two, three, one],
    [three, one, two],
    [three, two, one],
  ] as const) {
    const results = []
    for (const name of order) results.push(await take(name!, files[name!]))
    expect(results.map(({ added, duplicates, rejected }) => [added, duplicates, rejected])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
    ])
    const { rows } = await report(['team', 'feature', 'user', 'task', 'environment'])
    expect(rows.map(({ key, calls }) => [...Object.values(key), calls])).toEqual([
      ['blue', 'other', 'u-7', 'trace-1', 'production', 1],
    ])
    for (const name of order) await ledger().undo(name!)
  }
})

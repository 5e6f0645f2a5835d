// A log of calls that a gateway metered too: each is one call (law 5).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { jsonRequest } from '../../test/otlp.ts'
import type { CallRecord } from '../core/meter/call-record.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { unknownUsage } from '../core/meter/usage.ts'

const { ledger, take, report } = intakeForTest()

const at = Date.parse('2026-11-20T10:00:00Z') * 1000
const toldUsage = { ...unknownUsage, input: 96, cacheRead: 1152, output: 10 }
const records: readonly CallRecord[] = [
  openedForTest({ key: 'w1-a', atMicros: at }),
  settledForTest({
    key: 'w1-a',
    endMicros: at + 1e6,
    id: 'chatcmpl-a',
    usage: toldUsage,
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
  expect(await take('log.jsonl', log)).toMatchObject({ added: 2, completed: 1, duplicates: 0, rejected: 0 })
  expect(await take('traces.jsonl', traces)).toMatchObject({ added: 0, duplicates: 1 })
  await ledger().undo('traces.jsonl')
  // What the log told of the call is there again, without the trace.
  expect(await take('log.jsonl', log)).toMatchObject({ added: 0, duplicates: 3 })
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

test('a log tells the usage of a call that the gateway knows none of, whichever came first', async () => {
  const unknown = records.map(record => (record.kind === 'settled' ? { ...record, usage: unknownUsage } : record))
  const told = async () => {
    const { rows } = await report(['source', 'team', 'provider', 'model'])
    return rows.map(({ key, calls, usage, unknownUsageCalls }) => ({
      ...{ ...key, source: key.source === 'gateway', calls, unknownUsageCalls },
      ...{ input: usage.input, output: usage.output },
    }))
  }
  const whole = [
    {
      ...{ source: true, team: 'blue', provider: 'openai', model: 'gpt-4o-2024-08-06' },
      ...{ calls: 1, unknownUsageCalls: 0, input: 1248, output: 10 },
    },
  ]
  await ledger().take(unknown, {}, priceOf)
  expect(await take('log.jsonl', logged('chatcmpl-a'))).toMatchObject({ added: 0, completed: 1, duplicates: 0 })
  expect(await told()).toEqual(whole)
  await ledger().undo('log.jsonl')
  expect(await told()).toMatchObject([{ team: null, unknownUsageCalls: 1, input: null }])
  await take('log.jsonl', logged('chatcmpl-a'))
  await ledger().undo('gateway')
  expect(await told()).toMatchObject([{ source: false, team: 'blue', input: 1248 }])
  await ledger().take(unknown, {}, priceOf)
  expect(await told()).toEqual(whole)
})

test('a log tells the usage of a call that a trace knows none of', async () => {
  const span = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': 'chatcmpl-a', 'user.id': 'u-7' } }
  await take('traces.jsonl', `${JSON.stringify(jsonRequest([span]))}\n`)
  expect(await take('log.jsonl', logged('chatcmpl-a'))).toMatchObject({ added: 0, completed: 1, duplicates: 0 })
  const { rows } = await report(['user', 'team'])
  expect(rows.map(({ key, usage }) => [key.user, key.team, usage.input])).toEqual([['u-7', 'blue', 1248]])
})

test('law 5: what is undone is as if it never had been told, whoever else told of the same calls, and in whatever order', async () => {
  const ids = ['chatcmpl-a', 'chatcmpl-b', 'chatcmpl-c'] as const
  const span = (id: string, counts: boolean) => ({
    attributes: {
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': id, 'user.id': `u-${id}` },
      ...(counts ? { 'gen_ai.usage.input_tokens': 7, 'gen_ai.usage.output_tokens': 3 } : {}),
    },
  })
  const observation = (id: string) => ({
    ...{ id: `o-${id}`, trace_id: `t-${id}`, type: 'GENERATION', start_time: '2026-11-20 10:00:00.000' },
    ...{ provided_model_name: 'gpt-4o', environment: 'production', parent_observation_id: null },
    ...{ metadata: { attributes: { 'gen_ai.response.id': id, 'gen_ai.system': 'openai' } } },
    ...{ usage_details: { input: 5, output: 2, total: 7 } },
  })
  const files = {
    'litellm.jsonl': (some: readonly string[]) => some.map(id => logged(id)).join(''),
    'counted.jsonl': (some: readonly string[]) => `${JSON.stringify(jsonRequest(some.map(id => span(id, true))))}\n`,
    'uncounted.jsonl': (some: readonly string[]) => `${JSON.stringify(jsonRequest(some.map(id => span(id, false))))}\n`,
    'langfuse.jsonl': (some: readonly string[]) => some.map(id => `${JSON.stringify(observation(id))}\n`).join(''),
  } as const
  const gateway = (some: readonly string[], known: boolean): CallRecord[] =>
    some.flatMap(id => [
      openedForTest({ key: `k-${id}`, atMicros: at }),
      settledForTest({
        key: `k-${id}`,
        endMicros: at + 1e6,
        id,
        ...(known ? { usage: toldUsage, known } : {}),
      }),
    ])
  const names = [...(Object.keys(files) as (keyof typeof files)[]), 'gateway'] as const
  const someIds = fc.shuffledSubarray([...ids], { minLength: 1 })
  const step = fc.record({ name: fc.constantFrom(...names), some: someIds, known: fc.boolean() })
  const steps = fc.uniqueArray(step, { minLength: 2, maxLength: 5, selector: one => one.name })
  const tell = async (all: readonly { name: (typeof names)[number]; some: readonly string[]; known: boolean }[]) => {
    for (const { name, some, known } of all) {
      if (name === 'gateway') await ledger().take(gateway(some, known), {}, priceOf)
      else await take(name, files[name](some))
    }
  }
  const state = async () => {
    const { rows } = await report(['source', 'task', 'user', 'team', 'feature', 'environment', 'model', 'tag:upstream'])
    return rows
  }
  const clear = async () => {
    for (const { source } of await ledger().sources()) await ledger().undo(source)
  }
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (all, pick) => {
      const undone = all[pick % all.length]!
      await clear()
      await tell(all.filter(one => one !== undone))
      const without = await state()
      await clear()
      expect((await report([])).total.calls).toBe(0)
      await tell(all)
      const whole = await state()
      const { source } = (await ledger().sources()).find(
        one => one.name === undone.name || (undone.name === 'gateway' && one.source === 'gateway'),
      )!
      await ledger().undo(source)
      expect(await state()).toEqual(without)
      await tell([undone])
      const first = all.at(-1) === undone
      if (first) expect(await state()).toEqual(whole)
    }),
    { numRuns: 15 },
  )
})

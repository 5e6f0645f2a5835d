// Results of batches as each seller's guide prints them: read as `meter` reads an answer, at the batch price, each once.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'

const { ledger, take, takeFile, report } = intakeForTest({ book: loadPriceBook() })
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/logs/${name}`, import.meta.url))
const startMicros = Date.parse('2026-11-20T10:00:00Z') * 1000
const rows = async (...by: string[]) => (await report(by)).rows.map(one => [...Object.values(one.key), one.usd]).sort()
const jsonl = (all: readonly unknown[]) => all.map(one => `${JSON.stringify(one)}\n`).join('')

describe('OpenAI', () => {
  test('the guide: answers at half the price, an expired line is a failed call that costs nothing', async () => {
    const result = await takeFile(fixture('openai-batch.jsonl'))
    expect(result).toMatchObject({
      format: 'openai-batch',
      added: 3,
      rejected: 0,
      unpricedCalls: 0,
      tokens: { input: 42, output: 11 },
      firstAt: '2024-03-28T19:06:29.000Z',
    })
    // gpt-3.5-turbo-0125: 0.50 and 1.50 USD per million, half of it in a batch.
    expect(await rows('task', 'tier', 'outcome')).toEqual([
      ['request-1', 'batch', 'ok', '0.000011750000'],
      ['request-2', 'batch', 'ok', '0.000007000000'],
      ['request-3', 'batch', 'failed', '0.000000000000'],
    ])
    expect(await takeFile(fixture('openai-batch.jsonl'))).toMatchObject({ added: 0, duplicates: 3 })
  })

  const line = (custom_id: string, body: unknown, over: object = {}) => ({
    id: `batch_req_${custom_id}`,
    custom_id,
    response: { status_code: 200, request_id: 'r', body },
    error: null,
    ...over,
  })
  test('responses and embeddings are read by their own wires; without a time --start tells it', async () => {
    const response = {
      id: 'resp_1',
      object: 'response',
      created_at: 1767323045,
      status: 'completed',
      model: 'gpt-4o-mini-2024-07-18',
      output: [],
      usage: {
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 60 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 109,
      },
    }
    expect(await take('r.jsonl', jsonl([line('a', response)]))).toMatchObject({ added: 1, unpricedCalls: 0 })
    expect((await report()).total.usage).toMatchObject({ input: 40, cacheRead: 60, output: 9, reasoning: 4 })

    const embedding = {
      object: 'list',
      data: [],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }
    const text = jsonl([line('b', embedding), line('c', embedding)])
    await expect(take('e.jsonl', text)).rejects.toMatchObject({ code: 'TIME_UNKNOWN' })
    expect(await take('e.jsonl', text, { startMicros })).toMatchObject({
      added: 2,
      unpricedCalls: 0,
      tokens: { input: 16, output: 0 },
      firstAt: '2026-11-20T10:00:00.000Z',
    })
  })

  test('a refused line before the first answer has its model and time', async () => {
    const answer = {
      id: 'chatcmpl-1',
      created: 1767323045,
      model: 'gpt-4o-mini',
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    }
    const refused = line('a', { error: { message: 'a secret', type: 'invalid_request_error' } }, {})
    refused.response.status_code = 400
    expect(await take('f.jsonl', jsonl([refused, line('b', answer)]))).toMatchObject({ added: 2, unpricedCalls: 0 })
    expect(await rows('task', 'outcome', 'model')).toEqual([
      ['a', 'failed', 'gpt-4o-mini', '0.000000000000'],
      ['b', 'ok', 'gpt-4o-mini', expect.stringMatching(/^0\.0000006/)],
    ])
  })

  test('of another seller, as --provider says', async () => {
    const result = await takeFile(fixture('groq-batch.jsonl'), { provider: 'groq', startMicros })
    expect(result).toMatchObject({ added: 1, tokens: { input: 20, output: 5 } })
    expect((await report(['provider', 'tier'])).rows[0]?.key).toEqual({ provider: 'groq', tier: 'batch' })
  })

  test('an answer that a gateway metered is one call (law 5)', async () => {
    const records = [
      openedForTest({ key: 'k', atMicros: startMicros, provider: 'openai' }),
      settledForTest({ key: 'k', endMicros: startMicros, id: 'chatcmpl-123' }),
    ]
    await ledger().take(records, {}, () => ({ usd: null, reason: 'no prices here' }))
    expect(await takeFile(fixture('openai-batch.jsonl'))).toMatchObject({ added: 2, completed: 1, duplicates: 0 })
    expect((await report()).total.calls).toBe(3)
  })
})

describe('Anthropic', () => {
  test('the guide, at half the price, when --start says when it ran', async () => {
    await expect(takeFile(fixture('anthropic-batch.jsonl'))).rejects.toMatchObject({
      code: 'TIME_UNKNOWN',
      fix: expect.stringContaining('--start'),
    })
    const result = await takeFile(fixture('anthropic-batch.jsonl'), { startMicros })
    expect(result).toMatchObject({ format: 'anthropic-batch', added: 2, firstAt: '2026-11-20T10:00:00.000Z' })
    // claude-sonnet-4-5: 3 and 15 USD per million, half of it in a batch.
    expect(await rows('task')).toEqual([
      ['my-first-request', '0.000270000000'],
      ['my-second-request', '0.000286500000'],
    ])
  })
  test('the same as its guide prints it elsewhere, over many lines', async () => {
    const lines = readFileSync(fixture('anthropic-batch.jsonl'), 'utf8').trim().split('\n')
    const text = lines.map(one => JSON.stringify(JSON.parse(one), null, 2)).join('\n')
    expect(await take('spread.json', text, { startMicros })).toMatchObject({ format: 'anthropic-batch', added: 2 })
  })
  test('what was errored, canceled or expired has no tokens, and comes again in another batch', async () => {
    const results = ['errored', 'canceled', 'expired'].map(type => ({ custom_id: type, result: { type } }))
    expect(await take('x.jsonl', jsonl(results), { startMicros, model: 'claude-sonnet-4-5' })).toMatchObject({
      added: 3,
      unpricedCalls: 0,
      tokens: { input: 0, output: 0 },
    })
    expect((await report(['outcome'])).rows[0]?.key).toEqual({ outcome: 'failed' })
    const later = { startMicros: startMicros + 86_400e6 }
    expect(await take('y.jsonl', jsonl(results), later)).toMatchObject({ added: 3 })
    expect(await take('z.jsonl', `${jsonl(results)}\n`, later)).toMatchObject({ added: 0, duplicates: 3 })
  })
})

describe('Gemini', () => {
  test('lines with keys: thinking is part of the answer, an error costs nothing', async () => {
    const result = await takeFile(fixture('gemini-batch.jsonl'), { startMicros })
    expect(result).toMatchObject({ format: 'gemini-batch', added: 2, tokens: { input: 8, output: 55 } })
    // gemini-2.5-flash: 0.30 and 2.50 USD per million, half of it in a batch.
    expect(await rows('task', 'provider')).toEqual([
      ['request-1', 'google', '0.000069950000'],
      ['request-2', 'google', '0.000000000000'],
    ])
  })
  test('requests within one call, and answers without anything around them', async () => {
    const [first] = readFileSync(fixture('gemini-batch.jsonl'), 'utf8').split('\n')
    const { key, response } = JSON.parse(first!)
    const inline = {
      name: 'b',
      response: { inlinedResponses: { inlinedResponses: [{ metadata: { key }, response }] } },
    }
    expect(await take('inline.json', JSON.stringify(inline, null, 2), { startMicros })).toMatchObject({ added: 1 })
    expect(await rows('task')).toEqual([['request-1', '0.000069950000']])
    expect(await take('bare.jsonl', jsonl([response]), { startMicros })).toMatchObject({ added: 0, duplicates: 1 })
  })
  test('Vertex says when each line was done; two of one time are two calls', async () => {
    const text = readFileSync(fixture('vertex-batch.jsonl'), 'utf8')
    const [first] = text.split('\n')
    expect(await take('v.jsonl', `${first}\n${text}`)).toMatchObject({
      format: 'gemini-batch',
      added: 3,
      firstAt: '2024-11-01T18:13:16.826Z',
    })
    expect(
      (await report(['provider', 'outcome'])).rows.map(one => [...Object.values(one.key), one.calls]).sort(),
    ).toEqual([
      ['google-vertex', 'failed', 1],
      ['google-vertex', 'ok', 2],
    ])
    expect(await take('v2.jsonl', `${first}\n${text}\n`)).toMatchObject({ added: 0, duplicates: 3 })
  })
})

test('texts of answers are nowhere in what is rejected', async () => {
  const good = readFileSync(fixture('openai-batch.jsonl'), 'utf8')
  const result = await take('bad.jsonl', `${good}{"custom_id":"x","response":{"body":"a secret\n`)
  expect(result).toMatchObject({ added: 3, rejected: 1 })
  expect(readFileSync(result.rejectFile!, 'utf8')).not.toContain('secret')
})

import { readFileSync } from 'node:fs'
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import type { CallRecord, Settled } from '../core/meter/call-record.ts'
import { type Answer, closeAll, world } from './world-for-test.ts'

afterEach(closeAll)

const recorded = JSON.parse(
  readFileSync(new URL('../../test/fixtures/wire/openai-responses-search.json', import.meta.url), 'utf8'),
) as { id: string; usage: { input_tokens: number; output_tokens: number } }

/** A provider that is done with a background response at the third time it is asked for it. */
async function slowProvider(sink?: (record: CallRecord) => Promise<void>) {
  let asked = 0
  const answer: Answer = (request, _body, response) => {
    const isPost = request.method === 'POST'
    const isDone = !isPost && ++asked >= 3
    const status = isPost ? 'queued' : isDone ? 'completed' : 'in_progress'
    const body = isDone ? recorded : { ...recorded, status, usage: null, output: [] }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...body, background: true }))
  }
  return world(answer, {}, sink)
}

test('a background response is one call: opened when asked for, settled by the poll that gets it, by no other', async () => {
  const { port, records, gateway } = await slowProvider()
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/to/openai/v1`, maxRetries: 0 })
  const { id, status } = await client.responses.create({ model: 'gpt-5', input: 'hi', background: true })
  expect([id, status]).toEqual([recorded.id, 'queued'])
  expect(records.map(one => one.kind)).toEqual(['opened'])
  for (const expected of ['in_progress', 'in_progress', 'completed', 'completed']) {
    expect((await client.responses.retrieve(id)).status).toBe(expected)
  }
  expect(records.map(one => [one.kind, one.key])).toEqual([
    ['opened', 'k1'],
    ['settled', 'k1'],
  ])
  const { input_tokens: input, output_tokens: output } = recorded.usage
  const { usage, id: settledId, outcome } = records[1] as Settled
  expect([settledId, outcome, usage.input! + (usage.cacheRead ?? 0), usage.output]).toEqual([id, 'ok', input, output])
  expect(gateway.counters.requests.get('openai')).toBe(1)
})

test('of many who ask at once for a response that is done, one settles the call', async () => {
  const { port, records } = await slowProvider()
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  const { id } = await client.responses.create({ model: 'gpt-5', input: 'hi', background: true })
  await Promise.all(Array.from({ length: 12 }, () => client.responses.retrieve(id)))
  expect(records.filter(one => one.kind === 'settled')).toHaveLength(1)
})

test('a background stream that breaks off, and a response that is cancelled, are settled by whoever asks for them next', async () => {
  const created = {
    type: 'response.created',
    response: { ...recorded, status: 'in_progress', usage: null, output: [] },
  }
  const { port, records, settledCalls } = await world((request, _body, response) => {
    if (request.method === 'POST' && request.url === '/v1/responses') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: response.created\ndata: ${JSON.stringify(created)}\n\n`)
      return void setTimeout(() => response.destroy(), 10)
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    const isCancel = request.url!.endsWith('/cancel')
    response.end(JSON.stringify({ ...recorded, status: isCancel ? 'cancelled' : 'completed', background: true }))
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  const begin = async () => {
    const stream = await client.responses.create({ model: 'gpt-5', input: 'hi', background: true, stream: true })
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toThrow()
  }
  await begin()
  expect(records.map(({ kind }) => kind)).toEqual(['opened'])
  expect((await client.responses.retrieve(recorded.id)).status).toBe('completed')
  expect(await settledCalls(1)).toMatchObject([{ key: 'k1', known: true, outcome: 'ok' }])
  await begin()
  expect((await client.responses.cancel(recorded.id)).status).toBe('cancelled')
  expect((await settledCalls(2))[1]).toMatchObject({ key: 'k2', known: true })
  expect(records.map(({ kind }) => kind)).toEqual(['opened', 'settled', 'opened', 'settled'])
})

test('a stream of no background call that ends before it is done is settled, of unknown usage', async () => {
  const created = {
    type: 'response.created',
    response: { ...recorded, status: 'in_progress', usage: null, output: [] },
  }
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`event: response.created\ndata: ${JSON.stringify(created)}\n\n`)
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  for await (const { type } of await client.responses.create({ model: 'gpt-5', input: 'hi', stream: true }))
    expect(type).toBe('response.created')
  expect(records).toMatchObject([{ kind: 'opened' }, { kind: 'settled', known: false, complete: false }])
})

test('while no end of a call can be written polls pass, and the first after that settles it', async () => {
  let isBroken = true
  const { port, records } = await slowProvider(async ({ kind }) => {
    if (kind === 'settled' && isBroken) throw new Error('the disk is full')
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  const { id } = await client.responses.create({ model: 'gpt-5', input: 'hi', background: true })
  for (let i = 0; i < 4; i++) await client.responses.retrieve(id)
  expect(records.map(one => one.kind)).toEqual(['opened'])
  isBroken = false
  for (let i = 0; i < 2; i++) await client.responses.retrieve(id)
  expect(records.map(one => [one.kind, one.key])).toEqual([
    ['opened', 'k1'],
    ['settled', 'k1'],
  ])
})

test('a response that nobody here asked to be made is passed on and counts nothing', async () => {
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(recorded))
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  expect((await client.responses.retrieve('resp_of_somebody')).id).toBe(recorded.id)
  expect(records).toEqual([])
})

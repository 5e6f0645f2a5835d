import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import type { Opened, Settled } from '../core/meter/call-record.ts'
import { type Answer, closeAll, world } from './world-for-test.ts'

afterEach(closeAll)

/** Events as they come off the wire of each provider, a few milliseconds apart. */
const streamed =
  (events: readonly string[]): Answer =>
  (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const [i, event] of events.entries()) {
      setTimeout(() => (i === events.length - 1 ? response.end(event) : response.write(event)), i * 2)
    }
  }
const json =
  (body: unknown, status = 200): Answer =>
  (_request, _body, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
const data = (value: unknown, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`
const settledIn = (records: readonly unknown[]) =>
  records.filter(one => (one as Settled).kind === 'settled') as Settled[]

const openAiChunk = (delta: object, rest: object = {}) =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...rest,
  })
const openAiUsage = data({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [],
  usage: {
    prompt_tokens: 1248,
    completion_tokens: 10,
    total_tokens: 1258,
    prompt_tokens_details: { cached_tokens: 1152 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
})

test('openai: chat, streamed and not, with tools, and its errors, with only the base URL changed', async () => {
  const whole = {
    id: 'chatcmpl-2',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-2024-08-06',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
      },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
  }
  const { port, records } = await world((request, body, response) => {
    const asked = JSON.parse(body.toString())
    if (asked.model === 'nobody')
      return json(
        { error: { message: 'no such model', type: 'invalid_request_error', code: 'model_not_found', param: null } },
        404,
      )(request, body, response)
    if (asked.stream)
      return streamed([
        openAiChunk({ role: 'assistant', content: 'Hel' }),
        openAiChunk({ content: 'lo' }),
        openAiUsage,
        'data: [DONE]\n\n',
      ])(request, body, response)
    return json(whole)(request, body, response)
  })
  const client = new OpenAI({
    apiKey: 'sk-test',
    baseURL: `http://127.0.0.1:${port}/v1`,
    maxRetries: 0,
    defaultHeaders: { 'x-crossline-feature': 'search' },
  })
  const messages = [{ role: 'user' as const, content: 'hi' }]
  let text = ''
  let chunks = 0
  for await (const chunk of await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? ''
    chunks++
  }
  // The client asked for no usage, so it sees none: two chunks, as without the gateway.
  expect([text, chunks]).toEqual(['Hello', 2])
  const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }]
  const answer = await client.chat.completions.create({ model: 'gpt-4o', messages, tools })
  expect(answer.choices[0]!.message.tool_calls).toHaveLength(1)
  await expect(client.chat.completions.create({ model: 'nobody', messages })).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  })
  const [first, second, third] = settledIn(records)
  expect(first).toMatchObject({ id: 'chatcmpl-1', complete: true, usage: { input: 96, cacheRead: 1152, output: 10 } })
  expect(second).toMatchObject({ id: 'chatcmpl-2', usage: { input: 20, output: 5 }, stopReason: 'tool_calls' })
  expect(third).toMatchObject({ status: 404, outcome: 'failed', known: false })
  expect(records[0]).toMatchObject({ attribution: { feature: 'search' }, provider: 'openai', wire: 'openai.chat' })
  expect((records[2] as Opened).needs).toEqual(['tools'])
  expect(JSON.stringify(records)).not.toMatch(/sk-test|"hi"/)
})

test('openai: responses and embeddings', async () => {
  const response = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'gpt-5-mini-2025-08-07',
    output: [],
    usage: {
      input_tokens: 30,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 8,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 38,
    },
  }
  const { port, records } = await world((request, body, sent) => {
    if (request.url === '/v1/embeddings')
      return json({
        object: 'list',
        model: 'text-embedding-3-small',
        data: [],
        usage: { prompt_tokens: 12, total_tokens: 12 },
      })(request, body, sent)
    if (!JSON.parse(body.toString()).stream) return json(response)(request, body, sent)
    return streamed([
      data(
        { type: 'response.created', response: { ...response, status: 'in_progress', usage: null }, sequence_number: 0 },
        'response.created',
      ),
      data(
        {
          type: 'response.output_text.delta',
          delta: 'x',
          item_id: 'i',
          output_index: 0,
          content_index: 0,
          logprobs: [],
          sequence_number: 1,
        },
        'response.output_text.delta',
      ),
      data({ type: 'response.completed', response, sequence_number: 2 }, 'response.completed'),
    ])(request, body, sent)
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  expect((await client.responses.create({ model: 'gpt-5-mini', input: 'hi' })).id).toBe('resp_1')
  const types: string[] = []
  for await (const event of await client.responses.create({ model: 'gpt-5-mini', input: 'hi', stream: true }))
    types.push(event.type)
  expect(types).toEqual(['response.created', 'response.output_text.delta', 'response.completed'])
  await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hi', encoding_format: 'float' })
  expect(
    settledIn(records).map(({ usage, complete }) => [usage.input, usage.output, usage.reasoning, complete]),
  ).toEqual([
    [30, 8, 4, true],
    [30, 8, 4, true],
    [12, 0, 0, true],
  ])
})

test('anthropic: messages, streamed and not, cache writes by their time to live', async () => {
  const usage = {
    input_tokens: 9,
    cache_read_input_tokens: 183,
    cache_creation_input_tokens: 556,
    cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
    output_tokens: 1,
    service_tier: 'standard',
  }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
  const { port, records } = await world((request, body, response) =>
    JSON.parse(body.toString()).stream
      ? streamed([
          data({ type: 'message_start', message }, 'message_start'),
          data(
            { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
            'content_block_start',
          ),
          data({ type: 'ping' }, 'ping'),
          data(
            { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
            'content_block_delta',
          ),
          data({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
          data(
            {
              type: 'message_delta',
              delta: { stop_reason: 'end_turn', stop_sequence: null },
              usage: { output_tokens: 12 },
            },
            'message_delta',
          ),
          data({ type: 'message_stop' }, 'message_stop'),
        ])(request, body, response)
      : json({ ...message, stop_reason: 'end_turn', usage: { ...usage, output_tokens: 12 } })(request, body, response),
  )
  const client = new Anthropic({ apiKey: 'sk-ant', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 })
  const ask = {
    model: 'claude-sonnet-4-5',
    max_tokens: 50,
    messages: [{ role: 'user' as const, content: 'hi' }],
    metadata: { user_id: 'u9' },
  }
  expect(await client.messages.stream(ask).finalText()).toBe('Hello')
  expect((await client.messages.create(ask)).usage.output_tokens).toBe(12)
  for (const one of settledIn(records)) {
    expect(one).toMatchObject({
      id: 'msg_1',
      complete: true,
      tier: 'standard',
      stopReason: 'end_turn',
      usage: { input: 9, cacheRead: 183, cacheWrite: 556, cacheWrite5m: 456, cacheWrite1h: 100, output: 12 },
    })
  }
  expect(records[0]).toMatchObject({ upstream: 'anthropic', attribution: { user: 'u9' } })
})

test('google: generateContent, streamed and not', async () => {
  const piece = (text: string, rest: object = {}) => ({
    candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }],
    modelVersion: 'gemini-2.5-flash',
    responseId: 'g1',
    ...rest,
  })
  const last = {
    ...piece('lo'),
    candidates: [{ content: { parts: [{ text: 'lo' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 4, thoughtsTokenCount: 20, totalTokenCount: 32 },
  }
  const { port, records } = await world((request, body, response) =>
    request.url!.includes('streamGenerateContent')
      ? streamed([data(piece('Hel')).replaceAll('\n', '\r\n'), data(last).replaceAll('\n', '\r\n')])(
          request,
          body,
          response,
        )
      : json(last)(request, body, response),
  )
  const client = new GoogleGenAI({ apiKey: 'g', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } })
  let text = ''
  for await (const chunk of await client.models.generateContentStream({ model: 'gemini-2.5-flash', contents: 'hi' }))
    text += chunk.text ?? ''
  expect(text).toBe('Hello')
  expect((await client.models.generateContent({ model: 'gemini-2.5-flash', contents: 'hi' })).text).toBe('lo')
  for (const one of settledIn(records)) {
    expect(one).toMatchObject({ id: 'g1', complete: true, usage: { input: 8, output: 24, reasoning: 20 } })
  }
  expect(records[0]).toMatchObject({ upstream: 'gemini', provider: 'google', model: 'gemini-2.5-flash' })
})

test('Gemini’s files, as its documentation has curl upload and download them, by their bare paths', async () => {
  const { port, seen, gateway, records } = await world((request, body, response) => {
    const isStart = request.headers['x-goog-upload-command'] === 'start'
    const headers = isStart ? { 'x-goog-upload-url': '/upload/v1beta/files?upload_id=u1' } : {}
    response.writeHead(200, headers).end(body)
  })
  const base = `http://127.0.0.1:${port}`
  const command = (command: string) => ({
    method: 'POST',
    headers: { 'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': command },
  })
  const start = await fetch(`${base}/upload/v1beta/files?key=g`, { ...command('start'), body: '{"file":{}}' })
  const where = start.headers.get('x-goog-upload-url')
  const sent = await fetch(base + where, { ...command('upload, finalize'), body: 'hello' })
  expect(await sent.text()).toBe('hello')
  expect((await fetch(`${base}/download/v1beta/files/out:download?alt=media`)).status).toBe(200)
  expect(seen.map(({ request }) => request.url)).toEqual([
    '/upload/v1beta/files?key=g',
    where,
    '/download/v1beta/files/out:download?alt=media',
  ])
  expect(records).toEqual([])
  expect([...gateway.counters.unmetered.keys()].every(name => name.startsWith('gemini '))).toBe(true)
})

test('a client that aborts its stream is not made to wait, and its call is metered to the end', async () => {
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(openAiChunk({ content: 'a' }))
    setTimeout(() => response.end(`${openAiUsage}data: [DONE]\n\n`), 80)
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  const stream = await client.chat.completions.create({ model: 'gpt-4o', messages: [], stream: true })
  for await (const _ of stream) stream.controller.abort()
  for (let i = 0; i < 200 && settledIn(records).length === 0; i++) await new Promise(done => setTimeout(done, 10))
  expect(settledIn(records)[0]).toMatchObject({ known: true, complete: true, usage: { output: 10 } })
})

// Vercel's `ai` with its providers, and the helpers of the official clients: the same results with the gateway and without it.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import {
  embedMany,
  generateObject,
  generateText,
  jsonSchema,
  type LanguageModel,
  streamText,
  type ToolSet,
  tool,
} from 'ai'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, expect, test } from 'vitest'
import { recorded } from '../../test/recorded-responses.ts'
import { type Answer, closeAll, world } from './world-for-test.ts'

afterEach(closeAll)

const bytesOf = (id: string) => Buffer.from(recorded.find(one => one.id === id)!.bytes)

const withoutUsage = (bytes: Buffer) =>
  Buffer.from(
    bytes
      .toString()
      .split(/(?<=\n\n)/)
      .filter(event => !event.includes('"choices":[],"usage"'))
      .join(''),
  )

/** The recorded answers of real providers, by what is asked. */
const provider: Answer = (request, body, response) => {
  const url = request.url!
  const asked = body.length === 0 ? {} : JSON.parse(body.toString())
  const isStream = asked.stream === true || url.includes('stream')
  const send = (id: string, status = 200) => {
    const isEvents = isStream && status === 200 && !url.includes('embed')
    response.writeHead(status, { 'content-type': isEvents ? 'text/event-stream' : 'application/json' })
    // As OpenAI does: a stream tells its usage to whoever asks for it.
    const isUsageUnasked = isEvents && url.includes('/chat/') && asked.stream_options?.include_usage !== true
    const bytes = isUsageUnasked ? withoutUsage(bytesOf(id)) : bytesOf(id)
    for (let at = 0; at < bytes.length; at += 500) response.write(bytes.subarray(at, at + 500))
    response.end()
  }
  const say = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(value))
  }
  if (body.includes('too fast'))
    return say(
      url.includes('messages')
        ? { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } }
        : {
            error: {
              message: 'slow down',
              code: url.includes('gemini') ? 429 : 'rate_limit_exceeded',
              status: 'RESOURCE_EXHAUSTED',
            },
          },
      429,
    )
  if (url.includes('count_tokens')) return say({ input_tokens: 14 })
  if (url.includes('/models/gemini')) return send(isStream ? 'gemini-stream' : 'gemini')
  if (url.includes('/messages')) return send(isStream ? 'anthropic-stream' : 'anthropic')
  if (url.includes('/responses')) return send(isStream ? 'azure-responses-stream' : 'openai-responses-search')
  if (url.includes('/embeddings')) return send('openai-embedding')
  if (body.includes('"tools"')) return send('deepseek-chat')
  if (body.includes('json'))
    return say({
      id: 'chatcmpl-o',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4.1',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '{"city":"Bern"}' } }],
      usage: { prompt_tokens: 11, completion_tokens: 6, total_tokens: 17 },
    })
  return send(isStream ? 'openai-chat-stream' : 'openai-chat')
}

const modelsAt = (url: string): Readonly<Record<string, LanguageModel>> => ({
  'openai chat': createOpenAI({ apiKey: 'k', baseURL: `${url}/v1` }).chat('gpt-4.1-nano'),
  'openai responses': createOpenAI({ apiKey: 'k', baseURL: `${url}/v1` }).responses('gpt-5-mini'),
  anthropic: createAnthropic({ apiKey: 'k', baseURL: `${url}/v1` })('claude-opus-5'),
  google: createGoogleGenerativeAI({ apiKey: 'k', baseURL: `${url}/v1beta` })('gemini-3-pro-preview'),
  'any that speaks as openai does': createOpenAICompatible({ name: 'x', apiKey: 'k', baseURL: `${url}/v1` })(
    'gpt-4.1-nano',
  ),
})
const names = Object.keys(modelsAt('http://x'))
const prompt = 'Hi'

/** What came of a call, without what differs from one call to the next. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner) =>
      /^(id|timestamp|date|request|headers|callId|performance|.*Ms)$/i.test(key) ? undefined : inner,
    ),
  )

test.each(names)('ai, %s: generateText and streamText', async name => {
  const { port, upstreamPort, settledCalls, openedCalls } = await world(provider)
  const run = async (url: string) => {
    const model = modelsAt(url)[name]!
    const whole = await generateText({ model, prompt, headers: { 'x-crossline-feature': 'chat' } })
    const stream = streamText({ model, prompt })
    const parts: string[] = []
    for await (const part of stream.textStream) parts.push(part)
    return plain({
      text: whole.text,
      usage: whole.usage,
      finish: whole.finishReason,
      content: whole.content,
      parts,
      end: await stream.finishReason,
      used: await stream.usage,
    })
  }
  const through = await run(`http://127.0.0.1:${port}`)
  expect(through).toEqual(plain(await run(`http://127.0.0.1:${upstreamPort}`)))
  const settled = await settledCalls(2)
  expect(settled).toMatchObject(Array(2).fill({ outcome: 'ok', known: true, complete: true, status: 200 }))
  expect(openedCalls()[0]).toMatchObject({ stream: false, attribution: { feature: 'chat' } })
  const { usage } = settled[0]!
  const told = (through as { usage: { inputTokens: number; outputTokens: number } }).usage
  expect((usage.input ?? 0) + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0)).toBe(told.inputTokens)
  expect(usage.output).toBe(told.outputTokens)
}, 30_000)

test('ai: tools, objects, embeddings, errors with retries, aborts', async () => {
  const { port, upstreamPort, seen, settledCalls, openedCalls } = await world(
    (request, body, response) => {
      if (!body.includes('for ever')) return provider(request, body, response)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const tick = setInterval(
        () => response.write('data: {"id":"c","choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'),
        3,
      )
      response.on('close', () => clearInterval(tick))
    },
    { mostDrainedMs: 50 },
  )
  const run = async (url: string) => {
    const openai = createOpenAI({ apiKey: 'k', baseURL: `${url}/v1` })
    const model = openai.chat('gpt-4.1')
    const weather = tool({
      inputSchema: jsonSchema<{ location: string }>({ type: 'object', properties: { location: { type: 'string' } } }),
    })
    const { toolCalls } = await generateText({ model, prompt, tools: { weather } as unknown as ToolSet })
    const schema = jsonSchema<{ city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    })
    const { object } = await generateObject({ model, prompt: 'json', schema })
    const { embeddings } = await embedMany({ model: openai.embedding('text-embedding-3-small'), values: ['a', 'b'] })
    const failed = await generateText({ model, prompt: 'too fast', maxRetries: 0 }).catch(
      (error: { statusCode: number; responseBody: string }) => [error.statusCode, error.responseBody],
    )
    return plain({
      tools: toolCalls.map(({ toolName, input }) => [toolName, input]),
      object,
      sizes: embeddings.map(one => one.length),
      failed,
    })
  }
  const through = await run(`http://127.0.0.1:${port}`)
  expect(through).toEqual(await run(`http://127.0.0.1:${upstreamPort}`))
  expect(through).toMatchObject({ object: { city: 'Bern' } })
  expect((await settledCalls(4)).map(({ status }) => status)).toEqual([200, 200, 200, 429])
  expect(
    openedCalls()
      .slice(0, 2)
      .map(({ needs }) => needs),
  ).toEqual([['tools'], ['jsonSchema']])
  const model = modelsAt(`http://127.0.0.1:${port}`)['openai chat']!
  const before = seen.length
  await generateText({ model, prompt: 'too fast', maxRetries: 1 }).catch(() => {})
  expect(seen.length - before).toBe(2)
  const control = new AbortController()
  const stream = streamText({ model, prompt: 'for ever', abortSignal: control.signal, onError: () => {} })
  let parts = 0
  for await (const _ of stream.textStream) if (++parts === 3) control.abort()
  expect((await settledCalls(7)).at(-1)).toMatchObject({ outcome: 'unknown', complete: false, known: false })
}, 30_000)

test('the helpers of openai: finalChatCompletion, parse, responses.stream, vectors, retries, Azure’s key and version', async () => {
  let failures = 1
  const { port, upstreamPort, seen, settledCalls } = await world((request, body, response) => {
    if (!body.includes('flaky') || failures-- <= 0) return provider(request, body, response)
    response.writeHead(500, { 'content-type': 'application/json', 'retry-after-ms': '5' })
    response.end('{"error":{"message":"try again"}}')
  })
  const run = async (base: string) => {
    const client = new OpenAI({ apiKey: 'k', baseURL: `${base}/v1` })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const final = await client.chat.completions
      .stream({ model: 'gpt-4.1-nano', messages, stream_options: { include_usage: true } })
      .finalChatCompletion()
    const parsed = await client.chat.completions.parse({
      model: 'gpt-4.1',
      messages,
      response_format: { type: 'json_object' },
    })
    const response = await client.responses.stream({ model: 'gpt-5-mini', input: 'Hi' }).finalResponse()
    const vectors = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: 'x',
      encoding_format: 'float',
    })
    return plain([final, parsed, response, vectors.usage, vectors.data[0]!.embedding.length])
  }
  const through = await run(`http://127.0.0.1:${port}`)
  expect(through).toEqual(await run(`http://127.0.0.1:${upstreamPort}`))
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1` })
  await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'flaky' }] })
  const settled = await settledCalls(6)
  expect(settled.map(({ status, outcome }) => [status, outcome])).toEqual([
    ...Array(4).fill([200, 'ok']),
    [500, 'failed'],
    [200, 'ok'],
  ])
  expect(settled.slice(0, 4).every(({ known, complete }) => known && complete)).toBe(true)
  const azure = new AzureOpenAI({
    apiKey: 'azure-key',
    endpoint: `http://127.0.0.1:${port}/to/together`,
    apiVersion: '2024-10-21',
    deployment: 'prod',
  })
  await azure.chat.completions.create({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'Hi' }] })
  expect(seen.at(-1)!.request.url).toBe('/base/openai/deployments/prod/chat/completions?api-version=2024-10-21')
  expect(seen.at(-1)!.request.headers['api-key']).toBe('azure-key')
  expect((await settledCalls(7))[6]).toMatchObject({ known: true, model: 'gpt-4.1-nano-2025-04-14' })
}, 30_000)

test('openai: a background response, asked for until it is made, is one call, settled once', async () => {
  let polls = 0
  const made = {
    id: 'resp_b',
    object: 'response',
    model: 'gpt-5',
    output: [],
    usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
  }
  const { port, settledCalls, openedCalls } = await world((request, _body, response) => {
    const isDone = request.method === 'GET' && ++polls >= 2
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(isDone ? { ...made, status: 'completed' } : { ...made, usage: null, status: 'queued' }))
  })
  const client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1` })
  let response = await client.responses.create({ model: 'gpt-5', input: 'Hi', background: true })
  while (response.status !== 'completed') response = await client.responses.retrieve(response.id)
  await client.responses.retrieve(response.id)
  expect(await settledCalls(1)).toMatchObject([{ id: 'resp_b', outcome: 'ok', usage: { input: 9, output: 4 } }])
  expect(openedCalls()).toHaveLength(1)
})

test('the helpers of @anthropic-ai/sdk and @google/genai', async () => {
  const { port, upstreamPort, settledCalls, openedCalls, gateway } = await world(provider)
  const run = async (base: string) => {
    const client = new Anthropic({ apiKey: 'k', baseURL: base, maxRetries: 0 })
    const ask = { model: 'claude-opus-5', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Hi' }] }
    const stream = client.messages.stream(ask)
    const kinds: string[] = []
    stream.on('streamEvent', event => kinds.push(event.type))
    const final = await stream.finalMessage()
    const counted = await client.messages.countTokens({ model: ask.model, messages: ask.messages })
    const failed = await client.messages
      .create({ ...ask, messages: [{ role: 'user', content: 'too fast' }] })
      .catch(error => [error.status, error.error])
    const google = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: base } })
    const chunks = []
    for await (const one of await google.models.generateContentStream({
      model: 'gemini-3-pro-preview',
      contents: 'Hi',
    }))
      chunks.push(one.candidates)
    const refused = await google.models
      .generateContent({ model: 'gemini-3-pro-preview', contents: 'too fast' })
      .catch(error => error.status)
    return plain({ final, kinds, counted, failed, chunks, refused })
  }
  const through = await run(`http://127.0.0.1:${port}`)
  expect(through).toEqual(await run(`http://127.0.0.1:${upstreamPort}`))
  expect(through).toMatchObject({ counted: { input_tokens: 14 }, failed: [429, expect.anything()], refused: 429 })
  expect((await settledCalls(4)).map(({ status, known }) => [status, known])).toEqual([
    [200, true],
    [429, false],
    [200, true],
    [429, false],
  ])
  expect(openedCalls()).toHaveLength(4)
  expect([...gateway.counters.unmetered]).toEqual([['anthropic POST /v1/messages/count_tokens', 1]])
}, 30_000)

test.each([
  ['vLLM, by its own server of messages', 'together', '/v1/messages', 'anthropic', 'anthropic.messages'],
  ['Gemini’s way to speak as OpenAI does', 'gemini', '/v1beta/openai/chat/completions', 'openai-chat', 'openai.chat'],
  [
    'Vertex',
    'together',
    '/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent',
    'gemini',
    'gemini.generateContent',
  ],
])('%s is metered by its path, whatever else the upstream speaks', async (_, upstream, path, id, wire) => {
  const { port, openedCalls, settledCalls } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(bytesOf(id))
  })
  await fetch(`http://127.0.0.1:${port}/to/${upstream}${path}`, { method: 'POST', body: '{"model":"m"}' }).then(it =>
    it.text(),
  )
  expect(openedCalls()).toMatchObject([{ wire }])
  expect(await settledCalls(1)).toMatchObject([{ known: true, complete: true }])
})

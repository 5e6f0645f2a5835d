import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI, Type } from '@google/genai'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterAll, expect, test } from 'vitest'
import { anthropicMessages } from '../requests/anthropic-messages.ts'
import { geminiGenerate } from '../requests/gemini-generate.ts'
import { openAiChat } from '../requests/openai-chat.ts'
import { openAiResponses } from '../requests/openai-responses.ts'
import type { Message, Prompt } from '../task.ts'
import { promptOf, wireOf } from './prompts.ts'
import { recordedAnswer } from './recorded-answer.ts'

/** A server that notes each request's body and answers all of them with the same bytes. */
async function answering(bytes: string | Buffer, kind: string) {
  const bodies: unknown[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(pieces).toString('utf8')))
      response.setHeader('content-type', kind)
      response.end(bytes)
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  closing.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies }
}
const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

const fixture = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, '../../../test/fixtures/wire', name), 'utf8')
const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const png = 'iVBORw0KGgo='

const word = fc.string({ minLength: 1, maxLength: 12 }).filter(said => said.trim() !== '')
const callArbitrary = fc.record({
  name: fc.constantFrom('weather', 'search'),
  arguments: fc.constantFrom('{"city":"Rome"}', '{}'),
})
/** Turns as providers have them: the user, then the model, perhaps with calls whose results follow. */
const promptArbitrary: fc.Arbitrary<Prompt> = fc
  .record({
    system: fc.option(word),
    turns: fc.array(fc.record({ asked: word, said: word, calls: fc.array(callArbitrary, { maxLength: 2 }) }), {
      maxLength: 3,
    }),
    last: word,
    hasTools: fc.boolean(),
    hasSchema: fc.boolean(),
    limit: fc.option(fc.integer({ min: 1, max: 9999 })),
  })
  .map(({ system, turns, last, hasTools, hasSchema, limit }) => {
    let ids = 0
    const messages: Message[] = system === null ? [] : [{ role: 'system', content: system }]
    for (const { asked, said, calls } of turns) {
      messages.push({ role: 'user', content: asked })
      const toolCalls = calls.map(call => ({ id: `call_${++ids}`, ...call }))
      messages.push({ role: 'assistant', content: said, toolCalls })
      for (const { id } of toolCalls) messages.push({ role: 'tool', toolCallId: id, content: `result of ${id}` })
    }
    // A result and what the user says next are one turn there: what is read keeps their order.
    messages.push({ role: 'user', content: last })
    return {
      messages,
      tools: hasTools ? [{ name: 'weather', description: 'of a city', parameters: weather }] : [],
      responseSchema: hasSchema ? weather : null,
      maxOutputTokens: limit,
    }
  })

const target = { upstream: 'u', model: 'm', settings: {} } as const

test('a prompt written as OpenAI or Gemini want it is read back as it was, calls, frozen results and all', () => {
  fc.assert(
    fc.property(promptArbitrary, prompt => {
      const chat = openAiChat.body({ ...target, wire: 'openai.chat' }, prompt, 'openai')
      expect(promptOf('openai.chat', chat)).toEqual({ prompt, lost: [] })
      const responses = openAiResponses.body({ ...target, wire: 'openai.responses' }, prompt, 'openai')
      expect(promptOf('openai.responses', responses)).toEqual({ prompt, lost: [] })
      const gemini = geminiGenerate.body({ ...target, wire: 'gemini.generateContent' }, prompt, 'google')
      expect(promptOf('gemini.generateContent', gemini)).toEqual({ prompt, lost: [] })
    }),
  )
})

test('a prompt written as Anthropic wants it is read back as it was; the limit that its API needs comes along', () => {
  fc.assert(
    fc.property(promptArbitrary, prompt => {
      const body = anthropicMessages.body({ ...target, wire: 'anthropic.messages' }, prompt, 'anthropic')
      const maxOutputTokens = prompt.maxOutputTokens ?? (body.max_tokens as number)
      expect(promptOf('anthropic.messages', body)).toEqual({ prompt: { ...prompt, maxOutputTokens }, lost: [] })
    }),
  )
})

test("what OpenAI's own library sends is read: chat with parts, a picture, tools, a schema", async () => {
  const { url, bodies } = await answering(fixture('openai-chat.json'), 'application/json')
  const client = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
  await client.chat.completions.create({
    model: 'gpt-4o-mini',
    max_completion_tokens: 50,
    messages: [
      { role: 'developer', content: 'be short' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
    ],
    tools: [{ type: 'function', function: { name: 'weather', parameters: weather } }],
    response_format: { type: 'json_schema', json_schema: { name: 'a', schema: weather } },
  })
  expect(wireOf(bodies[0])).toBe('openai.chat')
  expect(promptOf('openai.chat', bodies[0])).toEqual({
    prompt: {
      messages: [
        { role: 'system', content: 'be short' },
        {
          role: 'user',
          content: [
            { kind: 'text', text: 'look' },
            { kind: 'image', mediaType: 'image/png', base64: png },
          ],
        },
        { role: 'assistant', content: null, toolCalls: [{ id: 'c1', name: 'weather', arguments: '{"city":"Rome"}' }] },
        { role: 'tool', toolCallId: 'c1', content: 'sunny' },
      ],
      tools: [{ name: 'weather', description: null, parameters: weather }],
      responseSchema: weather,
      maxOutputTokens: 50,
    },
    lost: [],
  })
})

test('responses: items become the same conversation; one that goes on at the provider is left out, and a search told as lost', async () => {
  const { url, bodies } = await answering(fixture('openai-responses-search.json'), 'application/json')
  const client = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
  await client.responses.create({
    model: 'gpt-5-mini',
    instructions: 'be short',
    input: [
      { role: 'user', content: 'weather in Rome?' },
      { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Rome"}' },
      { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{"city":"Oslo"}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
      { type: 'function_call_output', call_id: 'c2', output: 'snow' },
    ],
    tools: [{ type: 'function', name: 'weather', parameters: weather, strict: true }, { type: 'web_search' }],
  })
  expect(wireOf(bodies[0])).toBe('openai.responses')
  const read = promptOf('openai.responses', bodies[0])
  expect(read?.lost).toEqual(['tool web_search'])
  expect(read?.prompt.messages).toEqual([
    { role: 'system', content: 'be short' },
    { role: 'user', content: 'weather in Rome?' },
    {
      role: 'assistant',
      content: null,
      toolCalls: [
        { id: 'c1', name: 'weather', arguments: '{"city":"Rome"}' },
        { id: 'c2', name: 'weather', arguments: '{"city":"Oslo"}' },
      ],
    },
    { role: 'tool', toolCallId: 'c1', content: 'sunny' },
    { role: 'tool', toolCallId: 'c2', content: 'snow' },
  ])
  expect(promptOf('openai.responses', { input: 'go on', previous_response_id: 'r1' })).toBeNull()
})

test("what Anthropic's own library sends is read; thinking is its own and lost", async () => {
  const { url, bodies } = await answering(fixture('anthropic.json'), 'application/json')
  const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 })
  await client.messages.create({
    model: 'claude-haiku-4-5',
    max_tokens: 100,
    system: [{ type: 'text', text: 'be short', cache_control: { type: 'ephemeral' } }],
    tools: [{ name: 'weather', input_schema: weather as Anthropic.Tool.InputSchema }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          { type: 'text', text: 'look' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'I look' },
          { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Rome' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sunny' }] },
          { type: 'text', text: 'and?' },
        ],
      },
    ],
  })
  expect(wireOf(bodies[0])).toBe('anthropic.messages')
  expect(promptOf('anthropic.messages', bodies[0])).toEqual({
    prompt: {
      messages: [
        { role: 'system', content: 'be short' },
        {
          role: 'user',
          content: [
            { kind: 'image', mediaType: 'image/png', base64: png },
            { kind: 'text', text: 'look' },
          ],
        },
        {
          role: 'assistant',
          content: 'I look',
          toolCalls: [{ id: 't1', name: 'weather', arguments: '{"city":"Rome"}' }],
        },
        { role: 'tool', toolCallId: 't1', content: 'sunny' },
        { role: 'user', content: 'and?' },
      ],
      tools: [{ name: 'weather', description: null, parameters: weather }],
      responseSchema: null,
      maxOutputTokens: 100,
    },
    lost: ['thinking'],
  })
})

test("what Google's own library sends is read: its schemas in capitals, results by the function's name", async () => {
  const { url, bodies } = await answering(fixture('gemini.json'), 'application/json')
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } })
  await client.models.generateContent({
    model: 'gemini-2.5-flash',
    contents: [
      { role: 'user', parts: [{ text: 'weather?' }] },
      { role: 'model', parts: [{ functionCall: { name: 'weather', args: { city: 'Rome' } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { output: 'sunny' } } }] },
    ],
    config: {
      systemInstruction: 'be short',
      maxOutputTokens: 64,
      tools: [
        {
          functionDeclarations: [
            { name: 'weather', parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } } } },
          ],
        },
      ],
    },
  })
  expect(wireOf(bodies[0])).toBe('gemini.generateContent')
  expect(promptOf('gemini.generateContent', bodies[0])).toEqual({
    prompt: {
      messages: [
        { role: 'system', content: 'be short' },
        { role: 'user', content: 'weather?' },
        {
          role: 'assistant',
          content: null,
          toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' }],
        },
        { role: 'tool', toolCallId: 'call_1', content: 'sunny' },
      ],
      tools: [
        {
          name: 'weather',
          description: null,
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      ],
      responseSchema: null,
      maxOutputTokens: 64,
    },
    lost: [],
  })
})

test("a recorded stream says what the provider's own library makes of it", async () => {
  const chat = fixture('openai-chat-stream.sse')
  const openai = new OpenAI({
    apiKey: 'k',
    baseURL: `${(await answering(chat, 'text/event-stream')).url}/v1`,
    maxRetries: 0,
  })
  const made = await openai.chat.completions.stream({ model: 'm', messages: [] }).finalMessage()
  expect(recordedAnswer('openai.chat', chat)?.text).toBe(made.content ?? '')

  const claude = fixture('anthropic-stream.sse')
  const anthropic = new Anthropic({
    apiKey: 'k',
    baseURL: (await answering(claude, 'text/event-stream')).url,
    maxRetries: 0,
  })
  const message = await anthropic.messages.stream({ model: 'm', max_tokens: 9, messages: [] }).finalMessage()
  const texts = message.content.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('')
  const uses = message.content.flatMap(block => (block.type === 'tool_use' ? [[block.name, block.input]] : []))
  const read = recordedAnswer('anthropic.messages', claude)
  expect(read?.text).toBe(texts)
  expect(read?.toolCalls.map(call => [call.name, JSON.parse(call.arguments)])).toEqual(uses)

  const gemini = fixture('gemini-stream.sse')
  const google = new GoogleGenAI({
    apiKey: 'k',
    httpOptions: { baseUrl: (await answering(gemini, 'text/event-stream')).url },
  })
  let said = ''
  for await (const piece of await google.models.generateContentStream({ model: 'm', contents: 'x' }))
    said += piece.text ?? ''
  expect(recordedAnswer('gemini.generateContent', gemini)?.text).toBe(said)
})

test('a stream that broke off or an error is no answer to hold others against', () => {
  expect(recordedAnswer('openai.chat', fixture('openai-error.json'))).toBeNull()
  expect(recordedAnswer('gemini.generateContent', fixture('gemini-error.json'))).toBeNull()
  expect(recordedAnswer('openai.responses', 'data: {"type":"response.created"}\n\n')).toBeNull()
  expect(recordedAnswer('anthropic.messages', '')).toBeNull()
})

// Requests as the AI SDK's own providers write them for the same conversation, and answers as they were recorded of the APIs.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, jsonSchema, type ModelMessage, tool } from 'ai'
import { expect, test } from 'vitest'
import { type Target, targetWires } from '../client.ts'
import type { Json, Prompt } from '../task.ts'
import { requestOf } from './requests.ts'

const picture = 'iVBORw0KGgo='
const parameters: Json = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** A conversation with all that there is: a system prompt, a picture, a call of a tool and its result. */
const prompt: Prompt = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { kind: 'text', text: 'Where is this, and how is the weather there?' },
        { kind: 'image', mediaType: 'image/png', base64: picture },
      ],
    },
    {
      role: 'assistant',
      content: 'It is Oslo.',
      toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' }],
    },
    { role: 'tool', toolCallId: 'call_1', content: 'rain' },
    { role: 'user', content: 'And tomorrow?' },
  ],
  tools: [{ name: 'weather', description: 'Weather of a city', parameters }],
  responseSchema: null,
  maxOutputTokens: 100,
}

const messages: ModelMessage[] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Where is this, and how is the weather there?' },
      { type: 'file', data: picture, mediaType: 'image/png' },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: 'It is Oslo.' },
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', input: { city: 'Oslo' } },
    ],
  },
  {
    role: 'tool',
    content: [
      { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', output: { type: 'text', value: 'rain' } },
    ],
  },
  { role: 'user', content: 'And tomorrow?' },
]

interface Sent {
  readonly path: string
  readonly body: Record<string, unknown>
}

/** What the AI SDK sends for the conversation. */
async function sentBy(wire: Target['wire']): Promise<Sent> {
  let sent: Sent | null = null
  const fetch: typeof globalThis.fetch = async (url, init) => {
    sent = { path: new URL(String(url)).pathname, body: JSON.parse(String(init?.body)) }
    throw new Error('seen')
  }
  const apiKey = 'k'
  const model = {
    'openai.chat': () => createOpenAICompatible({ name: 'x', baseURL: 'http://x/v1', apiKey, fetch })('m'),
    'openai.responses': () => createOpenAI({ baseURL: 'http://x/v1', apiKey, fetch }).responses('m'),
    'anthropic.messages': () => createAnthropic({ baseURL: 'http://x/v1', apiKey, fetch })('m'),
    'gemini.generateContent': () => createGoogleGenerativeAI({ baseURL: 'http://x/v1beta', apiKey, fetch })('m'),
  }[wire]()
  const tools = { weather: tool({ description: 'Weather of a city', inputSchema: jsonSchema(parameters as object) }) }
  const asking = {
    model,
    instructions: 'Be brief.',
    system: 'Be brief.',
    messages,
    tools,
    maxOutputTokens: 100,
    maxRetries: 0,
  }
  await generateText(asking as unknown as Parameters<typeof generateText>[0]).catch(() => {})
  return sent!
}

const ours = (wire: Target['wire'], asked = prompt): Record<string, unknown> =>
  requestOf(wire).body({ upstream: 'x', wire, model: 'm', settings: {} }, asked, 'x')

/** Without what the SDK adds of its own, and other spellings of the same. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const left = new Set([
    'cache_control',
    'tool_choice',
    'toolConfig',
    'strict',
    'thoughtSignature',
    'parallel_tool_calls',
  ])
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !left.has(name) && inner !== undefined)
      .map(([name, inner]) => [name, plain(inner)]),
  )
}

test('a conversation is written for chat completions as the AI SDK writes it', async () => {
  const { path, body } = await sentBy('openai.chat')
  expect(path).toBe(requestOf('openai.chat').path('m'))
  expect(plain(ours('openai.chat'))).toEqual(plain(body))
})

test("a conversation is written for OpenAI's responses as the AI SDK writes it", async () => {
  const { path, body } = await sentBy('openai.responses')
  expect(path).toBe(requestOf('openai.responses').path('m'))
  const { store, ...own } = plain(ours('openai.responses')) as Record<string, unknown>
  expect(store).toBe(false)
  expect(own).toEqual(plain(body))
})

test('a conversation is written for Anthropic as the AI SDK writes it', async () => {
  const { path, body } = await sentBy('anthropic.messages')
  expect(path).toBe(requestOf('anthropic.messages').path('m'))
  const { system, ...rest } = plain(body) as Record<string, unknown>
  expect(system).toEqual([{ type: 'text', text: 'Be brief.' }])
  expect(plain(ours('anthropic.messages'))).toEqual({ ...rest, system: 'Be brief.' })
})

test('a conversation is written for Gemini as the AI SDK writes it', async () => {
  const { path, body } = await sentBy('gemini.generateContent')
  expect(path).toBe(requestOf('gemini.generateContent').path('m'))
  const own = plain(ours('gemini.generateContent')) as Record<string, unknown>
  const theirs = plain(body) as Record<string, unknown>
  expect(own.systemInstruction).toEqual(theirs.systemInstruction)
  expect(own.generationConfig).toEqual(theirs.generationConfig)
  const turns = theirs.contents as { role: string; parts: Record<string, unknown>[] }[]
  // The SDK tells a result under a name of its own, and ids that the API does not ask for.
  const told = JSON.parse(
    JSON.stringify(turns, (name, value) =>
      name === 'response' ? { result: value.content ?? value.result } : name === 'id' ? undefined : value,
    ),
  )
  expect(own.contents).toEqual(told)
  expect(JSON.stringify(own.tools)).toContain('Weather of a city')
})

test('a schema of the answer goes where each API takes it, and settings are laid over, field by field', () => {
  const asked = { ...prompt, tools: [], responseSchema: parameters }
  const at = (wire: Target['wire'], way: string) =>
    way.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], ours(wire, asked))
  expect(at('openai.chat', 'response_format.json_schema.schema')).toEqual(parameters)
  expect(at('openai.responses', 'text.format.schema')).toEqual(parameters)
  expect(at('anthropic.messages', 'output_config.format.schema')).toEqual(parameters)
  expect(at('gemini.generateContent', 'generationConfig.responseJsonSchema')).toEqual(parameters)
  const target = { upstream: 'x', model: 'm', settings: { generationConfig: { temperature: 0 }, top_p: 1 } }
  const wire = 'gemini.generateContent' as const
  expect(requestOf(wire).body({ ...target, wire }, prompt, 'google')).toMatchObject({
    generationConfig: { maxOutputTokens: 100, temperature: 0 },
    top_p: 1,
  })
  const openai = requestOf('openai.chat').body({ ...target, wire: 'openai.chat' }, prompt, 'openai')
  expect([openai.max_completion_tokens, openai.max_tokens]).toEqual([100, undefined])
})

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../test/fixtures/wire', name), 'utf8'))

test('answers recorded of each API are read: their words, and why they ended', () => {
  const read = (wire: Target['wire'], name: string) => requestOf(wire).read(recorded(name))
  expect(read('openai.chat', 'openai-chat.json')).toMatchObject({ stopReason: 'stop', refusal: null })
  expect(read('openai.chat', 'openai-chat.json')!.text.length).toBeGreaterThan(0)
  expect(read('openai.responses', 'openai-responses-search.json')!.text.length).toBeGreaterThan(0)
  expect(read('anthropic.messages', 'anthropic.json')!.text.length).toBeGreaterThan(0)
  expect(read('gemini.generateContent', 'gemini.json')!.text.length).toBeGreaterThan(0)
  for (const wire of targetWires) {
    expect(requestOf(wire).read({ error: { message: 'no' } })).toBeNull()
    expect(requestOf(wire).read('text')).toBeNull()
  }
})

test('a refusal is one, in the words of each API', () => {
  const refusal = (wire: Target['wire'], json: unknown) => requestOf(wire).read(json)!.refusal
  const choice = (rest: object) => ({ choices: [rest] })
  expect(refusal('openai.chat', choice({ message: { content: null, refusal: 'I will not.' } }))).toBe('I will not.')
  expect(refusal('openai.chat', choice({ message: { content: '' }, finish_reason: 'content_filter' }))).toBe(
    'content_filter',
  )
  const output = [{ type: 'message', content: [{ type: 'refusal', refusal: 'I will not.' }] }]
  expect(refusal('openai.responses', { status: 'completed', output })).toBe('I will not.')
  const cut = { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] }
  expect(refusal('openai.responses', cut)).toBe('content_filter')
  expect(refusal('anthropic.messages', { content: [], stop_reason: 'refusal' })).toBe('refusal')
  expect(refusal('gemini.generateContent', { promptFeedback: { blockReason: 'SAFETY' } })).toBe('SAFETY')
  expect(refusal('gemini.generateContent', { candidates: [{ finishReason: 'PROHIBITED_CONTENT' }] })).toBe(
    'PROHIBITED_CONTENT',
  )
})

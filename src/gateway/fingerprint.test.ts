// What a fingerprint tells of two prompts, on requests as the providers' references publish them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WireName } from '../wire/wire.ts'
import { fingerprintsOf, systemPromptFingerprint } from './fingerprint.ts'

const key = Buffer.from('key')
const rules = 'You are a terse assistant.\nAnswer in one line.'
const chat = (body: object) => fingerprintsOf(key, 'openai.chat', { model: 'gpt-4o', ...body }, null)
const message = (role: string, content: string) => ({ role, content })

/** One system prompt in each wire's ways to say it. */
const sayings: readonly (readonly [WireName, object])[] = [
  ['openai.chat', { messages: [message('system', rules), message('user', 'hi')] }],
  ['openai.chat', { messages: [message('developer', rules), message('user', 'hi'), message('system', 'later')] }],
  ['openai.chat', { messages: [{ role: 'system', content: [{ type: 'text', text: rules }] }] }],
  ['openai.responses', { instructions: rules, input: 'hi' }],
  ['openai.responses', { input: [{ role: 'developer', content: [{ type: 'input_text', text: rules }] }] }],
  ['anthropic.messages', { system: rules, messages: [message('user', 'hi')] }],
  [
    'anthropic.messages',
    { system: [{ type: 'text', text: rules, cache_control: { type: 'ephemeral' } }], messages: [message('user', 'x')] },
  ],
  ['gemini.generateContent', { systemInstruction: { parts: [{ text: rules }] }, contents: [] }],
  ['gemini.generateContent', { system_instruction: { parts: [{ text: rules }] }, contents: [] }],
]

test('a system prompt has one fingerprint, on every wire and in a file', () => {
  const found = sayings.map(([wire, body]) => fingerprintsOf(key, wire, { ...body }, null).systemPrompt)
  expect(new Set(found)).toEqual(new Set([systemPromptFingerprint(key, `${rules}\n`)]))
  expect(found[0]).toMatch(/^[0-9a-f]{16}$/)
})

test('no system prompt, no fingerprint; another key or another text, another one', () => {
  expect(chat({ messages: [message('user', rules)] }).systemPrompt).toBeNull()
  expect(fingerprintsOf(key, 'openai.embeddings', { input: rules }, null).systemPrompt).toBeNull()
  expect(systemPromptFingerprint(Buffer.from('other'), rules)).not.toBe(systemPromptFingerprint(key, rules))
  expect(systemPromptFingerprint(key, `${rules}.`)).not.toBe(systemPromptFingerprint(key, rules))
})

test('two prompts share as many blocks as they share whole 2 KiB from the beginning, and all of them only when they are one', () => {
  const text = fc.string({ minLength: 0, maxLength: 6000, unit: 'grapheme' })
  fc.assert(
    fc.property(text, text, text, (common, a, b) => {
      const said = (end: string) => JSON.stringify([{ content: common + end, role: 'user' }])
      const [x, y] = [a, b].map(end => chat({ messages: [message('user', common + end)] }))
      const [left, right] = [Buffer.from(said(a)), Buffer.from(said(b))]
      let same = 0
      while (same < Math.min(left.length, right.length) && left[same] === right[same]) same += 1
      const shared = x!.prefix.findIndex((hash, i) => hash !== y!.prefix[i])
      if (left.equals(right)) {
        expect(x).toEqual(y)
      } else {
        expect(shared < 0 ? x!.prefix.length : shared).toBe(Math.floor(same / 2048))
        expect(x!.prefix).not.toEqual(y!.prefix)
        expect(x!.request).not.toBe(y!.request)
      }
      expect(x!.prefix).toHaveLength(Math.ceil(left.length / 2048))
    }),
  )
})

test('settings that an answer depends on part requests of one prompt; how it travels and who asks does not', () => {
  const ask = { messages: [message('user', 'hi')] }
  const plain = chat(ask)
  const parting = [
    { temperature: 0 },
    { model: 'gpt-4o-mini' },
    { max_tokens: 5 },
    { response_format: { type: 'json_object' } },
    { seed: 1 },
    { a_setting_of_tomorrow: 1 },
  ]
  const hashes = [plain, ...parting.map(setting => chat({ ...ask, ...setting }))]
  expect(new Set(hashes.map(({ request }) => request)).size).toBe(hashes.length)
  expect(new Set(hashes.map(({ prefix }) => prefix.join())).size).toBe(1)
  const beside = { stream: true, stream_options: { include_usage: true }, user: 'u', metadata: { feature: 'f' } }
  expect(chat({ ...ask, ...beside, service_tier: 'flex' })).toEqual(plain)
  const gemini = (model: string) => fingerprintsOf(key, 'gemini.generateContent', { contents: [] }, model).request
  expect(gemini('gemini-2.5-pro')).not.toBe(gemini('gemini-2.5-flash'))
})

test('keys in another order and markers of caches are the same prompt', () => {
  const tool = { name: 't', input_schema: { type: 'object', properties: {} } }
  const turned = { input_schema: { properties: {}, type: 'object' }, name: 't', cache_control: { type: 'ephemeral' } }
  const asked = (tools: object[]) =>
    fingerprintsOf(key, 'anthropic.messages', { tools, messages: [message('user', 'hi')] }, null)
  expect(asked([turned])).toEqual(asked([tool]))
})

// What requests ask beside text, in the shapes of the providers' own references.
import { expect, test } from 'vitest'
import { openedForTest } from '../core/meter/call-record-for-test.ts'
import { callNeeds, needsOf as needsOfCall } from '../core/meter/needs.ts'
import { openMemory } from '../ledger/memory.ts'
import { needsOf } from './request-needs.ts'

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })

test.each([
  // developers.openai.com/api/docs/guides/images-vision, …/guides/audio
  [
    'image',
    user([
      { type: 'text', text: '?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,' } },
    ]),
  ],
  ['image', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x/y.jpg' }] }] }],
  ['audio', user([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])],
  ['audio', { ...user('say it'), modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }],
  [
    'image',
    { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', file_id: 'f' }] }] },
  ],
  // platform.claude.com/docs/en/build-with-claude/vision
  ['image', user([{ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: '' } }])],
  [
    'image',
    user([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: { type: 'url', url: 'u' } }] }]),
  ],
  // ai.google.dev/gemini-api/docs/image-understanding, …/audio, …/image-generation
  ['image', { contents: [{ parts: [{ inline_data: { mime_type: 'image/jpeg', data: '' } }, { text: '?' }] }] }],
  ['image', { contents: [{ parts: [{ fileData: { mimeType: 'video/mp4', fileUri: 'u' } }] }] }],
  ['audio', { contents: [{ parts: [{ inlineData: { mimeType: 'audio/mp3', data: '' } }] }] }],
  ['image', { contents: [], generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }],
  ['tools', { ...user('x'), tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] }],
  ['jsonSchema', { ...user('x'), response_format: { type: 'json_schema', json_schema: {} } }],
  ['jsonSchema', { input: 'x', text: { format: { type: 'json_schema', name: 'n', schema: {} } } }],
  ['jsonSchema', { ...user('x'), output_config: { format: { type: 'json_schema', schema: {} } } }],
  ['jsonSchema', { contents: [], generationConfig: { responseJsonSchema: { type: 'object' } } }],
])('%s', (need, body) => {
  expect(needsOf(body)).toEqual([need])
})

test('a word in a text, or the name of a field in the schema of a tool, is no picture', () => {
  const tool = { name: 'f', input_schema: { properties: { image_url: { type: 'image', enum: ['image/png'] } } } }
  expect(needsOf({ ...user('"type":"image" {"image_url": "audio/mp3"}'), tools: [tool] })).toEqual(['tools'])
  expect(needsOf({ ...user('x'), response_format: { type: 'json_object' }, tools: [] })).toEqual([])
})

test('the ledger knows of each need, though no usage tells of it', async () => {
  const ledger = openMemory()
  for (const { need } of callNeeds) {
    await ledger.take([openedForTest({ key: need, needs: [need] })], {}, () => ({ usd: null, reason: '' }))
  }
  const { needs } = await ledger.columns({})
  expect([...needs].sort((a, b) => a - b)).toEqual(callNeeds.map(({ bit }) => bit))
  expect(needsOfCall({ usage: {} as never, tags: { image: 'no' } })).toBe(0)
})

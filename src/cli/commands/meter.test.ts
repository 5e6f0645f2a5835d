import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { published, recorded } from '../../../test/recorded-responses.ts'
import { runKeepingOutput } from './frame-for-test.ts'
import { meter } from './meter.ts'
import { price } from './price.ts'

interface Printed {
  readonly usage: Record<string, number | null>
  readonly units?: Record<string, number>
  readonly usd: string
  readonly reportedUsd: string
}

async function run(...words: string[]) {
  const ran = await runKeepingOutput<Printed>(words[0] === 'price' ? price : meter, words)
  const lines = ran.out.split('\n').filter(Boolean)
  return { ...ran, lines: lines.map(line => JSON.parse(line)) }
}

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/wire/${name}`, import.meta.url))

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'meter-')), name)
  writeFileSync(path, text)
  return path
}

test('one stream is read in the documented shape', async () => {
  const { json, status } = await run(
    'meter',
    '--wire',
    'anthropic.messages',
    '--stream',
    fixture('anthropic-cache-stream.sse'),
  )
  expect(status).toBe(0)
  expect(json).toEqual({
    model: 'claude-sonnet-5',
    usage: {
      input: 6,
      cacheRead: 6289,
      cacheWrite: 3337,
      cacheWrite5m: 3337,
      cacheWrite1h: 0,
      cacheWrite30m: 0,
      cacheWrite12h: 0,
      inputAudio: 0,
      inputImage: 0,
      output: 198,
      reasoning: 0,
      outputAudio: 0,
      outputImage: 0,
      searches: 0,
    },
    known: true,
    complete: true,
    estimated: false,
    responseId: expect.stringMatching(/^msg_/),
    serviceTier: 'standard',
    region: 'global',
    stopReason: 'end_turn',
  })
})

test('the same reading in 80 columns says what is not known', async () => {
  const { text } = await run('meter', '--wire', 'anthropic.messages', fixture('anthropic-compaction.json'))
  expect(text).toMatch(/input +61,067/)
  expect(text).toMatch(/unknown +reasoning/)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
})

test('what is read of a call, priced, is what its seller says it charged', async () => {
  for (const name of ['xai-chat.json', 'xai-chat-stream.sse']) {
    const stream = name.endsWith('.sse') ? ['--stream'] : []
    const { json } = await run('meter', '--wire', 'openai.chat', '--provider', 'xai', ...stream, fixture(name))
    const own = file('prices.yaml', grok3Mini)
    const usage = JSON.stringify(json.usage)
    const priced = await run('price', '--provider', 'xai', '--model', 'grok-3-mini', '--usage', usage, '--prices', own)
    expect(priced.json.usd, name).toBe(json.reportedUsd)
  }
})

test('reasoning that stands on top of the answer is priced on top of it', async () => {
  const one = published.find(({ id }) => id === 'perplexity deep research')!
  const path = file('deep-research.json', Buffer.from(one.bytes).toString())
  const { json } = await run('meter', '--wire', 'openai.chat', '--provider', 'perplexity', path)
  const usage = JSON.stringify({ ...json.usage, ...json.units })
  const priced = await run('price', '--provider', 'perplexity', '--model', 'sonar-deep-research', '--usage', usage)
  // Perplexity rounds what it tells to a thousandth of a dollar.
  expect(Number(priced.json.usd)).toBeCloseTo(Number(json.reportedUsd), 3)
})

test('lines that are read are lines that can be priced, with what is billed beside tokens and by the tier that served', async () => {
  const one = published.find(({ id }) => id === 'perplexity deep research')!
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }
  const body = { model: 'gpt-5', service_tier: 'flex', choices: [], usage }
  const calls = [
    { id: 'deep', wire: one.wire, provider: one.provider, body: JSON.parse(new TextDecoder().decode(one.bytes)) },
    { id: 'flex', wire: 'openai.chat', provider: 'openai', body },
  ]
  const text = (rows: object[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')
  const read = await run('meter', '--batch', file('calls.jsonl', text(calls)))
  const { lines } = await run('price', '--batch', file('read.jsonl', text(read.lines)))
  expect(Number(lines[0].usd)).toBeCloseTo(0.816, 3)
  // Flex: half of $1.25 and $10 for a million (https://openai.com/api/pricing).
  expect(lines[1].usd).toBe('0.001125000000')
})

test('what a seller says that it charged for searches and for provisioned capacity is what they are priced at', async () => {
  const ids = [
    'openrouter search of its maker',
    'openrouter on provisioned capacity',
    'xai x search',
    'xai x search, all tools listed',
  ]
  for (const id of ids) {
    const one = published.find(recording => recording.id === id)!
    const path = file('call.json', new TextDecoder().decode(one.bytes))
    const { json } = await run('meter', '--wire', one.wire, '--provider', one.provider!, path)
    const { lines } = await run('price', '--batch', file('read.jsonl', JSON.stringify(json)))
    expect(lines[0].usd, id).toBe(json.reportedUsd)
  }
})

/** https://docs.x.ai/docs/models, 2025-06: the price at which those calls were made. */
const grok3Mini = `version: 1
providers:
  xai:
    models:
      grok-3-mini: { rates: { input: 0.30, cacheRead: 0.075, output: 0.50 } }
`

test('a batch of recorded responses is read in order, ids echoed', async () => {
  const { lines, status } = await run('meter', '--batch', fixture('published.jsonl'))
  expect(lines.map(({ id }) => id)).toEqual(published.map(({ id }) => id))
  lines.forEach((line, i) => {
    expect(line, line.id).toMatchObject(published[i]!.expected)
  })
  expect(status).toBe(0)
})

test('chunks are texts, or base64 where the network cut inside a character', async () => {
  const one = recorded.find(({ id }) => id === 'anthropic-search-stream')!
  const line = (chunks: unknown[]) =>
    JSON.stringify({ id: chunks.length, wire: one.wire, stream: true, provider: 'anthropic', chunks })
  const bytes = Buffer.from(one.bytes)
  const at = bytes.findIndex(byte => byte > 127) + 1
  const halves = [bytes.subarray(0, at), bytes.subarray(at)].map(half => ({ base64: half.toString('base64') }))
  const path = file('calls.jsonl', `${line([bytes.toString()])}\n${line(halves)}\n`)
  const { lines } = await run('meter', '--batch', path)
  expect(lines).toHaveLength(2)
  expect({ ...lines[1], id: 1 }).toEqual(lines[0])
  expect(lines[0]).toMatchObject({ usage: { searches: 1 }, complete: true })
})

test('a bad line gets its own error and loses no other line', async () => {
  const good =
    '{"id":"good","wire":"openai.chat","stream":false,"body":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}'
  const bad: [string, object][] = [
    ['', { message: 'the line is empty' }],
    ['[]', { code: 'JSON_INVALID' }],
    ['{"id":1,"stream":false,"body":{}}', { code: 'WIRE_MISSING' }],
    ['{"id":2,"wire":"openai.chats","body":{}}', { code: 'WIRE_UNKNOWN', fix: 'did you mean "openai.chat"?' }],
    ['{"id":3,"wire":"openai.chat","stream":false}', { code: 'BODY_MISSING' }],
    ['{"id":4,"wire":"openai.chat","stream":"yes","body":{}}', { code: 'FIELD_INVALID' }],
    ['{"id":5,"wire":"openai.chat","stream":true,"chunks":["a",7]}', { code: 'CHUNK_INVALID' }],
    ['{"id":6,"wire":"openai.chat","stream":true,"chunks":[{"base64":"*"}]}', { code: 'CHUNK_INVALID' }],
    ['{"id":7,"wire":"openai.chat","stream":true,"framing":"ndjson","chunks":[]}', { code: 'FRAMING_UNKNOWN' }],
    ['{"id":8,"wire":"openai.chat","steam":true,"chunks":[]}', { fix: 'did you mean "stream"?' }],
  ]
  const path = file('calls.jsonl', [good, ...bad.map(([line]) => line), good].join('\n'))
  const { lines, status, notes } = await run('meter', '--batch', path)
  expect(lines).toHaveLength(bad.length + 2)
  bad.forEach(([, error], i) => {
    expect(lines[i + 1].error).toMatchObject(error)
  })
  expect(lines.at(-1)).toEqual(lines[0])
  expect(lines[0]).toMatchObject({ id: 'good', usage: { input: 1, output: 2 }, known: true, complete: true })
  expect(status).toBe(2)
  expect(notes[0]).toContain('10 of 12')
})

test('a byte order mark and Windows line ends are none of a line', async () => {
  const line = (id: number) =>
    `{"id":${id},"wire":"openai.chat","body":{"usage":{"prompt_tokens":1,"completion_tokens":2}}}`
  const { lines, status } = await run('meter', '--batch', file('windows.jsonl', `\uFEFF${line(1)}\r\n${line(2)}\r\n`))
  expect(lines.map(({ id, known }) => [id, known])).toEqual([
    [1, true],
    [2, true],
  ])
  expect(status).toBe(0)
})

test('what is no response at all is a reading in which nothing is known', async () => {
  const body = '<html>502 Bad Gateway</html>'
  const path = file('calls.jsonl', JSON.stringify({ id: 1, wire: 'openai.chat', stream: false, body }))
  const { lines, status } = await run('meter', '--batch', path)
  expect(lines[0]).toMatchObject({ model: null, known: false, complete: false, error: { code: 'NOT_JSON' } })
  expect(status).toBe(0)
})

test('what is wrong with the command line is said at the flag', async () => {
  const wrong = (...words: string[]) => run('meter', ...words).catch(thrown => thrown)
  expect(await wrong('x.json')).toMatchObject({ code: 'FLAG_MISSING', where: '--wire' })
  expect(await wrong('--wire', 'openai.chat')).toMatchObject({ code: 'FILE_MISSING', where: 'FILE' })
  expect(await wrong('--wire', 'openai.chat', '/nowhere.json')).toMatchObject({ code: 'FILE_MISSING' })
  expect(await wrong('--wire', 'anthropic.message', 'x')).toMatchObject({ fix: 'did you mean "anthropic.messages"?' })
  expect(await wrong('--batch', 'x.jsonl', '--stream')).toMatchObject({ code: 'FLAGS_CONFLICT', where: '--stream' })
})

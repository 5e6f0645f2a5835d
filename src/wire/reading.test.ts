// Recorded responses read as their providers wrote them, whole and cut; what nobody told stays unknown.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cutAt,
  jsonOf,
  published,
  type Recorded,
  readPieces,
  readWhole,
  recorded,
} from '../../test/recorded-responses.ts'
import { totalTokens, usageKinds } from '../core/meter/usage.ts'
import { startReading } from './reading.ts'
import { wireNamed } from './wires.ts'

const all = [...recorded, ...published]
const named = (cases: readonly Recorded[]) => cases.map(one => [one.id, one] as const)

test.each(named(all))('%s is read as its provider counts', (_, one) => {
  expect(jsonOf(one)).toMatchObject(one.expected)
})

test.each(named(recorded))('%s: everything told is known, and nothing else is said', (_, one) => {
  const { usage, known, complete, reportedUsd, error } = readWhole(one)
  expect(known).toBe(usage.input !== null && usage.output !== null)
  expect(complete).toBe(true)
  if (!('reportedUsd' in one.expected)) expect(reportedUsd).toBeNull()
  if (!('error' in one.expected)) expect(error).toBeNull()
})

test.each(named(all))('%s: the kinds add up to the total that the provider tells (law 1)', (_, one) => {
  const { rawUsage, usage } = readWhole(one)
  const total = rawUsage?.total_tokens ?? rawUsage?.totalTokenCount
  // Perplexity leaves the reasoning that it bills out of its total.
  const outside = one.id === 'perplexity deep research' ? usage.reasoning! : 0
  if (typeof total === 'number' && usage.cacheRead !== null) expect(totalTokens(usage)).toBe(total + outside)
})

test.each(named(all))('%s: cut in two at every byte, the reading is the same (law 1)', (_, one) => {
  const whole = JSON.stringify(plain(readWhole(one)))
  for (let at = 0; at <= one.bytes.length; at++) {
    if (JSON.stringify(plain(readPieces(one, cutAt(one.bytes, [at])))) !== whole) expect(at).toBe('no difference')
  }
})

test('a response in any number of pieces gives the same reading (law 1)', () => {
  const pieces = fc.constantFrom(...all).chain(one =>
    fc.record({
      one: fc.constant(one),
      cuts: fc.array(fc.nat(one.bytes.length), { maxLength: 40 }).map(list => list.toSorted((a, b) => a - b)),
    }),
  )
  fc.assert(
    fc.property(pieces, ({ one, cuts }) => {
      expect(plain(readPieces(one, cutAt(one.bytes, cuts)))).toEqual(plain(readWhole(one)))
    }),
    { numRuns: 500, seed: 1 },
  )
})

test('searches over own files are billed by the call, each once, in a body and in a stream', () => {
  // https://developers.openai.com/api/docs/guides/tools-file-search
  const item = (id: string) => ({
    id,
    type: 'file_search_call',
    status: 'completed',
    queries: ['a', 'b'],
    results: null,
  })
  const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 }
  const response = { id: 'r', object: 'response', status: 'completed', output: [item('fs_1'), item('fs_2')], usage }
  const events = [
    { type: 'response.output_item.done', output_index: 0, item: item('fs_1') },
    { type: 'response.output_item.done', output_index: 1, item: item('fs_2') },
    { type: 'response.completed', response },
  ]
  const read = (text: string, stream: boolean) => {
    const reading = startReading(wireNamed('openai.responses')!, { stream })
    reading.push(Buffer.from(text))
    return reading.end()
  }
  const streamed = events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  for (const { units, usage: counted } of [read(JSON.stringify(response), false), read(streamed, true)]) {
    expect(units).toEqual({ fileSearches: 2 })
    expect(counted.searches).toBe(0)
  }
  expect(read(JSON.stringify({ ...response, output: [] }), false).units).toEqual({})
})

test('a response byte by byte gives the same reading (law 1)', () => {
  for (const one of all) {
    const bytes = Array.from(one.bytes, (_, i) => one.bytes.subarray(i, i + 1))
    expect(plain(readPieces(one, bytes)), one.id).toEqual(plain(readWhole(one)))
  }
})

test.each(
  named(all.filter(one => one.stream)),
)('%s: a cut stream keeps what was told and is not complete', (_, one) => {
  const reading = startReading(wireNamed(one.wire)!, {
    stream: true,
    provider: one.provider ?? null,
    ...(one.framing && { framing: one.framing }),
  })
  const { terminalAt } = reading.push(one.bytes)
  const end = terminalAt ?? one.bytes.length
  let kept = 0
  for (let at = 0; at <= end; at++) {
    const cut = readPieces(one, [one.bytes.subarray(0, at)])
    expect(cut.complete).toBe(false)
    const known = usageKinds.filter(kind => cut.usage[kind] !== null).length
    // Nothing that was once known is lost by reading on.
    expect(known).toBeGreaterThanOrEqual(kept)
    kept = known
  }
})

test('the bytes of a terminal event are never said to be safe before it is whole', () => {
  for (const one of all.filter(({ stream }) => stream)) {
    const whole = startReading(wireNamed(one.wire)!, { stream: true, ...(one.framing && { framing: one.framing }) })
    const { terminalAt } = whole.push(one.bytes)
    if (terminalAt === null) continue
    const text = new TextDecoder().decode(one.bytes.subarray(terminalAt))
    expect(text, one.id).toMatch(/^(event: (message_stop|response\.)|data: |\{)/)
    const reading = startReading(wireNamed(one.wire)!, { stream: true, ...(one.framing && { framing: one.framing }) })
    let before = 0
    for (let i = 0; i < one.bytes.length; i++) {
      const { safeTo, terminalAt: seen } = reading.push(one.bytes.subarray(i, i + 1))
      expect(safeTo).toBeGreaterThanOrEqual(before)
      expect(safeTo).toBeLessThanOrEqual(Math.min(terminalAt, i + 1))
      if (seen !== null) expect(seen).toBe(terminalAt)
      before = safeTo
    }
    expect(before, one.id).toBe(terminalAt)
  }
})

test('a body that is cut keeps the members that came whole, and never half a usage', () => {
  for (const one of all.filter(({ stream }) => !stream)) {
    const whole = readWhole(one)
    const trimmed = new TextDecoder().decode(one.bytes).trimEnd()
    const { length } = new TextEncoder().encode(trimmed)
    for (let at = 0; at < length; at++) {
      const cut = readPieces(one, [one.bytes.subarray(0, at)])
      expect(cut.complete, `${one.id} at ${at}`).toBe(false)
      // llama.cpp's timings stand behind its usage, and tell only how much of the prompt was cached.
      const expected = cut.rawUsage?.timings === undefined ? { ...whole.rawUsage, timings: undefined } : whole.rawUsage
      if (cut.rawUsage !== null) expect(cut.rawUsage, `${one.id} at ${at}`).toEqual(expected)
    }
  }
})

const wires = ['openai.chat', 'openai.responses', 'openai.embeddings', 'anthropic.messages', 'gemini.generateContent']

test('garbage, HTML and odd counts are never counted and never throw', () => {
  const usageNames = ['usage', 'usageMetadata']
  const countNames = ['prompt_tokens', 'completion_tokens', 'input_tokens', 'output_tokens', 'cache_read_input_tokens']
  const odd = fc.constantFrom(-1, 1.5, 2 ** 53, 1e300, '12', true, [], {}, null, 'NaN')
  const body = fc.oneof(
    fc.string(),
    fc.constant('<html><body>502 Bad Gateway</body></html>'),
    fc.json(),
    fc
      .record({ at: fc.constantFrom(...usageNames), key: fc.constantFrom(...countNames, 'promptTokenCount'), odd })
      .map(({ at, key, odd }) => JSON.stringify({ [at]: { [key]: odd }, candidates: odd, choices: odd, error: odd })),
  )
  fc.assert(
    fc.property(fc.constantFrom(...wires), fc.boolean(), body, (wire, stream, text) => {
      const bytes = new TextEncoder().encode(stream ? `data: ${text}\n\n` : text)
      const { usage } = readPieces({ wire, stream }, [bytes])
      for (const kind of usageKinds) {
        expect(usage[kind] === null || (Number.isSafeInteger(usage[kind]) && usage[kind]! >= 0)).toBe(true)
      }
      expect(usage.input ?? 0).toBe(0)
    }),
    { numRuns: 2000, seed: 1 },
  )
})

test('bytes that are no text are no usage', () => {
  fc.assert(
    fc.property(fc.constantFrom(...wires), fc.boolean(), fc.uint8Array(), (wire, stream, bytes) => {
      expect(readPieces({ wire, stream }, [bytes])).toMatchObject({ known: false, complete: false })
    }),
    { seed: 1 },
  )
})

test('an odd count leaves a good one that came before it', () => {
  const chunk = (tokens: unknown) =>
    `data: ${JSON.stringify({ usage: { prompt_tokens: 7, completion_tokens: tokens } })}\n\n`
  for (const odd of [-1, 1.5, 2 ** 53, '9', null]) {
    const text = `${chunk(3)}${chunk(odd)}data: [DONE]\n\n`
    const { usage } = readPieces({ wire: 'openai.chat', stream: true }, [new TextEncoder().encode(text)])
    expect(usage).toMatchObject({ input: 7, output: 3 })
  }
})

const chat = (usage: object) => new TextEncoder().encode(JSON.stringify({ usage }))

test('a cache larger than its prompt leaves the input unknown', () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 15,
    prompt_tokens_details: { cached_tokens: 11 },
  }
  const read = readPieces({ wire: 'openai.chat', stream: false }, [chat(usage)])
  expect(read).toMatchObject({ usage: { input: null, cacheRead: 11, output: 5 }, known: false, complete: true })
})

test('a detail that is no count is unknown, one that is left out is 0', () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 15,
    prompt_tokens_details: { cached_tokens: -3 },
  }
  const read = readPieces({ wire: 'openai.chat', stream: false }, [chat(usage)])
  expect(read.usage).toMatchObject({ cacheRead: null, cacheWrite: 0, reasoning: 0 })
})

test("what an embedding's total has on top of its prompt is no answer", () => {
  const body = { object: 'list', data: [], model: 'gemini-embedding-001', usage: { prompt_tokens: 4, total_tokens: 9 } }
  const wire = { wire: 'openai.embeddings', stream: false, provider: 'google' }
  const read = readPieces(wire, [new TextEncoder().encode(JSON.stringify(body))])
  expect(read.usage).toMatchObject({ input: 4, output: 0, reasoning: 0 })
})

test('an error body in the place of a stream is read as a body', () => {
  const text = '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}'
  const read = readPieces({ wire: 'anthropic.messages', stream: true }, [new TextEncoder().encode(text)])
  expect(read).toMatchObject({ known: false, error: { code: 'rate_limit_error', message: 'slow down' } })
})

test('an event stream that nobody asked for is read as one', () => {
  const one = recorded.find(({ id }) => id === 'openai-chat-stream')!
  expect(readPieces({ ...one, stream: false }, [one.bytes])).toEqual(readWhole(one))
})

test('a response of the background that still runs is not complete', () => {
  const text = '{"object":"response","id":"resp_1","status":"queued","usage":null}'
  const read = readPieces({ wire: 'openai.responses', stream: false }, [new TextEncoder().encode(text)])
  expect(read).toMatchObject({ complete: false, known: false, stopReason: null })
})

const plain = (reading: object) =>
  JSON.parse(JSON.stringify(reading, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))

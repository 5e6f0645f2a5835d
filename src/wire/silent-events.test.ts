// Streams of which most events are passed over unread, against the same streams with every event parsed.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAt, published, recorded } from '../../test/recorded-responses.ts'
import { startReading } from './reading.ts'
import type { Wire } from './wire.ts'
import { wireNamed } from './wires.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function read(wire: Wire, pieces: readonly Uint8Array[]) {
  const reading = startReading(wire, { stream: true })
  const progress = pieces.map(piece => reading.push(piece))
  const told = JSON.stringify(reading.end(), (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  return { told: JSON.parse(told), progress }
}

const parsingAll = ({ news: _, ...wire }: Wire): Wire => wire

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '"usage": 5',
    '\\"usage\\": {',
    'error',
    '"error":',
    '[DONE]',
    '\\u0075sage',
    'data: x\n\ndata: y',
    'é日🙂',
  ),
)
const count = fc.oneof(fc.nat(1000), fc.constantFrom(null, -1, '7'))

const chatHead = { id: 'c1', object: 'chat.completion.chunk', model: 'm-1', service_tier: 'default' }
const chatUsage = fc.record({ prompt_tokens: count, completion_tokens: count }, { requiredKeys: [] })
const chatChoice = fc.record(
  {
    index: fc.constantFrom(0, 1),
    delta: fc.record({ content: words, usage: fc.constant(null) }, { requiredKeys: ['content'] }),
    finish_reason: fc.constantFrom(null, null, 'stop', 'length'),
    usage: fc.oneof(fc.constant(null), fc.constant(null), chatUsage),
  },
  { requiredKeys: ['index', 'delta'] },
)
const chat = fc.oneof(
  fc
    .record(
      { choices: fc.array(chatChoice, { minLength: 1, maxLength: 2 }), usage: fc.oneof(fc.constant(null), chatUsage) },
      { requiredKeys: ['choices'] },
    )
    .map(event => ({ ...chatHead, ...event })),
  fc.record({ error: fc.record({ message: words, code: fc.constantFrom('overloaded', 7, null) }) }),
  fc.record({ object: fc.constant('error'), message: words }),
  chatUsage.map(usage => ({ ...chatHead, x_groq: { usage } })),
)

const claudeUsage = fc.record({ input_tokens: count, output_tokens: count }, { requiredKeys: [] })
const claude = fc.oneof(
  words.map(text => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
  fc.constant({ type: 'ping' }),
  claudeUsage.map(usage => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })),
  words.map(to => ({ type: 'content_block_start', content_block: { type: 'fallback', to: { model: `m${to}` } } })),
  words.map(message => ({ type: 'error', error: { type: 'overloaded_error', message } })),
  fc.constant({ type: 'message_stop' }),
)
const claudeStart = { type: 'message_start', message: { id: 'm1', model: 'm-1', usage: { input_tokens: 3 } } }

const responseUsage = fc.record({ input_tokens: count, output_tokens: count }, { requiredKeys: [] })
const responses = fc.oneof(
  words.map(delta => ({ type: 'response.output_text.delta', item_id: 'i', delta })),
  words.map(id => ({ type: 'response.output_item.done', item: { type: 'web_search_call', id, status: 'completed' } })),
  fc.record({ type: fc.constant('error'), code: words, message: words }),
  responseUsage.map(usage => ({ type: 'response.completed', response: { id: 'r1', model: 'm-1', usage } })),
)
const responsesStart = { type: 'response.created', response: { id: 'r1', model: 'm-1', status: 'in_progress' } }

/** How an event may be written: indented, over several lines, named or not, with letters of its names as escapes. */
const writing = fc.record({
  indent: fc.constantFrom<number>(0, 0, 0, 0, 1, 2),
  isNamed: fc.boolean(),
  isEscaped: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
  isCommented: fc.boolean(),
})

function written(event: { type?: string }, how: typeof writing extends fc.Arbitrary<infer T> ? T : never, end: string) {
  const json = JSON.stringify(event, null, how.indent)
  const spelled = how.isEscaped
    ? json.replace(
        /"(usage|error|response|type|finish_reason|item)"/g,
        (_, name: string) => `"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`,
      )
    : json
  // A name and its value may stand on two lines.
  const spread = how.indent === 2 ? spelled.replace(/(?<!\\)": /g, '"\n:\n') : spelled
  const lines = spread.split('\n').map(line => `data: ${line}`)
  const name = how.isNamed && event.type !== undefined ? [`event: ${event.type}`] : []
  return [...(how.isCommented ? [': keep-alive'] : []), ...name, ...lines, '', ''].join(end)
}

const streamOf = (start: object, event: fc.Arbitrary<object>, last: string) =>
  fc
    .record({
      events: fc.array(fc.tuple(event, writing), { minLength: 1, maxLength: 12 }),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      hasBom: fc.boolean(),
    })
    .map(({ events, end, hasBom }) => {
      const plain = { indent: 0, isNamed: true, isEscaped: false, isCommented: false }
      const all = [[start, plain] as const, ...events].map(([one, how]) => written(one, how, end))
      return `${hasBom ? '\uFEFF' : ''}${all.join('')}${last === '' ? '' : `data: ${last}${end}${end}`}`
    })

test.each([
  ['openai.chat', streamOf({ ...chatHead, choices: [] }, chat, '[DONE]')],
  ['anthropic.messages', streamOf(claudeStart, claude, '')],
  ['openai.responses', streamOf(responsesStart, responses, '')],
] as const)('%s: no event that tells anything is passed over, however it is written and cut (law 1)', (name, streams) => {
  const wire = wireNamed(name)!
  fc.assert(
    fc.property(streams, fc.array(fc.nat(5000), { maxLength: 8 }), (text, offsets) => {
      const bytes = bytesOf(text)
      const cuts = offsets.map(at => at % (bytes.length + 1)).toSorted((a, b) => a - b)
      const fast = read(wire, cutAt(bytes, cuts))
      const full = read(parsingAll(wire), cutAt(bytes, cuts))
      expect(fast.told).toEqual(full.told)
      expect(fast.progress).toEqual(full.progress)
    }),
    { numRuns: 1500, seed: 1 },
  )
})

test('recorded streams read the same with every event parsed', () => {
  for (const one of [...recorded, ...published].filter(({ stream, framing }) => stream && framing === undefined)) {
    const wire = wireNamed(one.wire)!
    expect(read(wire, [one.bytes]).told, one.id).toEqual(read(parsingAll(wire), [one.bytes]).told)
  }
})

test('the event that tells the usage alone is found to the byte, however the stream is cut', () => {
  const event = (json: object, end: string) => `data: ${JSON.stringify({ ...chatHead, ...json })}${end}${end}`
  fc.assert(
    fc.property(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(2000), { maxLength: 8 }), (end, offsets) => {
      const words = event({ choices: [{ index: 0, delta: { content: 'é' } }], usage: null }, end)
      const usage = event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }, end)
      const filter = event({ choices: [], usage: null }, end)
      const bytes = bytesOf(filter + words + usage + words)
      const cuts = offsets.map(at => at % (bytes.length + 1)).toSorted((a, b) => a - b)
      const { progress } = read(wireNamed('openai.chat')!, cutAt(bytes, cuts))
      const left = [...bytes]
      for (const { from, to } of progress.flatMap(({ usageAlone }) => usageAlone).toReversed()) {
        left.splice(from, to - from)
      }
      expect(new TextDecoder().decode(Uint8Array.from(left))).toBe(filter + words + words)
    }),
    { numRuns: 500, seed: 1 },
  )
})

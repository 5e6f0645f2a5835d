// The event framer against eventsource-parser, an implementation of the same standard that others rely on.
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAt } from '../../test/recorded-responses.ts'
import { jsonArrayFramer } from './json-array.ts'
import { sseFramer } from './sse.ts'

interface Event {
  readonly data: string
  readonly name: string | null
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

function read(pieces: readonly Uint8Array[]): Event[] {
  const events: Event[] = []
  const framer = sseFramer((data, name) => events.push({ data, name }))
  for (const piece of pieces) framer.push(piece)
  framer.end()
  return events
}

/** Whole text at once, with an end that no event is cut off by. */
function oracle(text: string): Event[] {
  const events: Event[] = []
  const parser = createParser({ onEvent: ({ data, event }) => events.push({ data, name: event ?? null }) })
  parser.feed(`${text}\n\n\n`)
  return events
}

const piece = fc.constantFrom(
  ...[
    'data: a',
    'data:b',
    'data',
    'data: {"x":"日本 ü 🙂"}',
    'event: ping',
    'event:',
    'id: 1',
    'retry: 5',
    ': keep-alive',
  ],
  ...['\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n', 'other: x', 'data:  two spaces'],
)
const transcript = fc.array(piece, { maxLength: 30 }).map(parts => parts.join(''))

test('any transcript, cut anywhere, gives the events of the oracle (law 1)', () => {
  fc.assert(
    fc.property(transcript, fc.array(fc.nat(200), { maxLength: 8 }), (text, offsets) => {
      const bytes = bytesOf(text)
      const cuts = offsets.map(at => at % (bytes.length + 1)).toSorted((a, b) => a - b)
      expect(read(cutAt(bytes, cuts))).toEqual(oracle(text))
    }),
    { numRuns: 3000, seed: 1 },
  )
})

test('a lone carriage return ends the last event too, at once', () => {
  const events: string[] = []
  const framer = sseFramer(data => events.push(data))
  framer.push(bytesOf('data: [DONE]\r\r'))
  expect(events).toEqual(['[DONE]'])
})

test('a byte order mark before the first field is no part of it', () => {
  expect(read([bytesOf('\uFEFFdata: a\n\n')])).toEqual([{ data: 'a', name: null }])
})

test('an event begins at its first field; comments between events may be passed on', () => {
  const ats: number[] = []
  const framer = sseFramer((_, __, at) => ats.push(at))
  framer.push(bytesOf(': OPENROUTER PROCESSING\n\nevent: x\ndata: 1\n\n: keep'))
  expect(ats).toEqual([25])
  expect(framer.safeTo()).toBe(25 + 18 + 6)
  framer.push(bytesOf('-alive\nda'))
  expect(framer.safeTo()).toBe(25 + 18 + 13)
})

test('elements of an array are told apart whatever stands in their strings (law 1)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 }),
      fc.nat(3),
      fc.array(fc.nat(500), { maxLength: 8 }),
      (elements, indent, offsets) => {
        const bytes = bytesOf(JSON.stringify(elements, null, indent))
        const seen: unknown[] = []
        const framer = jsonArrayFramer(text => seen.push(JSON.parse(text)))
        const cuts = offsets.map(at => at % (bytes.length + 1)).toSorted((a, b) => a - b)
        for (const one of cutAt(bytes, cuts)) framer.push(one)
        framer.end()
        expect(seen).toEqual(JSON.parse(new TextDecoder().decode(bytes)))
      },
    ),
    { numRuns: 1000, seed: 1 },
  )
})

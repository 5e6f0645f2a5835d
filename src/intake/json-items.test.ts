// Records of JSON in whatever wrapping, cut anywhere: those that JSON.parse finds.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonItems, recordsWithin } from './json-items.ts'

function itemsOf(text: string, cuts: readonly number[] = []): unknown[] {
  const items = jsonItems()
  const at = [...new Set(cuts.map(cut => cut % (text.length + 1)))].sort((a, b) => a - b)
  const pieces = [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length))
  const found = pieces.flatMap(piece => items.push(piece)).map(item => JSON.parse(item))
  expect(items.rest()).toBeNull()
  return found
}

/** Objects with keys and texts that look like what the reader looks for. */
const record = fc.dictionary(
  fc.oneof(fc.constantFrom('id', 'events', 'response', 'a"b', '\\'), fc.string()),
  fc.oneof(fc.jsonValue(), fc.constantFrom('{"data":[', '\\"', '"}]')),
  { maxKeys: 5 },
)
/** A record that is not itself a page. */
const plainRecord = record.filter(one => JSON.stringify(recordsWithin(one)) === JSON.stringify([one]))

describe('whatever wraps them, cut anywhere, they are the records', () => {
  const wrappings: readonly [string, (records: readonly unknown[]) => string][] = [
    ['a list', records => JSON.stringify(records)],
    ['a list over many lines', records => JSON.stringify(records, null, 2)],
    ['a page', records => JSON.stringify({ meta: { page: 1 }, data: records, more: [{ x: 1 }] })],
    ['two pages in a list', records => JSON.stringify([{ data: records }, { data: [] }])],
    ['lines', records => records.map(one => JSON.stringify(one)).join('\n')],
    ['documents one behind another', records => records.map(one => JSON.stringify(one, null, 1)).join('')],
    [
      'a batch of Gemini',
      records => JSON.stringify({ name: 'x', response: { inlinedResponses: { inlinedResponses: records } } }),
    ],
  ]
  test.each(wrappings)('%s', (_what, wrap) => {
    fc.assert(
      fc.property(fc.array(plainRecord, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (records, cuts) => {
        const [text, expected] = [wrap(records), JSON.parse(JSON.stringify(records))]
        expect(itemsOf(text, cuts)).toEqual(expected)
      }),
    )
  })
})

test('a list deep inside a record is content, not records', () => {
  const one = { id: 'a', input: { data: [{ id: 'no' }] }, output: { events: [{ id: 'no' }] } }
  expect(itemsOf(JSON.stringify([one]))).toEqual([one])
})

test('what is cut off is told, and what came before it is kept', () => {
  const items = jsonItems()
  expect(items.push('[{"id":1},{"id":2,"x":"un')).toEqual(['{"id":1}'])
  expect(items.rest()).toBe('{"id":2,"x":"un')
})

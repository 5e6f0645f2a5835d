import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPieces } from '../../test/recorded-responses.ts'
import { shortener } from './long-values.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
function shortened(text: string, pieceBytes = text.length): string {
  const shorten = shortener()
  const bytes = bytesOf(text)
  let out = ''
  const decoder = new TextDecoder()
  for (let at = 0; at < bytes.length; at += pieceBytes)
    out += decoder.decode(shorten.push(bytes.subarray(at, at + pieceBytes)), { stream: true })
  return out
}

const vector = Array.from({ length: 3072 }, (_, i) => Math.fround((i - 1500) / 70_000))

test('a text with nothing long in it keeps every byte', () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 1, max: 9 }), (text, size) => {
      expect(shortened(text, size)).toBe(text)
    }),
    { seed: 1 },
  )
})

test('long strings and vectors lose their rest, at any cut the same, and everything beside them stays', () => {
  const long = fc.oneof(
    fc.constant(vector),
    fc.string({ minLength: 1500, maxLength: 1600, unit: fc.constantFrom('\\', '"', '\n', 'é', '𝄞', 'a', '\u0001') }),
    fc.constant([...vector, 'end', ...vector]),
    fc.constant([[...vector], { embedding: vector }, ...vector, []]),
  )
  fc.assert(
    fc.property(long, fc.integer({ min: 1, max: 4000 }), fc.boolean(), (value, size, isIndented) => {
      const text = JSON.stringify({ id: 'r', data: value, usage: { total_tokens: 7 } }, null, isIndented ? 2 : 0)
      const short = shortened(text)
      expect(shortened(text, size)).toBe(short)
      expect(short.length).toBeLessThan(text.length)
      expect(JSON.parse(short)).toMatchObject({ id: 'r', usage: { total_tokens: 7 } })
    }),
    { numRuns: 60, seed: 1 },
  )
})

test('a body of pictures or vectors is counted without being kept', () => {
  const data = Array.from({ length: 60 }, (_, index) => ({ object: 'embedding', index, embedding: vector }))
  const body = {
    object: 'list',
    data,
    model: 'text-embedding-3-large',
    usage: { prompt_tokens: 480, total_tokens: 480 },
  }
  const bytes = bytesOf(JSON.stringify(body))
  expect(bytes.length).toBeGreaterThan(2 ** 20)
  const wire = { wire: 'openai.embeddings', stream: false }
  const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
    bytes.slice(i * 65_536, (i + 1) * 65_536),
  )
  expect(readPieces(wire, pieces)).toMatchObject({
    model: 'text-embedding-3-large',
    complete: true,
    usage: { input: 480 },
  })
  expect(readPieces(wire, pieces.slice(0, -1))).toMatchObject({ complete: false, known: false })
})

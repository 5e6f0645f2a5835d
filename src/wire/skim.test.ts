// A skimmed object against the same object parsed and picked from; a large body against the small one that it says the same as.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutAt, published, recorded } from '../../test/recorded-responses.ts'
import { bodyFramer } from './body.ts'
import { parseCut } from './cut-json.ts'
import { skimmer, type Wanted } from './skim.ts'
import type { Wire } from './wire.ts'
import { wireNamed } from './wires.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function skimmed(wanted: Wanted, pieces: readonly Uint8Array[]): string {
  const skim = skimmer(wanted)
  for (const piece of pieces) skim.push(piece)
  return skim.text()
}

/** What JSON.parse read, with null for what is not wanted: the definition. */
function picked(value: unknown, wanted: Wanted): unknown {
  if (wanted === true || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(one => picked(one, wanted))
  const members = Object.entries(value).map(([name, one]) => [
    name,
    Object.hasOwn(wanted, name) ? picked(one, wanted[name]!) : null,
  ])
  return Object.fromEntries(members)
}

const wanted: Wanted = { a: true, b: { a: true, c: { a: true } }, é: true, '': { b: true } }
const name = fc.constantFrom('a', 'b', 'c', 'd', 'é', '', 'a"', '\\', 'constructor')
const leaf = fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null))
const { value } = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
}))
const object = fc.dictionary(name, value, { maxKeys: 6 })

test('any object, cut anywhere, however spaced, is picked from as JSON.parse would (law 1)', () => {
  fc.assert(
    fc.property(object, fc.nat(3), fc.array(fc.nat(2000), { maxLength: 8 }), (json, indent, offsets) => {
      const text = JSON.stringify(json, null, indent)
      const bytes = bytesOf(text)
      const cuts = offsets.map(at => at % (bytes.length + 1)).toSorted((a, b) => a - b)
      expect(JSON.parse(skimmed(wanted, cutAt(bytes, cuts)))).toEqual(picked(JSON.parse(text), wanted))
    }),
    { numRuns: 3000, seed: 1 },
  )
})

test('names that are spelled with escapes are the same names', () => {
  expect(JSON.parse(skimmed(wanted, [bytesOf('{"\\u0061":1,"\\u0064":2,"b":{"c":{"\\u0061":[3]}}}')]))).toEqual({
    a: 1,
    d: null,
    b: { c: { a: [3] } },
  })
})

test('of an object that is cut off as much is whole as without skimming', () => {
  fc.assert(
    fc.property(object, fc.nat(3), fc.nat(), (json, indent, offset) => {
      const text = JSON.stringify(json, null, indent)
      const cut = text.slice(0, offset % (text.length + 1))
      const whole = picked(parseCut(cut), wanted)
      expect(asked(parseCut(skimmed(wanted, [bytesOf(cut)])))).toEqual(asked(whole))
    }),
    { numRuns: 2000, seed: 1 },
  )
})

/** Its members that are asked for: whether one that is not came to its end just at the cut nobody needs to know. */
const asked = (json: unknown): unknown => Object.entries(json ?? {}).filter(([name]) => Object.hasOwn(wanted, name))

test('a large body tells what the same body tells when it is small enough to be kept', () => {
  for (const one of [...recorded, ...published].filter(({ stream }) => !stream)) {
    const wire = wireNamed(one.wire)!
    expect(toldBy(wire, one.bytes, 0), one.id).toEqual(toldBy(wire, one.bytes, Number.POSITIVE_INFINITY))
  }
})

test('of a body of 64 MiB hardly anything is kept', () => {
  const wire = wireNamed('openai.embeddings')!
  const row = bytesOf(`{"object":"embedding","index":0,"embedding":[${'0.0123456789,'.repeat(5000)}0]},`)
  const skim = skimmer(wire.wanted)
  skim.push(bytesOf('{"object":"list","data":['))
  for (let i = 0; i < 1000; i++) skim.push(row)
  skim.push(bytesOf('{}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}'))
  expect(skim.text()).toBe('{"object":"list","data":null,"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}')
})

test('what is wanted but endless is as if cut off', () => {
  const skim = skimmer(true)
  for (let i = 0; i < 100; i++) skim.push(bytesOf(`${i === 0 ? '{"id":"' : ''}${'x'.repeat(100_000)}`))
  expect(skim.text().length).toBeLessThan(5_000_000)
})

function toldBy(wire: Wire, bytes: Uint8Array, mostWhole: number): unknown {
  let told: unknown = null
  const framer = bodyFramer(wire.wanted, text => (told = wire.body(JSON.parse(text))), mostWhole)
  framer.push(bytes)
  framer.end()
  return told
}

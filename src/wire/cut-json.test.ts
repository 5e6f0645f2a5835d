// A cut JSON object keeps its whole members: against the object that was cut.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCut } from './cut-json.ts'

test.each([
  ['{"a":1,"usage":{"x":1,"y":[1,2]},"b":tr', { a: 1, usage: { x: 1, y: [1, 2] } }],
  ['{"a":12', {}],
  ['{"a":12,', { a: 12 }],
  ['{"a":12 ', { a: 12 }],
  ['{"a":"x\\"y\\\\","b', { a: 'x"y\\' }],
  ['{"a":{"b":1', {}],
  ['{"a":1}, and more', { a: 1 }],
  ['<html>', null],
  ['', null],
])('%s', (text, value) => {
  expect(parseCut(text)).toEqual(value)
})

test('every member that is kept is as it was, and in order', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()).filter(value => !Object.keys(value).includes('__proto__')),
      fc.nat(3),
      fc.nat(),
      (value, indent, offset) => {
        const text = JSON.stringify(value, null, indent)
        const cut = parseCut(text.slice(0, offset % (text.length + 1))) as Record<string, unknown> | null
        const whole = JSON.parse(text)
        const keys = Object.keys(cut ?? {})
        expect(keys.sort()).toEqual(
          Object.keys(whole)
            .filter(key => keys.includes(key))
            .sort(),
        )
        for (const key of keys) expect(cut![key]).toEqual(whole[key])
      },
    ),
    { numRuns: 2000, seed: 1 },
  )
})

// A noun with its number, as every message and table has it.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { many } from './many.ts'

test('one of a kind, or several, in groups of three digits as people write them', () => {
  expect(many(1, 'call')).toBe('1 call')
  expect(many(0, 'call')).toBe('0 calls')
  expect(many(1_234_567, 'record of a call', 'records of calls')).toBe('1,234,567 records of calls')
  fc.assert(
    fc.property(fc.maxSafeNat(), n => {
      expect(many(n, 'row')).toBe(`${n.toLocaleString('en-US')} row${n === 1 ? '' : 's'}`)
    }),
  )
})

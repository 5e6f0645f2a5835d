import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addUsage,
  noUsage,
  parseUsage,
  promptTokens,
  totalTokens,
  type Usage,
  unknownUsage,
  usageKinds,
  usageOf,
} from './usage.ts'

const count = fc.integer({ min: 0, max: 1e9 })
const usages = fc.record(Object.fromEntries(usageKinds.map(kind => [kind, count])) as Record<keyof Usage, typeof count>)

test('kinds left out of a stated usage are zero, and null stays unknown', () => {
  const { usage } = parseUsage({ input: 200, output: null })
  expect(usage).toEqual({ ...noUsage, input: 200, output: null })
})

test('cache writes are filled from their parts when only the parts are told (Anthropic: 456 + 100 = 556)', () => {
  expect(parseUsage({ cacheWrite5m: 456, cacheWrite1h: 100 }).usage.cacheWrite).toBe(556)
  expect(usageOf({ cacheWrite1h: 100 }).cacheWrite).toBe(100)
  expect(parseUsage({ cacheWrite: 600, cacheWrite5m: 456 }).usage.cacheWrite).toBe(600)
})

test('a part larger than its whole is refused', () => {
  expect(() => parseUsage({ cacheWrite: 500, cacheWrite5m: 456, cacheWrite1h: 100 })).toThrow('add up to 556')
  expect(() => parseUsage({ output: 10, reasoning: 11 })).toThrow('cannot exceed')
})

test('counts that are not whole numbers from zero are refused with their field', () => {
  for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', true, 2 ** 53]) {
    try {
      parseUsage({ input: bad })
      expect.unreachable(String(bad))
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'USAGE_INVALID', where: 'usage.input' })
    }
  }
  for (const bad of [null, [], 'x', 3]) expect(() => parseUsage(bad)).toThrow('expected an object')
})

test('a kind nobody knows is refused with the nearest name, because its tokens would go unbilled', () => {
  expect(() => parseUsage({ cachedRead: 5 })).toThrow(expect.objectContaining({ fix: 'did you mean "cacheRead"?' }))
  expect(() => parseUsage({ constructor: 5 })).toThrow('not a kind')
})

test('units that are not tokens are kept apart from the kinds', () => {
  const { usage, units } = parseUsage({ input: 5, pages: 3, cacheStorageTokenHours: 300_000 })
  expect(units).toEqual({ pages: 3, cacheStorageTokenHours: 300_000 })
  expect(totalTokens(usage)).toBe(5)
})

test('law 1: the total is the sum of the disjoint kinds, and the parts are in it once', () => {
  expect(
    totalTokens(usageOf({ input: 1, cacheRead: 2, cacheWrite5m: 4, output: 8, reasoning: 8, outputAudio: 16 })),
  ).toBe(31)
})

test('law 1: totals of pieces add up to the total of the whole', () => {
  fc.assert(
    fc.property(usages, usages, (a, b) => {
      const whole = addUsage(a, b)
      return (
        totalTokens(whole) === totalTokens(a)! + totalTokens(b)! &&
        promptTokens(whole) === promptTokens(a)! + promptTokens(b)!
      )
    }),
  )
})

test('law 4: one unknown kind makes a total unknown and never smaller', () => {
  expect(totalTokens(unknownUsage)).toBeNull()
  expect(promptTokens({ ...noUsage, cacheRead: null })).toBeNull()
  expect(totalTokens({ ...noUsage, searches: null })).toBe(0)
  expect(addUsage(noUsage, unknownUsage)).toEqual(unknownUsage)
})

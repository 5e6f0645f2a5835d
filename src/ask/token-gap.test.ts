// What tokens that a provider reports and nobody metered are worth, by the printed prices of claude-haiku-4-5 and gpt-4o-mini.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { type ByTier, type TokenSums, tokenGapUsd } from '../core/decide/token-gap.ts'
import { instant } from '../core/meter/calendar.ts'
import { formatUsd } from '../core/meter/money.ts'
import { noUsage } from '../core/meter/usage.ts'

const book = loadPriceBook()
const at = instant('2026-11-20')
const sums = (over: Partial<TokenSums>): ByTier => new Map([['standard', { ...noUsage, ...over }]])
const none: ByTier = new Map()
const gap = (model: string, reported: ByTier, metered: ByTier = none) => {
  const usd = tokenGapUsd(book, { provider: model.startsWith('claude') ? 'anthropic' : 'openai', model }, at, {
    reported,
    metered,
  })
  return usd === null ? null : formatUsd(usd)
}

test('each kind at its own rate: cache writes by how long they live, batches at half', () => {
  const haiku = (over: Partial<TokenSums>) => gap('claude-haiku-4-5-20251001', sums(over))
  expect(haiku({ input: 1e6 })).toBe('1.000000000000')
  expect(haiku({ cacheRead: 1e6 })).toBe('0.100000000000')
  expect(haiku({ cacheWrite: 1e6, cacheWrite5m: 1e6 })).toBe('1.250000000000')
  expect(haiku({ cacheWrite: 1e6, cacheWrite1h: 1e6 })).toBe('2.000000000000')
  expect(haiku({ output: 1e6 })).toBe('5.000000000000')
  expect(gap('gpt-4o-mini', new Map([['batch', { ...noUsage, input: 1e6, output: 1e6 }]]))).toBe('0.375000000000')
  expect(gap('a-model-of-nobody', sums({ input: 1 }))).toBeNull()
})

test('more of one kind and less of another are set off at their rates', () => {
  // Five million that were metered as fresh were read from the cache: each at $0.075 less.
  expect(gap('gpt-4o-mini', sums({ input: 5e6, cacheRead: 5e6 }), sums({ input: 10e6 }))).toBe('-0.375000000000')
  // A report that counts no searches, and pictures as text, says nothing of them.
  expect(gap('gpt-4o-mini', sums({ input: 11e6 }), sums({ input: 10e6, inputImage: 1e6, searches: 7 }))).toBe(
    '0.000000000000',
  )
})

test('the gap turned round is the same amount the other way, and none is nothing (law 1)', () => {
  const count = fc.nat(1e9)
  const usage = fc
    .record({ input: count, cacheRead: count, cacheWrite5m: count, cacheWrite1h: count, output: count })
    .map(one => sums({ ...one, cacheWrite: one.cacheWrite5m + one.cacheWrite1h }))
  fc.assert(
    fc.property(usage, usage, (a, b) => {
      const offer = { provider: 'anthropic', model: 'claude-haiku-4-5' }
      const [there, back, same] = [
        [a, b],
        [b, a],
        [a, a],
      ].map(([reported, metered]) => tokenGapUsd(book, offer, at, { reported: reported!, metered: metered! }))
      expect(there! + back!).toBe(0n)
      expect(same).toBe(0n)
    }),
  )
})

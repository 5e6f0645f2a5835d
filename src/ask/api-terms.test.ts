import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HostedOffer, loadOffers } from '../catalog/offers.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { formatUsd } from '../core/meter/money.ts'
import { price } from '../core/meter/price.ts'
import { noUsage, type UsageKind, usageKinds, usageOf } from '../core/meter/usage.ts'
import type { UsageGroup } from '../ledger/ledger.ts'
import { offerTerms, plainBasis, trafficOf } from './api-terms.ts'
import { offerForTest } from './offer-for-test.ts'

/** At the seller that serves these calls today, hits are those metered. */
const today = { ...plainBasis, cache: { kind: 'as metered' } } as const

function group(usage: Partial<Record<UsageKind, number | null>>, over: Partial<UsageGroup> = {}): UsageGroup {
  const key = { provider: null, model: null, tier: null, region: null, speed: null, outcome: 'ok' as const }
  const sizes = { promptClass: 0, bucketMicros: null, maxPrompt: 0, maxOutput: 0 }
  return {
    ...key,
    ...sizes,
    window: 0,
    calls: 1,
    unknownUsageCalls: 0,
    usd: '0',
    usage: { ...noUsage, ...usage },
    ...over,
  }
}

const offer = (over: Partial<HostedOffer> = {}): HostedOffer =>
  offerForTest({
    usdPerMtokInput: '0.27',
    usdPerMtokCacheRead: '0.07',
    usdPerMtokOutput: '1.10',
    contextTokens: 65536,
    maxOutputTokens: 8192,
    observedAt: '2025-02-08',
    ...over,
  })

test("the Azure code trace's column sums at a published rate cost what one multiplies by hand", () => {
  // 18,059,974 × $0.30 + 245,896 × $0.61, per million.
  const azure = trafficOf([group({ input: 18_059_974, output: 245_896 }, { calls: 8819 })], 1)
  const rates = { usdPerMtokInput: '0.3', usdPerMtokOutput: '0.61', usdPerMtokCacheRead: null }
  const terms = offerTerms(offer(rates), 'llama-3.1-8b', azure)
  expect(terms.usd).toBe('5.567988760000')
  expect(terms.usdByWindow).toEqual([5.56798876])
  expect(terms.pricedShare).toBe(1)
})

test("cache hits are billed at the offer's cache price, and as fresh input, said so, where it has none", () => {
  // A million of each: 0.27 fresh + 0.07 from cache + 1.10 out.
  const traffic = trafficOf([group({ input: 1e6, cacheRead: 1e6, output: 1e6 })], 1)
  expect(offerTerms(offer(), 'g', traffic, today).usd).toBe('1.440000000000')
  const without = offerTerms(offer({ usdPerMtokCacheRead: null }), 'g', traffic, today)
  expect(without.usd).toBe('1.640000000000')
  expect(without.notes).toContain('no cache price known: cache hits billed as fresh input')
})

const counts = fc.record({
  input: fc.nat(1e9),
  cacheRead: fc.nat(1e9),
  cacheWrite: fc.nat(1e6),
  inputAudio: fc.nat(1e6),
  output: fc.nat(1e9),
  outputImage: fc.nat(1e6),
})
const groups = fc.array(fc.tuple(counts, fc.nat(5), fc.nat(50), fc.nat(3)), { minLength: 1, maxLength: 12 })
const made = (rows: [Partial<Record<UsageKind, number>>, number, number, number][]) =>
  rows.map(([usage, window, calls, unknownUsageCalls]) =>
    group(usage, { window, calls: calls + unknownUsageCalls, unknownUsageCalls }),
  )

test('law 1 and 3: windows add up to the total kind by kind, and their bills to the bill, however the calls were grouped', () => {
  fc.assert(
    fc.property(groups, rows => {
      const all = made(rows)
      const traffic = trafficOf(all, 6)
      expect(traffic.calls).toBe(all.reduce((sum, one) => sum + one.calls, 0))
      expect(traffic.unknownUsageCalls).toBe(all.reduce((sum, one) => sum + one.unknownUsageCalls, 0))
      for (const kind of usageKinds) {
        const sum = all.reduce((total, one) => total + one.usage[kind]!, 0)
        expect(traffic.total[kind]).toBe(sum)
        expect(traffic.windows.reduce((total, window) => total + window[kind], 0)).toBe(sum)
      }
      const terms = offerTerms(offer(), 'g', traffic, today)
      const byWindow = terms.usdByWindow.reduce((a, b) => a + b, 0)
      expect(Math.abs(byWindow - Number(terms.usd))).toBeLessThanOrEqual(1e-9 * (1 + Number(terms.usd)))
      const apart = all.flatMap(one => [
        { ...one, usage: { ...noUsage, input: one.usage.input } },
        { ...one, calls: 0, unknownUsageCalls: 0, usage: { ...one.usage, input: 0 } },
      ])
      expect(offerTerms(offer(), 'g', trafficOf(apart, 6), today).usd).toBe(terms.usd)
    }),
  )
})

test('law 4: an offer without a price has no cost, a kind that nobody counted no tokens, and unknown calls no price', () => {
  const traffic = trafficOf(
    [group({ input: 1000, output: 10 }, { calls: 3 }), group({ input: null, output: null }, { unknownUsageCalls: 1 })],
    1,
  )
  expect(offerTerms(offer(), 'g', traffic, today).pricedShare).toBe(0.75)
  for (const missing of [{ usdPerMtokInput: null }, { usdPerMtokOutput: null }]) {
    const terms = offerTerms(offer(missing), 'g', traffic, today)
    expect(terms).toMatchObject({ usd: null, pricedShare: 0, usdByWindow: [] })
  }
})

test('law 6: a lower rate of any kind never makes an offer dearer', () => {
  const rates = ['usdPerMtokInput', 'usdPerMtokCacheRead', 'usdPerMtokCacheWrite', 'usdPerMtokOutput'] as const
  fc.assert(
    fc.property(groups, fc.constantFrom(...rates), fc.nat(100), fc.nat(100), (rows, rate, a, b) => {
      const traffic = trafficOf(made(rows), 6)
      const at = (cents: number) =>
        Number(offerTerms(offer({ [rate]: (cents / 100).toFixed(2) }), 'g', traffic, today).usd)
      expect(at(Math.min(a, b))).toBeLessThanOrEqual(at(Math.max(a, b)))
    }),
  )
})

test('a traffic billed by the question and by `price` costs the same at an offer', () => {
  const usage = usageOf({ input: 123_457, cacheRead: 98_765, cacheWrite: 1_234, output: 4_321 })
  const traffic = trafficOf([], 1)
  const total = { ...traffic.total, ...usage } as typeof traffic.total
  const book = loadPriceBook()
  let compared = 0
  for (const offer of loadOffers(new Set())) {
    const priced = price(book, { provider: offer.host, model: offer.modelAsListed, usage, atMicros: 0 })
    if (priced.usd === null || priced.catalog.source !== 'data/hosted-offers.csv') continue
    const terms = offerTerms(offer, 'g', { ...traffic, calls: 1, total, windows: [total] }, today)
    expect(terms.usd, offer.id).toBe(formatUsd(priced.usd))
    compared++
  }
  expect(compared).toBeGreaterThan(500)
})

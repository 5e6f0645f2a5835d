import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cacheRuleOf, type SellerCache } from '../catalog/cache-rules.ts'
import type { HostedOffer } from '../catalog/offers.ts'
import { noUsage, type UsageKind } from '../core/meter/usage.ts'
import { offerTerms, plainBasis, type Traffic } from './api-terms.ts'
import type { CacheHits } from './cache-hits.ts'
import { batchLever, discountOf, optimised } from './levers.ts'
import { offerForTest } from './offer-for-test.ts'

const offer = (over: Partial<HostedOffer> = {}): HostedOffer =>
  offerForTest({
    usdPerMtokInput: '1',
    usdPerMtokCacheRead: '0.1',
    usdPerMtokCacheWrite: '1.25',
    usdPerMtokOutput: '5',
    ...over,
  })

const traffic = (over: Partial<Record<UsageKind, number>>): Traffic => {
  const total = { ...noUsage, ...over }
  return { calls: 10, unknownUsageCalls: 0, windows: [total], total }
}

const documented: SellerCache = {
  mode: 'automatic',
  documented: true,
  minimumTokens: 1024,
  granularityTokens: 128,
  ttlSeconds: 300,
  refreshedOnHit: true,
  source: 'guide',
  asOf: '2026-10-01',
}

const hits = (read: number, written: number): CacheHits => ({
  readTokens: read,
  writtenTokens: written,
  hits: 1,
  readByWindow: Float64Array.of(read),
  writtenByWindow: Float64Array.of(written),
})

const simulated = (read: number, written: number, rule: Partial<SellerCache> = {}) =>
  ({
    ...plainBasis,
    cache: { kind: 'simulated', rule: { ...documented, ...rule }, hits: hits(read, written) },
  }) as const

test("another seller's hits are never carried over: without evidence the bill is fresh, and today's hits are its least", () => {
  // 2 M of prompts, half of them read at today's seller. Fresh 2 × $1, or 1 × $1 + 1 × $0.10, and $5 of answers.
  const today = traffic({ input: 1_000_000, cacheRead: 1_000_000, output: 1_000_000 })
  const terms = offerTerms(offer(), 'g', today)
  expect(terms.usd).toBe('7.000000000000')
  expect(terms.cache).toMatchObject({ basis: 'none', hitShare: 0, lowUsd: '6.100000000000' })
  expect(terms.notes[0]).toContain("today's cache hits are not carried over")
  const own = offerTerms(offer(), 'g', today, { ...plainBasis, cache: { kind: 'as metered' } })
  expect(own.usd).toBe('6.100000000000')
  const none = offerTerms(offer({ usdPerMtokCacheRead: null }), 'g', today)
  expect(none).toMatchObject({ usd: '7.000000000000', cache: { lowUsd: null } })
  expect(none.notes).toContain('no cache price known: every prompt token billed as fresh input')
})

test('an automatic cache is in the bill; one that requests must mark is a lever; one of unknown life only a chance', () => {
  const today = traffic({ input: 2_000_000, output: 1_000_000 })
  // 1 M read, 0.5 M written, 0.5 M neither: 0.1 + 0.625 + 0.5, and 5.
  const automatic = offerTerms(offer(), 'g', today, simulated(1_000_000, 500_000))
  expect(automatic).toMatchObject({
    usd: '6.225000000000',
    optimised: null,
    cache: { basis: 'simulated', hitShare: 0.5 },
  })
  const marked = offerTerms(offer(), 'g', today, simulated(1_000_000, 500_000, { mode: 'marked' }))
  expect(marked.usd).toBe('7.000000000000')
  expect(marked.optimised).toMatchObject({
    usd: '6.225000000000',
    levers: [{ name: 'prompt caching', savesUsd: 0.775 }],
  })
  const unread = offerTerms(offer(), 'g', today, simulated(1_000_000, 500_000, { documented: false }))
  expect(unread).toMatchObject({ usd: '7.000000000000', optimised: null, cache: { lowUsd: '6.225000000000' } })
  // Without a price of its own a write costs what the fresh input that it is costs.
  const free = offerTerms(offer({ usdPerMtokCacheWrite: null }), 'g', today, simulated(1_000_000, 500_000))
  expect(free.usd).toBe('6.100000000000')
})

test('a cache that would not pay is no lever, and says so', () => {
  const today = traffic({ input: 2_000_000, output: 1_000_000 })
  const terms = offerTerms(offer(), 'g', today, simulated(1000, 1_900_000, { mode: 'marked' }))
  expect(terms.optimised).toBeNull()
  expect(terms.notes.join()).toContain('its writes would cost more than that saves')
})

const usages = fc.record({
  input: fc.nat(5e6),
  cacheRead: fc.nat(5e6),
  cacheWrite: fc.nat(1e6),
  inputImage: fc.nat(1e5),
  output: fc.nat(2e6),
})
const cents = fc.nat(500)
const price = (value: number) => (value / 100).toFixed(2)
const split = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
const promptOf = (usage: Record<string, number>) =>
  usage.input! + usage.cacheRead! + usage.cacheWrite! + usage.inputImage!

test('law 6: a cheaper cache price never makes an offer dearer, whatever its hits rest on', () => {
  fc.assert(
    fc.property(usages, split, cents, cents, fc.boolean(), (usage, [a, b], one, two, isMarked) => {
      const prompt = promptOf(usage)
      const read = Math.floor(prompt * a)
      const written = Math.floor((prompt - read) * b)
      const basis = simulated(read, written, { mode: isMarked ? 'marked' : 'automatic' })
      for (const kind of ['usdPerMtokCacheRead', 'usdPerMtokCacheWrite'] as const) {
        const at = (value: number) => {
          const terms = offerTerms(offer({ [kind]: price(value) }), 'g', traffic(usage), basis)
          return Number(terms.optimised?.usd ?? terms.usd)
        }
        expect(at(Math.min(one, two))).toBeLessThanOrEqual(at(Math.max(one, two)))
      }
    }),
  )
})

test('law 6: more hits never make it dearer where reading is no dearer than fresh input nor that than writing', () => {
  fc.assert(
    fc.property(usages, split, fc.double({ min: 0, max: 1, noNaN: true }), (usage, [a, b], more) => {
      const prompt = promptOf(usage)
      const read = Math.floor(prompt * a)
      const written = Math.floor((prompt - read) * b)
      const moved = Math.floor(written * more)
      const few = offerTerms(offer(), 'g', traffic(usage), simulated(read, written))
      const many = offerTerms(offer(), 'g', traffic(usage), simulated(read + moved, written - moved))
      expect(Number(many.usd)).toBeLessThanOrEqual(Number(few.usd))
    }),
  )
})

test('law 1: a prompt is fresh, read or written: with one price for all, hits change nothing', () => {
  fc.assert(
    fc.property(usages, split, (usage, [a, b]) => {
      const read = Math.floor(promptOf(usage) * a)
      const written = Math.floor((promptOf(usage) - read) * b)
      const flat = offer({ usdPerMtokCacheRead: '1', usdPerMtokCacheWrite: '1' })
      const terms = offerTerms(flat, 'g', traffic(usage), simulated(read, written))
      expect(terms.usd).toBe(terms.cache!.freshUsd)
      expect(terms.promptShare).toBeCloseTo(promptOf(usage) / Math.max(1, promptOf(usage) + 5 * usage.output), 9)
    }),
  )
})

test('a lever never raises the bill, and savings add up to the difference (law 3)', () => {
  const discounts = fc.constantFrom(null, '0.5', '0.2 to 0.5', '0.5 (up to)', '0.5 (Gemini)')
  fc.assert(
    fc.property(usages, split, discounts, fc.nat(100), (usage, [a, b], batchDiscount, waiting) => {
      const prompt = promptOf(usage)
      const read = Math.floor(prompt * a)
      const deferrable = { calls: 1, input: Math.floor((prompt * waiting) / 100), output: 0 }
      const basis = { ...simulated(read, Math.floor((prompt - read) * b), { mode: 'marked' }), deferrable }
      const terms = offerTerms(offer({ batchDiscount }), 'g', traffic(usage), basis)
      if (terms.optimised === null || terms.optimised === undefined) return
      expect(Number(terms.optimised.usd)).toBeLessThan(Number(terms.usd))
      const saved = terms.optimised.levers.reduce((sum, lever) => sum + lever.savesUsd, 0)
      expect(saved).toBeCloseTo(Number(terms.usd) - Number(terms.optimised.usd), 9)
      const byWindow = terms.optimised.usdByWindow.reduce((sum, usd) => sum + usd, 0)
      expect(byWindow).toBeCloseTo(Number(terms.optimised.usd), 6)
    }),
  )
})

test('batch: half price for the calls that may wait, what a seller promises and no more', () => {
  const today = traffic({ input: 1_000_000, output: 1_000_000 })
  const deferrable = { calls: 3, input: 500_000, output: 500_000 }
  const lever = batchLever(offer({ batchDiscount: '0.5' }), today, deferrable)
  const bill = offerTerms(offer(), 'g', today)
  expect(optimised({ usd: 6_000_000_000_000n as never, usdByWindow: [6] }, [lever])!.usd).toBe('4.500000000000')
  expect(bill.usd).toBe('6.000000000000')
  expect(batchLever(offer({ batchDiscount: '0.5' }), today, null)).toBeNull()
  expect(discountOf({ batchDiscount: '0.2 to 0.5', weights: 'grok-4' })).toBe(0.2)
  expect(discountOf({ batchDiscount: '0.5 (up to)', weights: 'x' })).toBeNull()
  expect(discountOf({ batchDiscount: '0.5 (Gemini)', weights: 'claude-opus-5' })).toBeNull()
  expect(discountOf({ batchDiscount: '0.5 (Gemini)', weights: 'gemini-2.5-pro' })).toBe(0.5)
})

test('each rule names its source and date, and a seller whose guide nobody read is not counted on', () => {
  for (const [host, weights] of [
    ['anthropic', 'claude-sonnet-4-5'],
    ['openai', 'gpt-5'],
    ['groq', 'gpt-oss-120b'],
  ] as const) {
    const rule = cacheRuleOf(host, weights)
    expect(rule.documented).toBe(true)
    expect(rule.source).toMatch(/\w\.\w+\//)
    expect(rule.asOf).toMatch(/^\d{4}-\d\d-\d\d$/)
  }
  expect(cacheRuleOf('anthropic', 'claude-haiku-4-5').minimumTokens).toBe(4096)
  expect(cacheRuleOf('anthropic', 'claude-opus-4-1').minimumTokens).toBe(1024)
  expect(cacheRuleOf('nebius', 'qwen3-32b').documented).toBe(false)
})

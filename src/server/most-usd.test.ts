// The most that a call is said to cost, held against the shipped prices.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadPriceBook } from '../catalog/price-book.ts'
import { mostUsd } from '../core/meter/budget.ts'
import { noUsage } from '../core/meter/usage.ts'
import { pricesOf } from '../intake/prices.ts'

const book = loadPriceBook()
const { price } = pricesOf(book)
const atMicros = Date.UTC(2026, 10, 20) * 1000
const models = book.sellers.flatMap(seller => seller.models.map(model => ({ provider: seller.id, model: model.id })))

test('whatever a call uses within its bounds, it costs no more than was reserved for it: of every model of every seller', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  let priced = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.integer({ min: 0, max: 400_000 }),
      fc.integer({ min: 0, max: 100_000 }),
      fc.tuple(share, share, share, share, share, share),
      fc.boolean(),
      (offer, prompt, output, [a, b, c, d, e, f], isCached) => {
        const most = mostUsd(
          {
            ...offer,
            atMicros,
            promptTokens: prompt,
            outputTokens: output,
            tier: null,
            region: null,
            speed: null,
            hasAudio: false,
          },
          price,
        )
        const used = Math.floor(prompt * a)
        const cacheRead = isCached ? Math.floor(used * b) : 0
        const cacheWrite = isCached ? Math.floor((used - cacheRead) * c) : 0
        const cacheWrite5m = Math.floor(cacheWrite * d)
        const wrote = Math.floor(output * e)
        const usage = {
          ...noUsage,
          input: used - cacheRead - cacheWrite,
          cacheRead,
          cacheWrite,
          cacheWrite5m,
          cacheWrite1h: cacheWrite - cacheWrite5m,
          output: wrote,
          reasoning: Math.floor(wrote * f),
        }
        const { usd } = price({ ...offer, atMicros, usage, tier: null, region: null, speed: null })
        // Models billed by the second have no rate for tokens: of them nobody can say.
        if (usd === null || (usd === 0n && most === null)) return
        priced++
        expect(most).not.toBeNull()
        expect(usd <= most!).toBe(true)
      },
    ),
    { numRuns: 5000 },
  )
  expect(priced).toBeGreaterThan(1000)
})

test('a priced call of a dear tier is bounded by the tier asked for', () => {
  const asked = {
    provider: 'openai',
    model: 'gpt-5',
    atMicros,
    promptTokens: 1000,
    outputTokens: 1000,
    region: null,
    speed: null,
    hasAudio: false,
  }
  const standard = mostUsd({ ...asked, tier: null }, price)!
  const priority = mostUsd({ ...asked, tier: 'priority' }, price)!
  // OpenAI's price list: gpt-5 at 1.25 in, 10 out per million tokens; priority at 2.50 in, 20 out.
  expect([standard, priority]).toEqual([11_250_000_000n, 22_500_000_000n])
})

test('what nobody can say is null: a body that was not read, a model without a price', () => {
  const asked = {
    provider: 'openai',
    model: 'gpt-5',
    atMicros,
    promptTokens: 1,
    outputTokens: 1,
    tier: null,
    region: null,
    speed: null,
    hasAudio: false,
  }
  expect(mostUsd({ ...asked, promptTokens: null }, price)).toBeNull()
  expect(mostUsd({ ...asked, model: 'nobody-knows-it' }, price)).toBeNull()
})

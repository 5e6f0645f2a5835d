import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from './calendar.ts'
import { decimal, formatUsd } from './money.ts'
import { price, priceOnCard, rateCard, rateSegments, selectionKey } from './price.ts'
import { pricedJson, pricedMembers } from './price-json.ts'
import {
  type BilledKind,
  type Multiplier,
  type PriceBook,
  publishedPer,
  type RateRow,
  type Rates,
  type Seller,
} from './rates.ts'
import { addUsage, noUnits, noUsage, promptTokens, type Usage, usageOf } from './usage.ts'

const ratesOf = (texts: Partial<Record<BilledKind, string>>): Rates =>
  Object.fromEntries(
    Object.entries(texts).map(([kind, usd]) => [kind, { usd: decimal(usd), per: publishedPer[kind as BilledKind] }]),
  )

const said = {
  layer: 'shipped',
  source: 'test',
  reference: null,
  observedAt: '2026-11-23',
  confidence: 'published',
} as const
const rowOf = (rates: Partial<Record<BilledKind, string>>, more: Partial<RateRow> = {}): RateRow => ({
  ...said,
  fromMicros: null,
  toMicros: null,
  tier: 'standard',
  region: null,
  speed: null,
  window: null,
  rates: ratesOf(rates),
  bands: [],
  ...more,
})
const sellerOf = (rows: readonly RateRow[], more: Partial<Seller> = {}): Seller => ({
  id: 'shop',
  names: [],
  ownModels: [],
  models: [{ id: 'm', names: [], patterns: [], rows }],
  resells: [],
  regionInName: false,
  tierNames: {},
  tierOfSpeed: {},
  speedOfTier: {},
  multipliers: [],
  discounts: [],
  fees: [],
  billedAs: {},
  router: null,
  ...more,
})
const bookOf = (...sellers: Seller[]): PriceBook => ({ version: 'v', newestDate: '2026-11-23', sellers, dedicated: [] })
const times = (tier: string | null, factor: string, more: Partial<Multiplier> = {}): Multiplier => ({
  ...said,
  fromMicros: null,
  toMicros: null,
  tier,
  region: null,
  speed: null,
  models: [],
  kinds: null,
  times: decimal(factor),
  ...more,
})
const at = instant('2026-11-23')
const ask = (book: PriceBook, usage: Partial<Usage>, more = {}) =>
  price(book, { provider: 'shop', model: 'm', usage: usageOf(usage), atMicros: at, ...more })
const cost = (book: PriceBook, usage: Partial<Usage>, more = {}): string | null => {
  const { usd } = ask(book, usage, more)
  return usd === null ? null : formatUsd(usd)
}

const amount = fc.integer({ min: 0, max: 3_000_000 })
const usages = fc
  .record({
    input: amount,
    cacheRead: amount,
    cacheWrite5m: amount,
    cacheWrite1h: amount,
    inputAudio: amount,
    output: amount,
    searches: fc.integer({ min: 0, max: 50 }),
  })
  .map(counts => usageOf(counts))
const rate = fc.integer({ min: 0, max: 999_999_999 }).map(n => (n / 1e6).toFixed(6))
const rateSheets = fc.record({
  input: rate,
  cacheRead: rate,
  cacheWrite: rate,
  cacheWrite1h: rate,
  inputAudio: rate,
  output: rate,
  searches: rate,
})

test('law 1: any split of a call into pieces costs what the whole costs, to the pico-dollar', () => {
  fc.assert(
    fc.property(rateSheets, usages, usages, (sheet, a, b) => {
      const book = bookOf(sellerOf([rowOf(sheet)]))
      const card = rateCard(book, { provider: 'shop', model: 'm', atMicros: at, promptTokens: 0 })
      if (typeof card === 'string') throw new Error(card)
      const whole = priceOnCard(book, card, addUsage(a, b)).usd!
      expect(whole).toBe(priceOnCard(book, card, a).usd! + priceOnCard(book, card, b).usd!)
    }),
  )
})

test('law 3: the lines of a bill add up to its total to the last digit, at rates finer than a pico-dollar too', () => {
  const fine = fc.integer({ min: 1, max: 999_999 }).map(n => `0.00000${n}`)
  fc.assert(
    fc.property(
      fc.record({
        input: fine,
        cacheRead: fine,
        cacheWrite: fine,
        cacheWrite1h: fine,
        inputAudio: fine,
        output: fine,
        searches: fine,
      }),
      usages,
      (sheet, usage) => {
        const priced = price(bookOf(sellerOf([rowOf(sheet)])), { provider: 'shop', model: 'm', usage, atMicros: at })
        if (priced.usd === null) throw new Error(priced.reason)
        expect(priced.lines.reduce((sum, line) => sum + line.usd, 0n)).toBe(priced.usd)
      },
    ),
  )
})

test('law 6: a lower price of any kind never makes a call dearer', () => {
  fc.assert(
    fc.property(
      rateSheets,
      fc.constantFrom('input', 'cacheRead', 'cacheWrite', 'output', 'searches'),
      usages,
      (sheet, kind, usage) => {
        const lower = { ...sheet, [kind]: (Number(sheet[kind as keyof typeof sheet]) / 2).toFixed(6) }
        const [dear, cheap] = [sheet, lower].map(
          s => price(bookOf(sellerOf([rowOf(s)])), { provider: 'shop', model: 'm', usage, atMicros: at }).usd!,
        )
        return cheap! <= dear!
      },
    ),
  )
})

test('law 4: an unknown count leaves the call unpriced, whichever kind it is', () => {
  const book = bookOf(
    sellerOf([
      rowOf({
        input: '1',
        output: '2',
        inputAudio: '3',
        inputImage: '1',
        outputAudio: '9',
        outputImage: '9',
        searches: '10',
      }),
    ]),
  )
  for (const kind of [
    'input',
    'cacheRead',
    'cacheWrite',
    'inputAudio',
    'inputImage',
    'output',
    'outputAudio',
    'outputImage',
    'searches',
  ] as const) {
    const priced = price(book, {
      provider: 'shop',
      model: 'm',
      usage: { ...noUsage, output: 5, [kind]: null },
      atMicros: at,
    })
    expect(priced, kind).toEqual({ usd: null, reason: `usage unknown: ${kind} is null` })
  }
})

test('law 4: a count in a kind without a rate leaves the call unpriced and never free', () => {
  const book = bookOf(sellerOf([rowOf({ input: '1', cacheWrite: '1.25' })]))
  for (const kind of [
    'output',
    'inputAudio',
    'inputImage',
    'outputAudio',
    'outputImage',
    'searches',
    'cacheWrite1h',
    'cacheWrite12h',
  ] as const) {
    expect(ask(book, { [kind]: 1 }), kind).toMatchObject({ usd: null, reason: expect.stringContaining(kind) })
  }
  expect(
    price(book, { provider: 'shop', model: 'm', usage: noUsage, units: { pages: 1 }, atMicros: at }).usd,
  ).toBeNull()
  expect(cost(book, { input: 1_000_000 })).toBe('1.000000000000')
})

test('law 10: rows that begin later leave the price of every earlier call as it was', () => {
  const t = instant('2026-08-21')
  const old = bookOf(sellerOf([rowOf({ input: '5', output: '30' })]))
  const now = bookOf(
    sellerOf([rowOf({ input: '5', output: '30' }), rowOf({ input: '4', output: '20' }, { fromMicros: t })]),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: t - 1 }), usages, (atMicros, usage) => {
      const request = { provider: 'shop', model: 'm', usage: { ...usage, inputAudio: 0, searches: 0 }, atMicros }
      return price(old, request).usd === price(now, request).usd
    }),
  )
  expect(cost(now, { input: 1_000_000 }, { atMicros: t - 1 })).toBe('5.000000000000')
  expect(cost(now, { input: 1_000_000 }, { atMicros: t })).toBe('4.000000000000')
})

test('law 10: what ends holds up to its last instant and not at the next: a row, a multiplier, a discount', () => {
  const t = instant('2026-11-01')
  const ending = { toMicros: t }
  const ended = bookOf(sellerOf([rowOf({ input: '5' }, ending)]))
  expect(cost(ended, { input: 1_000_000 }, { atMicros: t - 1 })).toBe('5.000000000000')
  expect(ask(ended, { input: 1_000_000 }, { atMicros: t })).toMatchObject({ usd: null })
  const book = bookOf(
    sellerOf([rowOf({ input: '5' })], {
      multipliers: [times('batch', '0.5', ending)],
      discounts: [times(null, '0.8', ending)],
    }),
  )
  expect(cost(book, { input: 1_000_000 }, { atMicros: t - 1, tier: 'batch' })).toBe('2.000000000000')
  expect(cost(book, { input: 1_000_000 }, { atMicros: t })).toBe('5.000000000000')
  expect(ask(book, { input: 1_000_000 }, { atMicros: t, tier: 'batch' })).toMatchObject({ usd: null })
})

test('law 3: at rates finer than a pico-dollar a total is rounded once, half-even, and its lines add up to it', () => {
  const fine = fc.integer({ min: 1, max: 99_999 }).map(n => `0.00${String(n).padStart(9, '0')}`)
  fc.assert(
    fc.property(fine, fine, fine, fc.nat(1000), fc.nat(1000), fc.nat(1000), (a, b, c, input, cacheRead, output) => {
      const priced = ask(bookOf(sellerOf([rowOf({ input: a, cacheRead: b, output: c })])), { input, cacheRead, output })
      // USD per 1e6 with eleven decimals: one token is its digits × 1e-17 USD, and 1e5 of those make a pico-dollar.
      const digits = (text: string): bigint => BigInt(text.slice(2))
      const exact = digits(a) * BigInt(input) + digits(b) * BigInt(cacheRead) + digits(c) * BigInt(output)
      const [whole, rest] = [exact / 100_000n, exact % 100_000n]
      const up = rest > 50_000n || (rest === 50_000n && whole % 2n === 1n)
      expect(priced.usd).toBe(up ? whole + 1n : whole)
      if (priced.usd !== null) expect(priced.lines.reduce((sum, line) => sum + line.usd, 0n)).toBe(priced.usd)
    }),
  )
})

test('law 1: reasoning is part of output, billed once where it has no rate of its own', () => {
  const book = bookOf(sellerOf([rowOf({ input: '1', output: '8' })]))
  expect(cost(book, { output: 1_000_000, reasoning: 900_000 })).toBe('8.000000000000')
  expect(cost(book, { output: 1_000_000, reasoning: null })).toBe('8.000000000000')
})

test("a read or a write without a rate is the input that it is; a long write never takes the short one's rate", () => {
  const book = bookOf(sellerOf([rowOf({ input: '2', output: '10' })]))
  expect(cost(book, { cacheRead: 500_000, cacheWrite: 500_000 })).toBe('2.000000000000')
  expect(cost(book, { cacheWrite1h: 1_000_000 })).toBe('2.000000000000')
  const writes = bookOf(sellerOf([rowOf({ input: '2', output: '10', cacheWrite: '2.5' })]))
  expect(cost(writes, { cacheWrite5m: 1_000_000, cacheWrite30m: 1_000_000 })).toBe('5.000000000000')
  expect(cost(writes, { cacheWrite1h: 1 })).toBeNull()
})

test('the context band looks at the whole prompt and prices every token; output is no part of the prompt', () => {
  const bands = [
    { fromPromptTokens: 200_001, stated: '> 200000', rates: ratesOf({ input: '2', cacheRead: '0.2', output: '20' }) },
  ]
  const book = bookOf(sellerOf([rowOf({ input: '1', cacheRead: '0.1', output: '10' }, { bands })]))
  expect(cost(book, { input: 100_000, cacheRead: 100_000, output: 500_000 })).toBe('5.110000000000')
  expect(cost(book, { input: 100_000, cacheRead: 100_001, output: 500_000 })).toBe('10.220000200000')
})

test('a published row wins over multiplication, and a tier without either has no price', () => {
  const rows = [
    rowOf({ input: '2.5', cacheRead: '0.25', output: '15' }),
    rowOf({ input: '1.25', cacheRead: '0.13', output: '7.5' }, { tier: 'flex' }),
  ]
  const book = bookOf(sellerOf(rows, { multipliers: [times('flex', '0.5'), times('batch', '0.5')] }))
  expect(cost(book, { cacheRead: 1_000_000 }, { tier: 'flex' })).toBe('0.130000000000')
  expect(cost(book, { cacheRead: 1_000_000 }, { tier: 'batch' })).toBe('0.125000000000')
  expect(ask(book, { input: 1 }, { tier: 'priority' })).toMatchObject({
    usd: null,
    reason: expect.stringContaining('no priority price'),
  })
  for (const tier of [null, '', 'default', 'auto', 'standard', 'on_demand'])
    expect(cost(book, { input: 1_000_000 }, { tier })).toBe('2.500000000000')
})

test('tier and region multiply together, on tokens and not on fees', () => {
  const book = bookOf(
    sellerOf([rowOf({ input: '1.25', output: '2.5', searches: '5' })], {
      multipliers: [times('batch', '0.5'), times(null, '1.1', { region: 'us' })],
    }),
  )
  const usage = { input: 1_000_000, searches: 1000 }
  expect(cost(book, usage, { tier: 'batch', region: 'us-east-1' })).toBe('5.687500000000')
  expect(cost(book, usage, { region: 'eu-west-1' })).toBe('6.250000000000')
})

test("a user's own row wins over a shipped one of another region, and says so", () => {
  const rows = [rowOf({ input: '3' }, { region: 'global' }), rowOf({ input: '1' }, { layer: 'user' })]
  expect(ask(bookOf(sellerOf(rows)), { input: 1_000_000 }, { region: 'global' })).toMatchObject({
    usd: 1_000_000_000_000n,
    match: 'override',
  })
})

test('a negotiated discount takes its share off whatever row holds', () => {
  const book = bookOf(
    sellerOf([rowOf({ input: '2' }), rowOf({ input: '1' }, { tier: 'batch' })], {
      discounts: [times(null, '0.85', { layer: 'user' })],
    }),
  )
  expect(cost(book, { input: 1_000_000 })).toBe('1.700000000000')
  expect(cost(book, { input: 1_000_000 }, { tier: 'batch' })).toBe('0.850000000000')
})

test('reasoning with a rate of its own is taken out of output and billed once', () => {
  const book = bookOf(sellerOf([rowOf({ input: '2', output: '8', reasoning: '3' })]))
  expect(cost(book, { output: 1_000_000, reasoning: 400_000 })).toBe('6.000000000000')
  expect(ask(book, { output: 10, reasoning: null })).toMatchObject({
    usd: null,
    reason: expect.stringContaining('reasoning'),
  })
})

test('a token-second of cache storage is 2500/9 pico-dollars: nine of them are exact, one is rounded half-even', () => {
  const book = bookOf(sellerOf([rowOf({ cacheStorageTokenHours: '1.00' })]))
  const stored = (n: number) =>
    price(book, { provider: 'shop', model: 'm', usage: noUsage, units: { cacheStorageTokenSeconds: n }, atMicros: at })
      .usd
  expect(stored(9)).toBe(2500n)
  expect(stored(1)).toBe(278n)
  expect(stored(1_080_000_000)).toBe(300_000_000_000n)
})

test('counts beyond the range of exact floats are still priced to the digit', () => {
  const book = bookOf(sellerOf([rowOf({ input: '150.000001', output: '600' })]))
  expect(cost(book, { input: 9_007_199_254_740_991 })).toBe('1351079897218.347904740991')
})

test('the segments that SQL prices by agree with the price of each call', () => {
  const window = { weekdays: [1, 2, 3, 4, 5], spans: [[3600, 14_400]] as const, exceptDays: [] }
  const bands = [
    {
      fromPromptTokens: 1_000_000,
      stated: '>= 1000000',
      rates: ratesOf({ input: '2', cacheRead: '0.3', output: '9' }),
    },
  ]
  const rows = [
    rowOf({ input: '1', output: '5' }, { toMicros: instant('2026-11-10') }),
    rowOf({ input: '0.7', cacheRead: '0.1', output: '4' }, { fromMicros: instant('2026-11-10'), bands }),
    rowOf({ input: '1.4', cacheRead: '0.2', output: '8' }, { fromMicros: instant('2026-11-10'), window }),
  ]
  const book = bookOf(sellerOf(rows))
  const [from, to] = [instant('2026-11-01'), instant('2026-12-01')]
  const offer = { provider: 'shop', model: 'm' }
  const segments = rateSegments(book, offer, from, to)
  expect(selectionKey(book, offer)).toEqual({
    instants: [instant('2026-11-10')],
    windows: true,
    promptBounds: [1_000_000],
  })
  fc.assert(
    fc.property(usages, fc.integer({ min: from, max: to - 1 }), (counts, atMicros) => {
      const usage = { ...counts, inputAudio: 0, searches: 0 }
      const prompt = promptTokens(usage)!
      const fitting = segments.filter(
        s =>
          atMicros >= s.fromMicros &&
          atMicros < s.toMicros &&
          prompt >= s.fromPromptTokens &&
          prompt < s.toPromptTokens,
      )
      expect(fitting).toHaveLength(1)
      const { terms, denominator } = fitting[0]!.card!
      let sum = 0n
      for (const kind of ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const) {
        sum += (terms.get(kind)?.numerator ?? 0n) * BigInt(usage[kind] ?? 0)
      }
      expect(price(book, { ...offer, usage, atMicros }).usd).toBe(sum / denominator)
    }),
  )
})

test("a router's share is a line of its own on top of what the upstream bills (5 % of 0.00076)", () => {
  const upstream = {
    ...sellerOf([rowOf({ input: '0.25', cacheRead: '0.025', output: '2' })]),
    id: 'openai',
    names: [],
    ownModels: ['m'],
  }
  const router = {
    ...sellerOf([rowOf({ input: '9', output: '9' })]),
    id: 'openrouter',
    router: { ...said, tier: 'byok', share: decimal('0.05') },
  }
  const priced = price(bookOf(upstream, router), {
    provider: 'openrouter',
    model: 'm',
    tier: 'BYOK',
    usage: usageOf({ input: 600, cacheRead: 400, output: 300 }),
    atMicros: at,
  })
  expect(priced.usd).toBe(798_000_000n)
  expect(priced.usd !== null && priced.lines.at(-1)).toMatchObject({ kind: 'routerFee', usd: 38_000_000n })
})

test('the text of a batch line is the JSON of the value', () => {
  const book = bookOf(sellerOf([rowOf({ input: '1', output: '5', requests: '6' })]))
  fc.assert(
    fc.property(usages, counts => {
      const priced = price(book, { provider: 'shop', model: 'm', usage: counts, units: noUnits, atMicros: at })
      // All but the row's reference and date, which a batch does not repeat on every line.
      expect(pricedJson(priced)).toMatchObject(JSON.parse(`{${pricedMembers(priced)}}`))
    }),
    { numRuns: 30 },
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromPico, type Money } from '../meter/money.ts'
import { isOwnServer } from '../meter/own-servers.ts'
import { sellerKey } from '../meter/seller.ts'
import { type BilledPart, billsOf, coverageOf } from './coverage.ts'

const day = 86_400e6
const usd = (dollars: number): Money => fromPico(BigInt(Math.round(dollars * 1e6)) * 1_000_000n)
const line = (over: Partial<BilledPart> = {}): BilledPart => ({
  source: 'file:a',
  name: 'a.csv',
  importedAtMicros: 1,
  provider: 'OpenAI',
  fromMicros: 0,
  toMicros: day,
  usd: usd(100),
  category: 'usage',
  ...over,
})
const rows = (over: Partial<Parameters<typeof coverageOf>[2][number]> = {}) => [
  { provider: 'openai', calls: 100, unpricedCalls: 0, estimatedCalls: 0, unknownUsageCalls: 0, ...over },
]
const known = { attributedCalls: 60, days: 14, hoursOfWeek: 168 }

test('without an invoice the share of the bill is unknown, not zero (law 4)', () => {
  expect(coverageOf(billsOf([]), [], rows(), known)).toMatchObject({
    billedUsd: null,
    meteredUsd: null,
    billedShare: null,
    pricedShare: 1,
    attributedShare: 0.6,
    notes: ['no invoice: share of the bill unknown'],
  })
  expect(coverageOf(billsOf([]), [], [], { attributedCalls: 0, days: 0, hoursOfWeek: 0 })).toMatchObject({
    pricedShare: null,
    attributedShare: null,
    unknownShare: null,
  })
})

test('metered of billed, tax and credits beside it', () => {
  const bills = billsOf([
    line(),
    line({ usd: usd(19), category: 'tax' }),
    line({ usd: usd(-30), category: 'credit' }),
    line({ usd: usd(20), category: 'purchase' }),
  ])
  expect(bills.periods).toMatchObject([{ key: 'openai', fromMicros: 0, toMicros: day }])
  expect(coverageOf(bills, [usd(90)], rows(), known)).toMatchObject({
    billedUsd: '120.000000000000',
    meteredUsd: '90.000000000000',
    billedShare: 0.75,
    taxUsd: '19.000000000000',
    creditUsd: '-30.000000000000',
    billedOnly: [],
  })
})

test('too much of one seller hides no gap of another; a seller without calls is named', () => {
  const bills = billsOf([line(), line({ provider: 'Anthropic, PBC' })])
  const coverage = coverageOf(bills, [usd(150), usd(0)], rows(), known)
  expect(coverage).toMatchObject({ billedShare: 0.5, billedOnly: ['Anthropic, PBC'] })
  expect(coverage.notes.join()).toContain('more than the 100.000000000000 billed')
})

describe('overlapping bills of one seller', () => {
  test('the one imported last counts', () => {
    const invoice = line({ toMicros: 30 * day, usd: usd(3000) })
    const daily = Array.from({ length: 30 }, (_, i) =>
      line({
        source: 'file:b',
        name: 'b.json',
        importedAtMicros: 2,
        fromMicros: i * day,
        toMicros: (i + 1) * day,
        usd: usd(99),
      }),
    )
    const bills = billsOf([invoice, ...daily])
    expect(bills.lines).toEqual(daily)
    expect(bills.periods).toMatchObject([{ fromMicros: 0, toMicros: 30 * day }])
    expect(bills.notes).toEqual(['1 lines of a.csv are left out: a later bill of OpenAI covers the same time'])
    // Lines of one bill for one time (models, projects) do not overlap one another.
    expect(billsOf([line(), line()]).lines).toHaveLength(2)
    expect(billsOf([line(), line({ source: 'file:b', provider: 'anthropic' })]).lines).toHaveLength(2)
  })
  test('no moment of a seller is billed by two bills, and periods are the union of what is kept', () => {
    const one = fc.record({
      source: fc.constantFrom('a', 'b', 'c'),
      from: fc.integer({ min: 0, max: 20 }),
      days: fc.integer({ min: 1, max: 9 }),
    })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), raw => {
        const all = raw.map(({ source, from, days }) =>
          line({
            source,
            importedAtMicros: source.charCodeAt(0),
            fromMicros: from * day,
            toMicros: (from + days) * day,
          }),
        )
        const { lines, periods } = billsOf(all)
        for (const a of lines) {
          for (const b of lines)
            if (a.source !== b.source) expect(a.toMicros <= b.fromMicros || b.toMicros <= a.fromMicros).toBe(true)
          expect(periods.filter(p => p.fromMicros <= a.fromMicros && a.toMicros <= p.toMicros)).toHaveLength(1)
        }
        for (let d = 0; d < 30; d++) {
          const at = (d + 0.5) * day
          const inside = (p: { fromMicros: number; toMicros: number }) => p.fromMicros < at && at < p.toMicros
          expect(periods.some(inside)).toBe(lines.some(inside))
        }
      }),
    )
  })
})

test('names of one seller are one; own servers are sold by nobody', () => {
  for (const [a, b] of [
    ['OpenAI, LLC', 'openai'],
    ['bedrock', 'Amazon Web Services'],
    ['vertex_ai', 'Google Cloud'],
    ['together_ai', 'Together AI'],
    ['Azure OpenAI', 'azure'],
  ]) {
    expect(sellerKey(a!)).toBe(sellerKey(b!))
  }
  expect(sellerKey('openai')).not.toBe(sellerKey('azure'))
  expect(['hosted_vllm', 'ollama', 'openai', null].map(isOwnServer)).toEqual([true, true, false, false])
  const own = { provider: 'hosted_vllm', calls: 300, unpricedCalls: 300, estimatedCalls: 0, unknownUsageCalls: 4 }
  expect(coverageOf(billsOf([]), [], [...rows({ unpricedCalls: 1 }), own], known)).toMatchObject({
    // Of all 400: 99 have a price, one has none, 300 are billed by the hour.
    pricedShare: 0.2475,
    ownShare: 0.75,
    unknownShare: 0.01,
  })
})

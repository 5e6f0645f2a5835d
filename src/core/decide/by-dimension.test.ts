import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byDimension, type Cell, type WeightsAnswer } from './by-dimension.ts'
import { defaultChoices } from './choices.ts'
import { decide } from './decide.ts'
import { evidenceForTest } from './evidence-for-test.ts'

const month = { hours: 730, spanMicros: 14 * 86_400e6 }

const cell = (over: Partial<Cell> = {}): Cell => ({
  key: 'search',
  environment: null,
  weights: 'open-70b',
  calls: 10,
  unpricedCalls: 0,
  unknownUsageCalls: 0,
  pico: 1_000_000_000_000n,
  input: 1_000_000,
  output: 250_000,
  ...over,
})

function answered(choices: Partial<typeof defaultChoices> = {}): WeightsAnswer {
  const evidence = evidenceForTest()
  return { evidence, answer: decide(evidence, { ...defaultChoices, ...choices }, { draws: 20 }) }
}

const pico = (usd: string): bigint => BigInt(usd.replace('.', ''))

test('law 3: rows add up to the total, to the pico-dollar, whatever the cells and the span', () => {
  const cells = fc.array(
    fc.record({
      key: fc.constantFrom('search', 'chat', 'batch', null),
      environment: fc.constantFrom('production', 'staging', 'development', null),
      weights: fc.constantFrom('open-70b', 'other', null),
      pico: fc.bigInt({ min: 0n, max: 10n ** 18n }),
      calls: fc.nat(1e6),
    }),
    { minLength: 1, maxLength: 20 },
  )
  fc.assert(
    fc.property(cells, fc.integer({ min: 1, max: 90 * 86_400 }), (list, seconds) => {
      const all = list.map(one => cell(one))
      const spanMicros = seconds * 1e6
      const { rows, total } = byDimension('feature', all, new Map(), { hours: 730, spanMicros })
      const sum = rows.reduce((usd, row) => usd + pico(row.usdPerMonth), 0n)
      expect(sum).toBe(pico(total.usdPerMonth))
      // The total is the exact sum brought to a month, rounded once.
      const exact = all.reduce((usd, one) => usd + one.pico, 0n) * BigInt(730 * 3600e6)
      const rounding = pico(total.usdPerMonth) * BigInt(spanMicros) - exact
      expect(rounding < 0n ? -rounding * 2n : rounding * 2n).toBeLessThanOrEqual(BigInt(spanMicros))
      expect(rows.reduce((calls, row) => calls + row.calls, 0)).toBe(total.calls)
      expect(new Set(rows.map(row => JSON.stringify([row.key, row.environment]))).size).toBe(rows.length)
    }),
  )
})

test('law 7: a shared fleet is sized once; slices bear its replica-seconds, and together all of it', () => {
  // No API is as cheap as this fleet.
  const known = answered({ usdPerGpuHour: 0.1, operationsUsdPerMonth: 0 })
  expect(known.answer.options.find(({ name }) => name === known.answer.best)).toMatchObject({ kind: 'self-host' })
  const { input, output } = known.evidence.demand.tokens
  const parts = [0.5, 0.3, 0.2].map((share, i) =>
    cell({
      key: `f${i}`,
      pico: 10n ** 20n,
      input: input * share,
      output: output * (i === 0 ? 0.1 : i === 1 ? 0.2 : 0.7),
    }),
  )
  const { rows, total } = byDimension('feature', parts, new Map([['open-70b', known]]), month)
  const fleetUsd = known.answer.options.find(({ name }) => name === known.answer.best)!.usd!
  expect(total.usdPerMonthAtBest).toBeCloseTo(fleetUsd, 6)
  // Prompts cost 5e-5 replica-seconds a token, answers 3e-4: the slice of long answers bears most.
  const seconds = parts.map(part => part.input * 5e-5 + part.output * 3e-4)
  const all = seconds.reduce((a, b) => a + b, 0)
  const byKey = new Map(rows.map(row => [row.key, row.usdPerMonthAtBest!]))
  for (const [i, part] of parts.entries()) {
    expect(byKey.get(part.key)).toBeCloseTo((fleetUsd * seconds[i]!) / all, 6)
  }
})

test("an API that keeps today's cache hits shares its bill by what each slice reads, writes and gets, at its own rates", () => {
  const cache = { hitShare: 0.5, freshUsd: null, lowUsd: null, rule: null }
  const { demand } = evidenceForTest()
  const usage = { ...demand.usage, cacheRead: 1008e6, cacheWrite: 252e6 }
  const evidence = (basis: 'as metered' | 'simulated') =>
    evidenceForTest({
      demand: { ...demand, usage },
      api: [
        { usdPerMtok: 5 },
        {
          // Of 756 Mtok fresh, 1,008 read, 252 written and 504 of answers.
          usd: '3187.800000000000',
          servesToday: true,
          rates: {
            inputUsdPerMtok: 1,
            outputUsdPerMtok: 4,
            cacheReadUsdPerMtok: 0.1,
            cacheWriteUsdPerMtok: 1.25,
          },
          cache: { ...cache, basis, readTokens: usage.cacheRead, writtenTokens: usage.cacheWrite },
        },
      ],
    })
  const cells = [
    cell({ key: 'search', input: 1512e6, cacheRead: 1008e6, cacheWrite: 252e6, output: 252e6 }),
    cell({ key: 'chat', input: 504e6, output: 252e6 }),
  ]
  const atBest = (basis: 'as metered' | 'simulated') => {
    const answer = decide(evidence(basis), { ...defaultChoices, usdPerGpuHour: 1000 }, { draws: 20 })
    expect(answer.best).toBe('hosted 1')
    const known = new Map([['open-70b', { evidence: evidence(basis), answer }]])
    const { rows, total } = byDimension('feature', cells, known, month)
    return { ...Object.fromEntries(rows.map(row => [row.key, row.usdPerMonthAtBest])), total: total.usdPerMonthAtBest }
  }
  const toMonth = 730 / 336
  // Search: 252 × 1 + 1,008 × 0.1 + 252 × 1.25 + 252 × 4; chat: 504 × 1 + 252 × 4.
  const metered = atBest('as metered')
  expect(metered.search).toBeCloseTo(1675.8 * toMonth, 6)
  expect(metered.chat).toBeCloseTo(1512 * toMonth, 6)
  expect(metered.total).toBeCloseTo(3187.8 * toMonth, 6)
  // Simulated hits are not those metered, and nobody knows whose they are: 1,512 × 1 + 252 × 4 to 504 × 1 + 252 × 4.
  const simulated = atBest('simulated')
  expect(simulated.search).toBeCloseTo((3187.8 * toMonth * 2520) / 4032, 6)
  expect(simulated.total).toBeCloseTo(3187.8 * toMonth, 6)
})

test('law 4: what has no price, no model or no answer is unknown, in the row and in the total', () => {
  const known = answered()
  const rowsOf = (...cells: Cell[]) => byDimension('feature', cells, new Map([['open-70b', known]]), month)
  const { rows, total } = rowsOf(
    cell({ key: 'priced' }),
    cell({ key: 'unpriced', unpricedCalls: 4, pico: 0n }),
    cell({ key: 'nameless', weights: null, unpricedCalls: 10, pico: 0n }),
    cell({ key: 'small', weights: 'rare-1b' }),
  )
  const row = (key: string) => rows.find(one => one.key === key)!
  expect(row('priced')).toMatchObject({ decision: 'no', grade: 'C' })
  expect(row('priced').usdPerMonthAtBest).toBeCloseTo((1 * 730) / (14 * 24), 9)
  expect(row('unpriced')).toMatchObject({ usdPerMonthAtBest: null, blocker: '4 of 10 calls have no price' })
  expect(row('nameless')).toMatchObject({
    usdPerMonthAtBest: null,
    decision: 'cannot tell',
    blocker: 'the calls name no model',
  })
  expect(row('small').blocker).toContain('rare-1b was not asked about')
  expect(total).toMatchObject({ calls: 40, unpricedCalls: 14, usdPerMonthAtBest: null })
})

test('development and staging stand apart, below production; the unattributed is a row of its own, last of its part', () => {
  const { rows } = byDimension(
    'feature',
    [
      cell({ key: null, pico: 9n }),
      cell({ key: 'a', pico: 1n }),
      cell({ key: 'b', pico: 2n, environment: 'production' }),
      cell({ key: 'a', pico: 5n, environment: 'staging' }),
      cell({ key: 'a', pico: 5n, environment: 'development' }),
    ],
    new Map(),
    month,
  )
  expect(rows.map(({ key, environment }) => [key, environment])).toEqual([
    ['b', 'production'],
    ['a', null],
    [null, null],
    ['a', 'development'],
    ['a', 'staging'],
  ])
})

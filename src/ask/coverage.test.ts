import { afterEach, beforeEach, expect, test } from 'vitest'
import { coverageLine } from '../charts/coverage-line.ts'
import type { Call } from '../core/meter/call.ts'
import { callForTest } from '../core/meter/call-for-test.ts'
import type { Charge } from '../core/meter/charge.ts'
import { fromPico } from '../core/meter/money.ts'
import { noUsage } from '../core/meter/usage.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openMemory } from '../ledger/memory.ts'
import { gatherCoverage } from './coverage.ts'

const start = Date.UTC(2026, 10, 2) * 1000
const day = 86_400e6
const dollars = (usd: number) => fromPico(BigInt(Math.round(usd * 1e6)) * 1_000_000n)
let made = 0
const call = (days: number, usd: number | null, over: Partial<Call> = {}): Call =>
  callForTest({
    source: 'log',
    id: String(made++),
    atMicros: start + days * day,
    provider: 'openai',
    model: 'gpt-5-mini',
    usage: { ...noUsage, input: 10, output: 1 },
    attribution: { feature: 'search' },
    price: usd === null ? { usd: null, reason: 'unknown' } : { usd: dollars(usd), pricedAs: 'x', catalogVersion: 'v' },
    ...over,
  })
const bill = (source: string, charges: Partial<Charge>[]) => ({
  source,
  name: source,
  format: 'invoice',
  sample: false,
  importedAtMicros: start,
  charges: charges.map(
    (charge): Charge => ({
      provider: 'OpenAI, LLC',
      fromMicros: start,
      toMicros: start + 14 * day,
      usd: dollars(100),
      category: 'usage',
      description: null,
      model: null,
      ...charge,
    }),
  ),
})

let ledger: Ledger
beforeEach(() => {
  ledger = openMemory()
})
afterEach(() => ledger.close())

test('calls of the billed seller in the billed time, and no others, explain the bill', async () => {
  await ledger.append([
    call(0, 60),
    call(13.9, 30),
    call(14.5, 1000),
    call(1, 500, { provider: 'anthropic', attribution: { ...call(0, 0).attribution, feature: null } }),
    call(2, null, { provider: 'hosted_vllm', estimated: true }),
    call(3, 7, { source: 'sample' }),
  ])
  await ledger.addCharges(
    bill('invoice', [{}, { usd: dollars(20), category: 'tax' }, { provider: 'Cohere', usd: dollars(50) }]),
  )
  const coverage = await gatherCoverage(ledger)
  expect(coverage).toMatchObject({
    billedUsd: '150.000000000000',
    meteredUsd: '90.000000000000',
    billedShare: 0.6,
    pricedShare: 0.8,
    attributedShare: 0.8,
    estimatedShare: 0.2,
    unknownShare: 0,
    ownShare: 0.2,
    days: 14.5,
    hoursOfWeek: 5,
    billedOnly: ['Cohere'],
  })
  expect(coverageLine(coverage)).toBe(
    'covers only 60% of the bill ($90 metered of $150 billed, all calls); of these calls: 15 days, 5 of 168 hours of the week; 80% priced, 20% on own servers, 80% attributed, 20% estimated, 0% unknown',
  )
})

test('a period takes its share of a longer bill, and says so', async () => {
  await ledger.append([call(0, 60), call(1, 5)])
  await ledger.addCharges(bill('invoice', [{ usd: dollars(140) }]))
  const coverage = await gatherCoverage(ledger, { fromMicros: start, toMicros: start + 7 * day })
  expect(coverage).toMatchObject({ billedUsd: '70.000000000000', meteredUsd: '65.000000000000' })
  expect(coverage.notes.join('\n')).toMatch(
    /1 billed lines reach beyond .*\n6\.0 of the 7\.0 billed days have no calls/,
  )
})

test('without a bill, with only a bill, and for the sample', async () => {
  await ledger.addCharges(bill('invoice', [{}]))
  expect(await gatherCoverage(ledger)).toMatchObject({
    billedShare: 0,
    billedOnly: ['OpenAI, LLC'],
    pricedShare: null,
    days: 0,
  })
  await ledger.append([call(0, 1, { source: 'sample' })])
  expect(await gatherCoverage(ledger, {}, { sample: true })).toMatchObject({ billedShare: null, pricedShare: 1 })
  await ledger.undo('invoice')
  const none = await gatherCoverage(ledger)
  expect(none.billedShare).toBeNull()
  expect(coverageLine(none)).toContain('a share of the bill that is unknown (no invoice)')
})

// The one law of a reconciliation, and what each part means by cases worked out by hand.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Money, parseUsd } from '../meter/money.ts'
import {
  type Compared,
  type DifferencePart,
  isSteadyRatio,
  type MeteredSum,
  namedParts,
  roundingStep,
} from './reconcile-parts.ts'

const usd = (text: string): Money => parseUsd(text)
const metered = (over: Partial<MeteredSum> = {}): MeteredSum => ({
  calls: 10,
  usd: usd('1'),
  unpricedCalls: 0,
  unknownUsageCalls: 0,
  estimatedCalls: 0,
  failedUsd: usd('0'),
  ...over,
})
const cell = ({ asBilled, ...over }: Partial<Compared> = {}): Compared => ({
  asDated: metered(),
  asBilled: asBilled ?? over.asDated ?? metered(),
  billed: { usd: usd('1'), lines: 1 },
  tokenGapUsd: null,
  stepUsd: usd('0.000001'),
  isSteady: false,
  ...over,
})
const shown = (compared: Compared) =>
  Object.fromEntries(Object.entries(namedParts(compared)).filter(([, part]) => part !== 0n))
const only = (part: DifferencePart, text: string) => ({ [part]: usd(text) })

describe('ledger + Σ parts = bill, to the last pico-dollar', () => {
  const money = fc.bigInt({ min: 0n, max: 10n ** 18n }) as fc.Arbitrary<Money>
  const sum = fc
    .record({ calls: fc.nat(1000), unpriced: fc.nat(1000), unknown: fc.nat(1000), usd: money, failed: money })
    .map(({ calls, unpriced, unknown, usd, failed }): MeteredSum => {
      const unpricedCalls = Math.min(calls, unpriced)
      const pico = (calls === unpricedCalls ? 0n : usd) as Money
      return {
        calls,
        usd: pico,
        unpricedCalls,
        unknownUsageCalls: Math.min(unpricedCalls, unknown),
        estimatedCalls: 0,
        failedUsd: (failed < pico ? failed : pico) as Money,
      }
    })
  const compared = fc.record({
    asDated: sum,
    asBilled: sum,
    billed: fc.option(
      fc.record({
        usd: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 18n }) as fc.Arbitrary<Money>,
        lines: fc.integer({ min: 1, max: 9 }),
      }),
    ),
    tokenGapUsd: fc.option(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }) as fc.Arbitrary<Money>),
    stepUsd: fc.constantFrom(usd('0.01'), usd('0.000000000001')),
    isSteady: fc.boolean(),
  })
  test('whatever is known and unknown', () => {
    fc.assert(
      fc.property(compared, one => {
        const parts = Object.values(namedParts(one)).reduce((total: bigint, part) => total + part, 0n)
        expect(one.asDated.usd + parts).toBe(one.billed?.usd ?? 0n)
      }),
      { numRuns: 2000 },
    )
  })
  test('what is unmetered, unknown and unpriced only ever adds; what is over-metered only takes', () => {
    fc.assert(
      fc.property(compared, one => {
        const parts = namedParts(one)
        if ((one.billed?.usd ?? 0n) >= 0n) expect(parts.unmetered).toBeGreaterThanOrEqual(0n)
        expect(parts.unknown).toBeGreaterThanOrEqual(0n)
        if (one.billed !== null && one.tokenGapUsd === null) expect(parts.overMetered).toBeLessThanOrEqual(0n)
      }),
    )
  })
})

describe('a difference is', () => {
  test.each<[string, Partial<Compared>, object]>([
    ['nothing', {}, {}],
    ['unmetered without a call', { asDated: metered({ calls: 0, usd: usd('0') }) }, only('unmetered', '1')],
    ['over-metered where the bill leaves the model out', { billed: null }, only('overMetered', '-1')],
    [
      'unpriced where no call has a price',
      { asDated: metered({ usd: usd('0'), unpricedCalls: 10 }) },
      only('unpriced', '1'),
    ],
    [
      'unknown where no call has a usage',
      { asDated: metered({ usd: usd('0'), unpricedCalls: 10, unknownUsageCalls: 10 }) },
      only('unknown', '1'),
    ],
    [
      'the price where tokens agree',
      { billed: { usd: usd('0.9'), lines: 1 }, tokenGapUsd: usd('0') },
      only('price', '-0.1'),
    ],
    [
      'usage and price apart where tokens do not',
      { billed: { usd: usd('1.8'), lines: 1 }, tokenGapUsd: usd('0.5') },
      { ...only('unmetered', '0.5'), ...only('price', '0.3') },
    ],
    [
      'fewer tokens billed than metered, at a higher price',
      { billed: { usd: usd('1'), lines: 1 }, tokenGapUsd: usd('-0.2') },
      { ...only('overMetered', '-0.2'), ...only('price', '0.2') },
    ],
    [
      'rounding up to half a cent a line',
      { billed: { usd: usd('1.01'), lines: 2 }, stepUsd: usd('0.01') },
      only('rounding', '0.01'),
    ],
    [
      'more than rounding beyond',
      { billed: { usd: usd('1.02'), lines: 2 }, stepUsd: usd('0.01') },
      only('untold', '0.02'),
    ],
    ['a price when it is steady', { billed: { usd: usd('0.8'), lines: 1 }, isSteady: true }, only('price', '-0.2')],
    [
      'failed calls as far as they cost',
      { billed: { usd: usd('0.5'), lines: 1 }, asDated: metered({ failedUsd: usd('0.3') }) },
      { ...only('overMetered', '-0.3'), ...only('untold', '-0.2') },
    ],
    [
      // Nine calls known at $1 in all: the tenth is worth a ninth of it, and no more.
      'one unknown call among ten explains what one call costs',
      {
        billed: { usd: usd('3'), lines: 1 },
        asDated: metered({ unpricedCalls: 1, unknownUsageCalls: 1 }),
        tokenGapUsd: usd('2'),
      },
      { unknown: usd('0.111111111111'), unmetered: usd('1.888888888889') },
    ],
    [
      'of days that begin elsewhere',
      { asBilled: metered({ usd: usd('1.4') }), billed: { usd: usd('1.4'), lines: 1 } },
      only('zone', '0.4'),
    ],
  ])('%s', (_, over, expected) => {
    expect(shown(cell(over))).toEqual(expected)
  })
})

test('the step of a bill is its last decimal place, a cent at most', () => {
  expect(roundingStep([usd('12.30'), usd('4.05')])).toBe(usd('0.01'))
  expect(roundingStep([usd('100'), usd('20')])).toBe(usd('0.01'))
  expect(roundingStep([usd('2.919015'), usd('1')])).toBe(usd('0.000001'))
  expect(roundingStep([])).toBe(usd('0.01'))
})

test('a discount of every day is a price; a gap on one day is not', () => {
  const day = (billed: string, metered: string) => ({ billed: usd(billed), metered: usd(metered) })
  expect(isSteadyRatio([day('80', '100'), day('16', '20'), day('4', '5')])).toBe(true)
  expect(isSteadyRatio([day('80', '100'), day('16', '20')])).toBe(false)
  expect(isSteadyRatio([day('80', '100'), day('16', '20'), day('5', '5')])).toBe(false)
  expect(isSteadyRatio([day('80', '100'), day('16', '20'), day('4', '5'), day('0', '7')])).toBe(false)
})

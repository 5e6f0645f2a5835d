// The same calls at other sellers in; one named row, its bill day by day, and the span that the calls could have cost, out.

import { add, type Money, parseUsd, zero } from '../meter/money.ts'
import { lowerMiddle } from '../statistics/sample.ts'
import type { DayBill, Repriced, SavingsEvidence, ServedCalls } from './savings-evidence.ts'
import { otherTokenizer } from './token-ratio.ts'

/** A bill of one part on one day. `usd` covers the calls with a price; the others are counted. */
export interface Bill {
  readonly usd: Money
  readonly calls: number
  /** Calls of known usage without a price. */
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
}

/** What the calls would have cost elsewhere. Pico-dollars; `high` null = nobody knows how much more. */
export interface Counterfactual {
  /** By part, then by day. */
  readonly bills: readonly (readonly Bill[])[]
  readonly low: Money
  readonly high: Money | null
}

export interface HostedRow {
  readonly weights: string | null
  /** Null: no offer of these weights is known. */
  readonly offer: Repriced | null
  readonly spread: readonly { readonly offer: Repriced; readonly usd: Money; readonly unpricedCalls: number }[]
}

/** In the words that an answer repeats. */
export const hostedRowRule =
  "of the hosts shown by default that price these calls, the one whose bill for all of them is of middle size (the lower of two); the hosts' spread is the band"

/** The row that stands for each weights: never the cheapest. */
export function hostedRows(evidence: SavingsEvidence): HostedRow[] {
  return evidence.hosted.map(({ weights, offers }) => {
    const spread = offers
      .map(offer => {
        const bills = offer.parts.flat()
        return { offer, usd: sum(bills.map(usdOf)), unpricedCalls: count(bills.map(bill => bill.unpricedCalls)) }
      })
      .sort((a, b) => compare(a.usd, b.usd) || (a.offer.name < b.offer.name ? -1 : 1))
    const least = Math.min(...spread.map(row => row.unpricedCalls))
    const whole = spread.filter(row => row.unpricedCalls === least)
    return { weights, offer: lowerMiddle(whole)?.offer ?? null, spread: whole }
  })
}

/**
 * Bills at the rows. The span: the cheapest host with own cache hits granted, to the dearest without and with calls of
 * unknown usage taken like the others. Days in `uncounted` (calls, but no GPU listed) add nothing to the low end.
 */
export function hostedCounterfactual(
  evidence: SavingsEvidence,
  rows: readonly HostedRow[],
  uncounted: ReadonlySet<number>,
): Counterfactual {
  const bills = evidence.parts.map(part =>
    part.days.map(day => day.map(served => plainBill(served)).reduce(together, noBill)),
  )
  let low = zero
  let high: Money | null = zero
  for (const { weights, offer, spread } of rows) {
    evidence.parts.forEach((part, p) => {
      part.days.forEach((day, d) => {
        if (offer === null) return
        const bill = offer.parts[p]![d]!
        const known = knownCalls(day, weights)
        const before = bills[p]![d]!
        const unpricedCalls = before.unpricedCalls - known + bill.unpricedCalls
        bills[p]![d] = { ...before, usd: add(before.usd, usdOf(bill)), unpricedCalls }
      })
    })
    low = add(low, least(spread.map(row => lowOf(row.offer, uncounted))))
    const most = spread.length === 0 ? zero : greatest(spread.map(row => row.usd))
    high = plus(high, withUnknown(most, callsOf(evidence, weights), spread[0]?.unpricedCalls ?? null))
  }
  return { bills, low, high }
}

/** Bills at the frontier model, whose tokenizer is another: 0.85 to 1.30 of its own tokens for one of these. */
export function frontierCounterfactual(evidence: SavingsEvidence, uncounted: ReadonlySet<number>): Counterfactual {
  const { frontier } = evidence
  const bills = evidence.parts.map((part, p) =>
    part.days.map((day, d) => {
      const { usd, unpricedCalls } = frontier.parts[p]![d]!
      const all = day.map(served => plainBill(served)).reduce(together, noBill)
      return { ...all, usd: parseUsd(usd), unpricedCalls }
    }),
  )
  const [low, high] = [hundredths(otherTokenizer.low), hundredths(otherTokenizer.high)]
  const all = sum(bills.flat().map(bill => bill.usd))
  const most = withUnknown(all, callsOf(evidence), count(bills.flat().map(bill => bill.unpricedCalls)))
  return {
    bills,
    low: ((lowOf(frontier, uncounted) * low) / 100n) as Money,
    high: most === null ? null : (((most * high + 99n) / 100n) as Money),
  }
}

const hundredths = (ratio: number): bigint => BigInt(Math.round(ratio * 100))

export const noBill: Bill = { usd: zero, calls: 0, unpricedCalls: 0, unknownUsageCalls: 0 }

/** Until an offer prices them, calls of known usage are unpriced. */
function plainBill({ calls, unknownUsageCalls }: ServedCalls): Bill {
  return { usd: zero, calls, unpricedCalls: calls - unknownUsageCalls, unknownUsageCalls }
}

/** Two bills as one. */
export function together(a: Bill, b: Bill): Bill {
  return {
    usd: add(a.usd, b.usd),
    calls: a.calls + b.calls,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    unknownUsageCalls: a.unknownUsageCalls + b.unknownUsageCalls,
  }
}

/** A bill of calls of which some are of unknown usage, at the most that can be said; null when nothing can. */
function withUnknown(
  usd: Money,
  calls: { readonly known: number; readonly unknown: number },
  unpriced: number | null,
): Money | null {
  if (unpriced !== 0 && calls.known > 0) return null
  if (calls.unknown === 0) return usd
  if (calls.known === 0) return null
  return ((usd * BigInt(calls.known + calls.unknown)) / BigInt(calls.known)) as Money
}

function callsOf(evidence: SavingsEvidence, weights?: string | null): { known: number; unknown: number } {
  const all = evidence.parts.flatMap(part => part.days.flat())
  const own = weights === undefined ? all : all.filter(served => served.weights === weights)
  const unknown = count(own.map(served => served.unknownUsageCalls))
  return { known: count(own.map(served => served.calls)) - unknown, unknown }
}

const knownCalls = (day: readonly ServedCalls[], weights: string | null): number =>
  count(day.map(served => (served.weights === weights ? served.calls - served.unknownUsageCalls : 0)))

function lowOf(offer: Repriced, uncounted: ReadonlySet<number>): Money {
  return sum(
    offer.parts.flatMap(days =>
      days.map((bill, day) => {
        if (uncounted.has(day)) return zero
        // A seller whose hits cost more than fresh input would not have been asked to cache.
        return least([parseUsd(bill.usdWithHits), parseUsd(bill.usd)])
      }),
    ),
  )
}

const usdOf = (bill: DayBill): Money => parseUsd(bill.usd)
const sum = (amounts: readonly Money[]): Money => amounts.reduce(add, zero)
const count = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const least = (amounts: readonly Money[]): Money => amounts.reduce((a, b) => (b < a ? b : a), amounts[0] ?? zero)
const greatest = (amounts: readonly Money[]): Money => amounts.reduce((a, b) => (b > a ? b : a), amounts[0] ?? zero)
const plus = (a: Money | null, b: Money | null): Money | null => (a === null || b === null ? null : add(a, b))

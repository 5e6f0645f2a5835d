// What was metered and what was billed of one model on one day in; the difference by named parts that add up to it, out.
import { type Money, zero } from '../meter/money.ts'

/** Why a bill differs from the ledger, in the order in which a difference is taken apart. */
export const differenceParts = [
  /** The provider's days begin at another hour than they were read to begin. */
  'zone',
  /** Tax, credits, purchases, adjustments, and usage billed on no model (tools, storage). */
  'notCalls',
  /** Billed usage that nobody metered. */
  'unmetered',
  /** Calls metered whose usage nobody told. */
  'unknown',
  /** Calls metered whose model has no price here. */
  'unpriced',
  /** The same tokens at another rate. */
  'price',
  /** What the provider's own rounding of its lines can make up. */
  'rounding',
  /** Metered and not billed: failed calls, free tiers, keys of one's own, another account. */
  'overMetered',
  /** The bill tells no tokens, so that more usage and a higher price cannot be told apart. */
  'untold',
] as const
export type DifferencePart = (typeof differenceParts)[number]

/** Bill less ledger, part by part: positive where the bill is higher. */
export type Parts = Readonly<Record<DifferencePart, Money>>

export const noParts: Parts = Object.freeze(
  Object.fromEntries(differenceParts.map(part => [part, zero])) as Record<DifferencePart, Money>,
)

/** What the ledger's calls of a model and a day cost, and how much of them is known. */
export interface MeteredSum {
  readonly calls: number
  /** Of the priced calls. */
  readonly usd: Money
  /** Those of unknown usage included. */
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
  readonly estimatedCalls: number
  /** Of the calls that failed. */
  readonly failedUsd: Money
}

export interface Compared {
  /** By the day as its date was read, and by the day as the provider cuts it; equal where no shift was found. */
  readonly asDated: MeteredSum
  readonly asBilled: MeteredSum
  /** Null: the bill covers the day and does not name the model. */
  readonly billed: { readonly usd: Money; readonly lines: number } | null
  /** Reported less metered tokens at our rates; null where the report, or the rate, is not known. */
  readonly tokenGapUsd: Money | null
  /** The step in which the provider's lines are rounded. */
  readonly stepUsd: Money
  /** Whether bill ÷ ledger is the same on every day of the model: then it is the price. */
  readonly isSteady: boolean
}

/** The difference of one model on one day, taken apart. The parts add up to it to the last digit. */
export function namedParts(cell: Compared): Parts {
  const { asDated, asBilled, billed, tokenGapUsd } = cell
  const parts: Record<DifferencePart, bigint> = { ...noParts }
  let rest: bigint = (billed?.usd ?? 0n) - asDated.usd
  const take = (part: DifferencePart, usd: bigint): void => {
    parts[part] += usd
    rest -= usd
  }
  take('zone', asBilled.usd - asDated.usd)
  const priced = asBilled.calls - asBilled.unpricedCalls
  const noPrice = Math.max(0, asBilled.unpricedCalls - asBilled.unknownUsageCalls)
  /** So many calls more, at what the priced ones of the day cost on average, and no more than is to be explained. */
  const takeUpTo = (part: DifferencePart, calls: number, most: bigint): void => {
    if (calls === 0 || most <= 0n) return
    take(part, priced === 0 ? most : least(most, (asBilled.usd * BigInt(calls)) / BigInt(priced)))
  }
  if (billed === null) take('overMetered', rest)
  else if (asBilled.calls === 0) take('unmetered', rest)
  else if (tokenGapUsd === null && size(rest) <= allowance(cell)) take('rounding', rest)
  else if (tokenGapUsd !== null) {
    const price = rest - tokenGapUsd
    if (tokenGapUsd < 0n) take('overMetered', tokenGapUsd)
    else {
      takeUpTo('unknown', asBilled.unknownUsageCalls, tokenGapUsd)
      take('unmetered', tokenGapUsd - parts.unknown)
    }
    if (size(price) > allowance(cell)) takeUpTo('unpriced', noPrice, price)
    take(size(rest) <= allowance(cell) ? 'rounding' : 'price', rest)
  } else {
    takeUpTo('unknown', asBilled.unknownUsageCalls, rest)
    takeUpTo('unpriced', noPrice, rest)
    if (rest < 0n) take('overMetered', -least(-rest, asBilled.failedUsd))
    take(cell.isSteady ? 'price' : 'untold', rest)
  }
  return parts as Parts
}

/** Half a step for each line, and half a pico-dollar for each of our own prices. */
const allowance = ({ billed, stepUsd, asBilled }: Compared): bigint =>
  (stepUsd * BigInt(billed?.lines ?? 0) + BigInt(asBilled.calls)) / 2n

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const size = (usd: bigint): bigint => (usd < 0n ? -usd : usd)

/** A provider that bills whole cents rounds each line by half a cent at most; a coarser step is chance. */
const coarsestStep = 10_000_000_000n

/** The step in which a provider's amounts are rounded: the last decimal place that any of them uses, a cent at most. */
export function roundingStep(amounts: readonly Money[]): Money {
  let step = coarsestStep
  for (const usd of amounts) while (usd % step !== 0n) step /= 10n
  return step as Money
}

/** How far a day's bill ÷ ledger may be from the whole period's and still be the same price. */
const steadyWithin = 0.005

/** Whether bill ÷ ledger is one number on all days, of which there are three at least. */
export function isSteadyRatio(days: readonly { readonly billed: Money; readonly metered: Money }[]): boolean {
  const both = days.filter(({ billed, metered }) => billed > 0n && metered > 0n)
  if (both.length < 3 || both.length < days.length) return false
  const ratio = (some: typeof both) =>
    some.reduce((sum, day) => sum + Number(day.billed), 0) / some.reduce((sum, day) => sum + Number(day.metered), 0)
  const all = ratio(both)
  return both.every(day => distance(ratio([day]) / all - 1) <= steadyWithin)
}

const distance = (x: number): number => (x < 0 ? -x : x)

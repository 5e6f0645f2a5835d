// What is told of tries, and a price book, in; tries priced at the time they were made, and how the cost of each is known, out.
import { type Attempt, attemptOf } from '../../core/decide/quality/attempt.ts'
import { add, type Money, zero } from '../../core/meter/money.ts'
import { isOwnServer } from '../../core/meter/own-servers.ts'
import { price } from '../../core/meter/price.ts'
import type { PriceBook } from '../../core/meter/rates.ts'
import { addUsage, type Usage } from '../../core/meter/usage.ts'
import type { NumberedAttempt } from './collected.ts'
import type { ToldCall } from './told.ts'

/** How the cost of a try is known. */
export const costSources = ['catalog', 'reported', 'unknown'] as const
export type CostSource = (typeof costSources)[number]

export interface PricedAttempt {
  readonly attempt: Attempt
  readonly source: CostSource
  /** Why the catalog has no price of it; null = it has, or no tokens are told. */
  readonly unpriced: string | null
}

/** `atMicros` stands for tries that say no time. */
export function pricedAttempts(told: readonly NumberedAttempt[], book: PriceBook, atMicros: number): PricedAttempt[] {
  return told.map(one => pricedAttempt(one, book, atMicros))
}

/**
 * Tokens whose price is known are priced by it, all of a try or none: a try of which one call has no price costs what its
 * tool says, if it says so, and else nobody knows what (law 4).
 */
function pricedAttempt(told: NumberedAttempt, book: PriceBook, atMicros: number): PricedAttempt {
  const { work, judging, atMicros: own, ...rest } = told
  const when = own ?? atMicros
  const ours = sumOf(work, book, when)
  const judged = sumOf(judging, book, when)
  const usd = ours.usd ?? rest.reportedUsd
  return {
    attempt: attemptOf({
      ...rest,
      usd,
      judgeUsd: judging.length === 0 ? zero : judged.usd,
      usage: usageOf(work),
    }),
    source: ours.usd !== null ? 'catalog' : usd === null ? 'unknown' : 'reported',
    unpriced: ours.reason,
  }
}

interface Sum {
  readonly usd: Money | null
  readonly reason: string | null
}

function sumOf(calls: readonly ToldCall[], book: PriceBook, atMicros: number): Sum {
  let usd: Money = zero
  for (const { provider, model, usage, atMicros: own } of calls) {
    if (isOwnServer(provider)) return { usd: null, reason: 'own GPUs have no price by the token' }
    if (model === null) return { usd: null, reason: 'the file does not say which model it was' }
    const priced = price(book, { provider, model, usage, atMicros: own ?? atMicros })
    if (priced.usd === null) return { usd: null, reason: `${model}: ${priced.reason}` }
    usd = add(usd, priced.usd)
  }
  return calls.length === 0 ? { usd: null, reason: null } : { usd, reason: null }
}

const usageOf = (calls: readonly ToldCall[]): Usage | null =>
  calls.length === 0 ? null : calls.map(({ usage }) => usage).reduce(addUsage)

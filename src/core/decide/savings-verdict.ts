// What own GPUs cost and what the same calls would have cost, each with its span, in; saved, lost or cannot tell, out.
import { formatUsd, type Money, zero } from '../meter/money.ts'
import { estimate } from '../statistics/estimate.ts'
import { grouped, usdWords } from './phrase.ts'

export type SavingsVerdict = 'saved' | 'lost' | 'cannot tell'

/** An amount in pico-dollars with what it could have been; null = unknown. */
export interface Span {
  readonly value: Money | null
  readonly low: Money
  readonly high: Money | null
}

/** The difference: what another way would have cost, less what this one did. */
export interface Judgement {
  readonly verdict: SavingsVerdict
  /** Exact; null where no call has a price. Negative = lost. */
  readonly savedUsd: string | null
  readonly band: { readonly low: number; readonly high: number | null }
}

/** `saved` only where the other way at its cheapest costs more, `lost` only where at its dearest it costs no more. */
export function judge(own: Span, other: Span): Judgement {
  const low = (other.low - (own.high ?? own.low)) as Money
  const high = other.high === null ? null : ((other.high - own.low) as Money)
  const verdict = own.high !== null && low > zero ? 'saved' : high !== null && high < zero ? 'lost' : 'cannot tell'
  const saved = own.value === null || other.value === null ? null : ((other.value - own.value) as Money)
  return {
    verdict,
    savedUsd: saved === null ? null : formatUsd(saved),
    band: { low: dollars(low), high: high === null ? null : dollars(high) },
  }
}

/** Pico-dollars as the number that an estimate is printed as. */
export const dollars = (money: Money): number => estimate(Number(money) / 1e12)

const words = (money: Money): string => usdWords(dollars(money))
const share = (part: number, whole: number): string => {
  const percent = (100 * part) / whole
  return `${percent < 1 ? Number(percent.toPrecision(1)) : Math.round(percent)} %`
}

export interface Facts {
  readonly calls: number
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
  readonly callsWithoutLease: number
  /** Whether any call of the ledger, of whatever day, ran on own GPUs. */
  readonly hasOwnProviders: boolean
  readonly hosts: number
  /** Whether own cache hits would have been cheaper somewhere. */
  readonly hasCacheHits: boolean
  /** Whether the reader said what operations cost. */
  readonly isOperationsStated: boolean
  readonly own: Span
  readonly other: Span
  readonly otherName: string
}

/** Why the verdict is what it is: all that widens the difference, the widest first where they can be compared. */
export function reasonsOf(facts: Facts): string[] {
  const { own, other, calls } = facts
  if (calls === 0) {
    return [
      'no calls were served, so the same calls would have cost nothing elsewhere',
      ...(facts.hasOwnProviders ? [] : ['no call in the ledger names own GPUs: import their calls, or say --provider']),
    ]
  }
  const reasons: string[] = []
  if (other.value === null) reasons.push('none of these calls has a known price elsewhere')
  else if (other.high !== null && other.low < other.high) {
    const span = `${words(other.low)} to ${words(other.high)}`
    const who = [
      ...(facts.hosts > 1 ? ['host'] : []),
      ...(facts.hasCacheHits ? ['cache hits'] : []),
      ...(facts.unknownUsageCalls > 0 ? ['unknown usage'] : []),
      ...(facts.callsWithoutLease > 0 ? ['days without a listed GPU'] : []),
    ].join(', ')
    const cost = own.value ?? own.low
    const isWithin = other.low <= cost && cost <= other.high
    reasons.push(
      `the same calls would have cost ${span} by ${who}, ${isWithin ? 'which spans' : 'on one side of'} ${words(cost)}`,
    )
  }
  if (!facts.isOperationsStated && own.high !== null && own.low < own.high) {
    const span = `${words(own.low)} without operations, ${words(own.high)} with the assumed`
    reasons.push(`own GPUs cost ${span}: say --operations-usd-per-month`)
  }
  if (facts.unpricedCalls > 0)
    reasons.push(
      `${facts.unpricedCalls} calls (${share(facts.unpricedCalls, calls)}) have no price elsewhere, which is not free`,
    )
  if (facts.unknownUsageCalls > 0)
    reasons.push(
      `${facts.unknownUsageCalls} calls (${share(facts.unknownUsageCalls, calls)}) are of unknown usage, which is not none`,
    )
  if (facts.callsWithoutLease > 0)
    reasons.push(
      `${facts.callsWithoutLease} calls (${share(facts.callsWithoutLease, calls)}) ran on days without a listed GPU: their cost is unknown`,
    )
  return reasons
}

/** One sentence that a person who pays bills understands, the verdict first. */
export function sentenceOf({ verdict, savedUsd }: Judgement, facts: Facts, leased: Money, operations: Money): string {
  const { own, other, calls } = facts
  const cost = words(own.value ?? own.low)
  const made =
    operations > zero
      ? ` (leases ${words(leased)} + operations ${words(operations)}${facts.isOperationsStated ? '' : ' assumed'})`
      : ' of leases'
  const head = verdict === 'saved' ? 'Saved' : verdict === 'lost' ? 'Lost' : 'Cannot tell'
  if (calls === 0) return `${head}: own GPUs cost ${cost}${made} and served no calls.`
  if (other.value === null)
    return `${head}: own GPUs cost ${cost}${made}; what their ${grouped(calls)} calls would have cost elsewhere is unknown.`
  const there = `the same ${grouped(calls)} calls at ${facts.otherName} would have cost ${words(other.value)}`
  const saved = Number(savedUsd)
  const end = verdict === 'cannot tell' ? '' : `: ${usdWords(Math.abs(saved))} ${verdict}`
  return `${head}: own GPUs cost ${cost}${made}; ${there}${end}.`
}

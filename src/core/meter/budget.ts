// What a call may use at most and what a budget has left in; whether the call may pass, out.
import { type AttributionKind, attributionKinds } from './call.ts'
import type { PriceCalls } from './load.ts'
import type { Money } from './money.ts'
import { noUsage, type Usage } from './usage.ts'

/** What a budget may be narrowed to. */
export const budgetDimensions = [...attributionKinds, 'key', 'model', 'provider', 'upstream'] as const
export type BudgetDimension = AttributionKind | 'key' | 'model' | 'provider' | 'upstream'

/** Calendar periods of a budget. */
export const budgetPeriods = ['day', 'week', 'month'] as const
export type BudgetPeriod = (typeof budgetPeriods)[number]

/** So much money for the calls of a calendar period. */
export interface Budget {
  readonly name: string
  readonly limit: Money
  readonly per: BudgetPeriod
  /** IANA zone whose midnight ends a period. */
  readonly zone: string
  /** Dimension → pattern (`*` stands for any text); all must fit. Empty: every call. */
  readonly match: Readonly<Partial<Record<BudgetDimension, string>>>
  /** Share of the limit from which on it is said. */
  readonly warnAt: number
  readonly overrun: 'reject' | 'warn'
}

/** The most that one call can use, by what its request says. */
export interface MostUsed {
  readonly provider: string | null
  readonly model: string | null
  readonly atMicros: number
  /** Null: nobody can say, since the body was not read. */
  readonly promptTokens: number | null
  readonly outputTokens: number | null
  /** Asked for; which one serves the call is known only afterwards. */
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
  /** Sound goes in or comes out, which is dearer than text. */
  readonly hasAudio: boolean
}

/**
 * The most that a call can cost, by the price function that settles it: its prompt all uncached, or all written to the
 * dearest cache; its answer all reasoning where that has a rate of its own; by the tier, region and speed asked for or without.
 * Null where no price is known, or not how much it can use.
 */
export function mostUsd(most: MostUsed, price: PriceCalls['price']): Money | null {
  const { promptTokens, outputTokens, provider, model, atMicros } = most
  if (promptTokens === null || outputTokens === null) return null
  let dearest: Money | null = null
  for (const tier of either(most.tier)) {
    for (const region of either(most.region)) {
      for (const speed of either(most.speed)) {
        for (const usage of extremes(promptTokens, outputTokens, most.hasAudio)) {
          const { usd } = price({ provider, model, atMicros, tier, region, speed, usage })
          if (usd !== null && (dearest === null || usd > dearest)) dearest = usd
        }
      }
    }
  }
  return dearest
}

const either = (asked: string | null): readonly (string | null)[] => (asked === null ? [null] : [asked, null])

/** A price is linear in every count, so that no mixture is dearer than the dearest of the pure ones. */
function extremes(prompt: number, output: number, hasAudio: boolean): Usage[] {
  const prompts: Partial<Usage>[] = [
    { input: prompt },
    { cacheWrite: prompt },
    { cacheWrite: prompt, cacheWrite5m: prompt },
    { cacheWrite: prompt, cacheWrite1h: prompt },
    ...(hasAudio ? [{ inputAudio: prompt }] : []),
  ]
  // Some models write nothing and have no rate for it: embeddings.
  const outputs: Partial<Usage>[] = [
    { output: 0, reasoning: 0 },
    { output, reasoning: 0 },
    { output, reasoning: output },
    ...(hasAudio ? [{ outputAudio: output }] : []),
  ]
  return prompts.flatMap(one => outputs.map(other => ({ ...noUsage, ...one, ...other })))
}

/** How a budget stands in one period. `reserved` is the sum of `held`. */
export interface Tally {
  readonly limit: Money
  /** What the ledger says of the period's calls. */
  spent: Money
  reserved: Money
  /** Calls under way, or never settled: the most that each can cost; null where that is unknown. */
  readonly held: Map<string, Money | null>
}

export const startTally = (limit: Money): Tally => ({ limit, spent: noMoney, reserved: noMoney, held: new Map() })

const noMoney = 0n as Money

/** Whether a call may pass: with it, no more than the limit can be spent. One of unknown price may while anything is left. */
export function hasRoom({ limit, spent, reserved }: Tally, usd: Money | null): boolean {
  return usd === null ? spent + reserved < limit : spent + reserved + usd <= limit
}

/** Holds the most a call can cost; once, however often its key is named. */
export function hold(tally: Tally, key: string, usd: Money | null): void {
  if (tally.held.has(key)) return
  tally.held.set(key, usd)
  tally.reserved = (tally.reserved + (usd ?? 0n)) as Money
}

/** Lets go of what was held for these calls: the ledger tells of them now, or they never were. */
export function letGo(tally: Tally, keys: Iterable<string>): void {
  for (const key of keys) {
    const usd = tally.held.get(key)
    if (usd === undefined) continue
    tally.held.delete(key)
    tally.reserved = (tally.reserved - (usd ?? 0n)) as Money
  }
}

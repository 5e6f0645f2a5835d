// A try without a price and what own GPUs cost in; what it cost there, by the token under real traffic or by the hour that it took, out.
import { fromPico, type Money } from '../../meter/money.ts'
import { answerKinds, promptKinds, type Usage, type UsageKind } from '../../meter/usage.ts'
import type { KindRates } from './success-cost.ts'

/** How tries of one option are paid for that no price list knows. */
export type Amortization =
  /** By the token, at what one costs on a fleet under its real traffic. */
  | { readonly by: 'token'; readonly rates: KindRates }
  /** By the time it took, of a server that costs so much an hour and does so many tries at once. */
  | { readonly by: 'hour'; readonly usdPerHour: number; readonly atOnce: number }

/** Null where the try does not tell what it would be counted by: unknown, never free. An estimate, to the picodollar. */
export function amortizedUsd(
  { usage, seconds }: { readonly usage: Usage | null; readonly seconds: number | null },
  how: Amortization,
): Money | null {
  if (how.by === 'hour') return seconds === null ? null : moneyOf((seconds / 3600) * (how.usdPerHour / how.atOnce))
  const input = tokensOf(usage, promptKinds)
  const output = tokensOf(usage, answerKinds)
  if (input === null || output === null) return null
  return moneyOf((input * how.rates.inputUsdPerMtok + output * how.rates.outputUsdPerMtok) / 1e6)
}

/** Null where the main kind is not told; kinds that nobody told beside it are none. */
export function tokensOf(usage: Usage | null, kinds: readonly [UsageKind, ...UsageKind[]]): number | null {
  const main = usage?.[kinds[0]] ?? null
  return main === null ? null : kinds.reduce((sum, kind) => sum + (usage![kind] ?? 0), 0)
}

const moneyOf = (usd: number): Money => fromPico(BigInt(Math.round(usd * 1e12)))

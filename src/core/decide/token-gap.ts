// Tokens that a provider reports and tokens that were metered, by tier, in; what the difference is worth at our rates, out.
import type { Money } from '../meter/money.ts'
import { type Offer, priceOnCard, rateCard } from '../meter/price.ts'
import type { PriceBook } from '../meter/rates.ts'
import { cacheWriteParts, noUsage, type UsageKind } from '../meter/usage.ts'

export type TokenSums = Readonly<Record<UsageKind, number>>
export type ByTier = ReadonlyMap<string | null, TokenSums>

/** Kinds of which each token is counted once: cache writes by their time to live, and those of none stated. */
const apartKinds = [
  'input',
  'cacheRead',
  'cacheWrite',
  ...cacheWriteParts,
  'inputAudio',
  'inputImage',
  'output',
  'outputAudio',
  'outputImage',
  'searches',
] as const satisfies readonly UsageKind[]

/**
 * Σ rate × (reported − metered), kind by kind and tier by tier, at the rates of a short prompt. Null when a tier of the
 * model has no price, or no rate for a kind that differs.
 */
export function tokenGapUsd(
  book: PriceBook,
  offer: Omit<Offer, 'tier'>,
  atMicros: number,
  { reported, metered }: { readonly reported: ByTier; readonly metered: ByTier },
): Money | null {
  let sum = 0n
  for (const tier of new Set([...reported.keys(), ...metered.keys()])) {
    const [theirs, ours] = [reported.get(tier) ?? noUsage, metered.get(tier) ?? noUsage]
    const gaps = gapsOf(theirs, ours)
    if (Object.values(gaps).every(gap => gap === 0)) continue
    const card = rateCard(book, { ...offer, tier, atMicros, promptTokens: 0 })
    if (typeof card === 'string') return null
    for (const sign of [1, -1]) {
      const { usd } = priceOnCard(book, card, sideOf(gaps, sign), { requests: 0 })
      if (usd === null) return null
      sum += BigInt(sign) * usd
    }
  }
  return sum as Money
}

type Gaps = Readonly<Partial<Record<UsageKind, number>>>

function gapsOf(theirs: TokenSums, ours: TokenSums): Gaps {
  const apart = (usage: TokenSums, kind: UsageKind) =>
    kind === 'cacheWrite' ? usage.cacheWrite - cacheWriteParts.reduce((sum, part) => sum + usage[part], 0) : usage[kind]
  const gaps: Partial<Record<UsageKind, number>> = {}
  for (const kind of apartKinds) gaps[kind] = apart(theirs, kind) - apart(ours, kind)
  // Reports that count no searches, and pictures as text, say nothing of them.
  if (theirs.searches === 0) gaps.searches = 0
  if (theirs.inputImage === 0) {
    gaps.input! -= ours.inputImage
    gaps.inputImage = 0
  }
  return gaps
}

/** The kinds in which one side has more, as a usage. */
function sideOf(gaps: Gaps, sign: number): TokenSums {
  const usage = { ...noUsage }
  for (const kind of apartKinds) usage[kind] = sign * gaps[kind]! > 0 ? sign * gaps[kind]! : 0
  for (const part of cacheWriteParts) usage.cacheWrite += usage[part]
  return usage
}

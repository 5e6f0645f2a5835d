// Calls served on own GPUs, summed by day, and other sellers of tokens in; what each would have billed for each day out.
import type { HostedOffer } from '../catalog/offers.ts'
import type { DayBill, LocalDay, Repriced } from '../core/decide/savings-evidence.ts'
import { add, formatUsd, type Money, zero } from '../core/meter/money.ts'
import { type Offer, priceOnCard, rateCard, selectionKey } from '../core/meter/price.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { noUsage, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { offerUsd } from './offer-bill.ts'

/** Calls of one day that a seller prices alike, added up. */
export interface ServedSum {
  readonly weights: string | null
  /** Begin of the UTC hour, microseconds: rates may change within a day. */
  readonly hourMicros: number
  /** How many of `promptBounds` the prompts reach. */
  readonly promptClass: number
  readonly calls: number
  readonly unknownUsageCalls: number
  readonly usage: Readonly<Record<UsageKind, number>>
}

/** By part (team), then by day. */
export type ServedSums = readonly (readonly (readonly ServedSum[])[])[]

/** A seller in the price book: what of it matters for a price. */
type BookOffer = Pick<Offer, 'provider' | 'model'>

/** Prompt sizes at which any of these sellers' rates change, ascending. */
export function promptBounds(book: PriceBook, offers: readonly BookOffer[]): number[] {
  return [...new Set(offers.flatMap(offer => selectionKey(book, offer).promptBounds))].sort((a, b) => a - b)
}

/** Whether the price book knows this very model at this seller; a look-alike by the beginning of its name is another price. */
export function isInBook(book: PriceBook, offer: BookOffer, atMicros: number): boolean {
  const card = rateCard(book, { ...offer, atMicros, promptTokens: 0 })
  // The book's lowest layer is the offers themselves: one list price, which has no dates to go by.
  return (
    typeof card !== 'string' && card.row.layer !== 'offers' && (card.override || card.resolution.match !== 'prefix')
  )
}

/** The calls at the price book's rates of their own days. */
export function atBookPrices(
  book: PriceBook,
  offer: BookOffer & { readonly name: string },
  days: readonly LocalDay[],
  sums: ServedSums,
  bounds: readonly number[],
): Repriced {
  const key = selectionKey(book, offer)
  const changes = ({ fromMicros, toMicros }: LocalDay) =>
    key.windows || key.instants.some(at => at > fromMicros && at < toMicros)
  const bill = (day: LocalDay, served: readonly ServedSum[]): DayBill => {
    // A day of one price needs one multiplication a prompt class; its first moment stands for it.
    const own = changes(day) ? served : merged(served, day.fromMicros)
    return billOf(own, (sum, usage) => {
      const promptTokens = sum.promptClass === 0 ? 0 : bounds[sum.promptClass - 1]!
      const card = rateCard(book, { ...offer, atMicros: Math.max(sum.hourMicros, day.fromMicros), promptTokens })
      if (typeof card === 'string') return null
      const reasoning = sum.usage.reasoning
      return priceOnCard(book, card, { ...noUsage, ...usage, reasoning }, { requests: knownCalls(sum) }).usd
    })
  }
  const first = days[0]?.fromMicros ?? 0
  const card = rateCard(book, { ...offer, atMicros: first, promptTokens: 0 })
  const row = typeof card === 'string' ? null : card.row
  return {
    name: offer.name,
    provider: offer.provider ?? (typeof card === 'string' ? '' : card.resolution.seller.id),
    model: offer.model,
    source: row === null ? 'no price is known' : row.source,
    observedAt: row?.observedAt ?? null,
    dated: true,
    parts: sums.map(part => days.map((day, d) => bill(day, part[d]!))),
  }
}

/** The calls at an offer's one list price, which is all that is known of it. */
export function atListPrice(offer: HostedOffer, days: readonly LocalDay[], sums: ServedSums): Repriced {
  return {
    name: offer.id,
    provider: offer.host,
    model: offer.modelAsListed,
    source: offer.source,
    observedAt: offer.observedAt,
    dated: false,
    parts: sums.map(part =>
      days.map((day, d) =>
        billOf(merged(part[d]!, day.fromMicros), (_, usage) => offerUsd(offer, { ...noUsage, ...usage })),
      ),
    ),
  }
}

type PromptUsage = Pick<
  ServedSum['usage'],
  'input' | 'output' | 'inputAudio' | 'inputImage' | 'outputAudio' | 'outputImage'
> & {
  readonly cacheRead: number
}

/** Adds up what a seller asks; sums that it does not price are counted. Calls of unknown usage are in neither. */
function billOf(served: readonly ServedSum[], priced: (sum: ServedSum, usage: PromptUsage) => Money | null): DayBill {
  let [usd, usdWithHits] = [zero, zero]
  let unpricedCalls = 0
  for (const sum of served) {
    if (knownCalls(sum) === 0) continue
    const { input, cacheRead, cacheWrite, output, inputAudio, inputImage, outputAudio, outputImage } = sum.usage
    const rest = { output, inputAudio, inputImage, outputAudio, outputImage }
    const fresh = priced(sum, { ...rest, input: input + cacheRead + cacheWrite, cacheRead: 0 })
    if (fresh === null) {
      unpricedCalls += knownCalls(sum)
      continue
    }
    const hits = cacheRead === 0 ? fresh : priced(sum, { ...rest, input: input + cacheWrite, cacheRead })
    usd = add(usd, fresh)
    usdWithHits = add(usdWithHits, hits ?? fresh)
  }
  return { usd: formatUsd(usd), usdWithHits: formatUsd(usdWithHits), unpricedCalls }
}

const knownCalls = (sum: ServedSum): number => sum.calls - sum.unknownUsageCalls

/** Sums of one prompt class as one, at one moment. */
const merged = (served: readonly ServedSum[], atMicros: number): ServedSum[] =>
  joinedBy(served, sum => sum.promptClass).map(sum => ({ ...sum, hourMicros: atMicros }))

/** One sum for all of one key, which is the first of them in what is no count. */
export function joinedBy(sums: readonly ServedSum[], keyOf: (sum: ServedSum) => unknown): ServedSum[] {
  return [...groupedBy(sums, keyOf).values()].map(alike => alike.reduce(joined))
}

/** Two sums as one; each knows its own calls of unknown usage. */
function joined(a: ServedSum, b: ServedSum): ServedSum {
  const usage = Object.fromEntries(usageKinds.map(kind => [kind, a.usage[kind] + b.usage[kind]]))
  return {
    ...a,
    calls: a.calls + b.calls,
    unknownUsageCalls: a.unknownUsageCalls + b.unknownUsageCalls,
    usage: usage as Record<UsageKind, number>,
  }
}

// A price book in; the rates that a store needs to price whole files in bulk, by the same cards as the price function, out.
import type { BulkRate, PriceCalls } from '../core/meter/load.ts'
import { price, type RateCard, rateSegments } from '../core/meter/price.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { cacheWriteParts, type UsageKind } from '../core/meter/usage.ts'

/** Kinds that add to every bill: a call that does not know one of them is unpriced (law 4). */
const alwaysNeeded: readonly UsageKind[] = [
  'input',
  'cacheRead',
  'cacheWrite',
  'inputAudio',
  'inputImage',
  'output',
  'outputAudio',
  'outputImage',
  'searches',
]

const noModel = 'the record names no model'

/** Prices by `book`; without one every call is unpriced and says so. */
export function pricesOf(book: PriceBook | null): PriceCalls {
  const none = (reason: string): BulkRate[] => [
    {
      kind: 'none',
      reason,
      fromMicros: 0,
      toMicros: Number.POSITIVE_INFINITY,
      promptFrom: 0,
      promptTo: Number.POSITIVE_INFINITY,
    },
  ]
  if (!book) {
    const reason = 'imported without prices'
    return { rates: () => none(reason), price: () => ({ usd: null, reason }) }
  }
  return {
    rates: (key, fromMicros, toMicros) => {
      const { model } = key
      if (model === null) return none(noModel)
      return rateSegments(book, { ...key, model }, fromMicros, toMicros + 1).map(({ card, reason, ...segment }) => {
        const span = {
          fromMicros: segment.fromMicros,
          toMicros: segment.toMicros,
          promptFrom: segment.fromPromptTokens,
          promptTo: segment.toPromptTokens,
        }
        if (!card) return { ...span, kind: 'none', reason: reason ?? 'unpriced' }
        return { ...span, ...linear(card, book) }
      })
    },
    price: call => {
      if (call.model === null) return { usd: null, reason: noModel }
      const priced = price(book, { ...call, model: call.model })
      if (priced.usd === null) return priced
      return {
        usd: priced.usd,
        pricedAs: pricedAs(priced.pricedAs, priced.match),
        catalogVersion: priced.catalog.version,
      }
    },
  }
}

const pricedAs = (model: string, match: string): string => (match === 'exact' ? model : `${model} (${match})`)

type Linear =
  | { kind: 'each' }
  | {
      kind: 'exact'
      picoPerToken: Partial<Record<UsageKind, bigint>>
      picoPerCall: bigint
      needs: UsageKind[]
      unrated: UsageKind[]
      pricedAs: string
      catalogVersion: string
    }

/**
 * A card as coefficients of the counts as they are stored. Parts are inside their whole there, so a part's coefficient
 * is what it costs beyond the whole's rate: cacheWrite5m × (its rate − cacheWrite's), reasoning likewise.
 */
function linear(card: RateCard, book: PriceBook): Linear {
  if (card.denominator !== 1n) return { kind: 'each' }
  const rate = (kind: UsageKind): bigint => card.terms.get(kind)?.numerator ?? 0n
  const picoPerToken: Partial<Record<UsageKind, bigint>> = {}
  const unrated: UsageKind[] = []
  const parts: readonly UsageKind[] = cacheWriteParts
  for (const kind of [...alwaysNeeded, ...parts]) {
    // What is not linear in its count is priced call by call.
    if (!card.terms.has(kind) || (kind === 'searches' && card.searchesOncePerCall)) unrated.push(kind)
    picoPerToken[kind] = parts.includes(kind) ? rate(kind) - rate('cacheWrite') : rate(kind)
  }
  if (card.reasoningApart) picoPerToken.reasoning = rate('reasoning') - rate('output')
  return {
    kind: 'exact',
    picoPerToken,
    picoPerCall: card.terms.get('requests')?.numerator ?? 0n,
    needs: card.reasoningApart ? [...alwaysNeeded, 'reasoning'] : [...alwaysNeeded],
    unrated,
    pricedAs: pricedAs(card.resolution.model.id, card.override ? 'override' : card.resolution.match),
    catalogVersion: book.version,
  }
}

// Weights that were served and the host asked for in; the hosted offers that the same calls are repriced at out.
import { offersOf } from '../catalog/facts.ts'
import type { HostedOffer } from '../catalog/offers.ts'
import type { LocalDay, SavingsEvidence } from '../core/decide/savings-evidence.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { atBookPrices, atListPrice, isInBook, type ServedSums } from './repriced.ts'

export interface OffersOfWeights {
  readonly weights: string | null
  readonly named: boolean
  readonly offers: readonly HostedOffer[]
}

/**
 * Offers of each weights: those shown by default, or those of the host (or of the one `host/model as listed`) that was
 * asked for, whether shown by default or not. @throws Fault OFFER_UNKNOWN
 */
export function offersOfServed(served: readonly (string | null)[], asked: string | null): OffersOfWeights[] {
  const all = served.map(weights => ({ weights, known: weights === null ? [] : offersOf(weights, { all: true }) }))
  if (asked === null) {
    return all.map(({ weights, known }) => ({
      weights,
      named: false,
      offers: known.filter(offer => offer.leftOut === null),
    }))
  }
  const name = asked.toLowerCase()
  const isAsked = (offer: HostedOffer) => offer.host === name || offer.id.toLowerCase() === name
  const chosen = all.map(({ weights, known }) => ({ weights, named: true, offers: known.filter(isAsked) }))
  if (served.length > 0 && chosen.every(one => one.offers.length === 0)) {
    const names = [...new Set(all.flatMap(one => one.known.flatMap(offer => [offer.host, offer.id])))]
    const near = nearestName(name, names)
    const hosts = [...new Set(all.flatMap(one => one.known.map(offer => offer.host)))]
    throw new Fault(
      'OFFER_UNKNOWN',
      `"${asked}" sells none of ${served.map(one => one ?? 'calls without a model').join(', ')}`,
      {
        where: '--as',
        fix:
          near !== null
            ? `did you mean ${near}?`
            : hosts.length > 0
              ? `use one of ${hosts.join(', ')}`
              : 'no host of these weights is known',
      },
    )
  }
  return chosen
}

/** Each offer's bill, by the price book's dated rates where it has this very model, else by the one list price known. */
export function hostedOf(
  offers: readonly OffersOfWeights[],
  book: PriceBook,
  days: readonly LocalDay[],
  sums: ServedSums,
  bounds: readonly number[],
): SavingsEvidence['hosted'] {
  return offers.map(({ weights, named, offers: own }) => {
    const served = sums.map(part => part.map(day => day.filter(sum => sum.weights === weights)))
    return {
      weights,
      named,
      offers: own.map(offer => {
        const asSold = { name: offer.id, provider: offer.host, model: offer.modelAsListed }
        return isInBook(book, asSold, days[0]!.fromMicros)
          ? atBookPrices(book, asSold, days, served, bounds)
          : atListPrice(offer, days, served)
      }),
    }
  })
}

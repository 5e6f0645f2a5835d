// Hosted offers in; rows of the price table for what neither the npm catalogue nor a price file has, out.
import { resolveAt, sellerOf } from '../core/meter/model-name.ts'
import type { ModelEntry, PriceBook, RateRow, Seller } from '../core/meter/rates.ts'
import { bareName } from './models.ts'
import { type HostedOffer, offerRates } from './offers.ts'

/**
 * The sellers of a book with the offers below everything else: an offer adds a model that its host is not known to sell
 * yet, and changes no price that is. A host known from offers alone becomes a seller of its own.
 */
export function withOffers(book: PriceBook, offers: readonly HostedOffer[]): readonly Seller[] {
  const hosts = new Map([...new Set(offers.map(offer => offer.host))].map(host => [host, sellerOf(book, host)]))
  const added = new Map<string, Map<string, ModelEntry>>()
  const sold = countedBy(offers, offer => `${offer.host} ${offer.weights}`)
  for (const offer of offers) {
    const seller = hosts.get(offer.host) ?? null
    const row = rowOf(offer)
    if (row === null || isPriced(book, seller, offer.modelAsListed)) continue
    const { id, region } = seller?.regionInName ? regionOf(offer) : { id: offer.modelAsListed, region: null }
    const host = seller?.id ?? offer.host
    const models = added.get(host) ?? new Map<string, ModelEntry>()
    added.set(host, models)
    const before = models.get(id.toLowerCase())
    // The catalog's own name of the weights means a host's offer of them where it has just one, and under that name:
    // glm-4.7-flashx is another service than glm-4.7-flash.
    const isOnly = sold.get(`${offer.host} ${offer.weights}`) === 1 && !isPriced(book, seller, offer.weights)
    const names = before?.names ?? (isOnly && bareName(offer.modelAsListed) === offer.weights ? [offer.weights] : [])
    models.set(id.toLowerCase(), { id, names, patterns: [], rows: [...(before?.rows ?? []), { ...row, region }] })
  }
  const known = new Set(book.sellers.map(seller => seller.id))
  const sellers = [...book.sellers, ...[...added.keys()].filter(id => !known.has(id)).map(emptySeller)]
  return sellers.map(seller => joined(seller, added.get(seller.id))).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function countedBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}

const isPriced = (book: PriceBook, seller: Seller | null, model: string): boolean =>
  seller !== null && (resolveAt(book, seller, model)?.model.rows.length ?? 0) > 0

/** The row of an offer; null where its price is not told in full: a rate is missing, or long prompts cost more. */
function rowOf(offer: HostedOffer): RateRow | null {
  const rates = offerRates(offer)
  const notes = offer.notes ?? ''
  if (rates === null || /above \d+ (input )?tokens|another tariff/.test(notes)) return null
  const doubtful = offer.observedAt === null || /check before use|one secondary page/.test(notes)
  return {
    layer: 'offers',
    source: offer.file,
    reference: offer.source,
    observedAt: offer.observedAt,
    confidence: doubtful ? 'unverified' : 'quoted',
    fromMicros: null,
    toMicros: null,
    tier: 'standard',
    region: null,
    speed: null,
    window: null,
    rates,
    bands: [],
  }
}

/** `global.openai.gpt-5` is `openai.gpt-5` of the region global; "regional" is any that is not named. */
function regionOf({ modelAsListed, region }: HostedOffer): { id: string; region: string | null } {
  const place = region === 'regional' ? null : region
  const prefix = `${region}.`
  const id = region !== null && modelAsListed.startsWith(prefix) ? modelAsListed.slice(prefix.length) : modelAsListed
  return { id, region: place }
}

function joined(seller: Seller, added: ReadonlyMap<string, ModelEntry> | undefined): Seller {
  if (added === undefined) return seller
  // A model that is listed without any price keeps its names and takes the offer's rows.
  const own = seller.models.map(model => {
    const rows = added.get(model.id.toLowerCase())?.rows
    return rows === undefined ? model : { ...model, rows }
  })
  const listed = new Set(own.map(model => model.id.toLowerCase()))
  return { ...seller, models: [...own, ...[...added].filter(([id]) => !listed.has(id)).map(([, model]) => model)] }
}

const emptySeller = (id: string): Seller => ({
  id,
  names: [],
  ownModels: [],
  models: [],
  resells: [],
  regionInName: false,
  tierNames: Object.create(null),
  tierOfSpeed: Object.create(null),
  speedOfTier: Object.create(null),
  multipliers: [],
  discounts: [],
  fees: [],
  billedAs: {},
  router: null,
})

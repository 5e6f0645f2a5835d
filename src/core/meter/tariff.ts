// An offer (model, tier, region, speed) in; the cards in force at any instant and prompt size out.
// `price`, the batch path and the importer's SQL all price through these, so there is one selection of a rate.
import type { WeeklyWindow } from './calendar.ts'
import { isOpen } from './calendar.ts'
import { type Resolution, resolveModel } from './model-name.ts'
import { type BandCard, cardsOf, type RateCard } from './rate-card.ts'
import {
  isEffective,
  layers,
  type Multiplier,
  modelMatches,
  type PriceBook,
  plainName,
  type RateRow,
  regionMatches,
  tierName,
} from './rates.ts'

/** The facts of a call, besides its usage and its time, that choose a price. */
export interface Offer {
  readonly provider: string | null
  readonly model: string
  readonly tier?: string | null | undefined
  readonly region?: string | null | undefined
  readonly speed?: string | null | undefined
}

interface Choice {
  readonly window: WeeklyWindow | null
  readonly cards: readonly BandCard[]
}

interface Era {
  readonly fromMicros: number
  readonly choices: readonly Choice[]
  /** Why nothing is chosen when no window is open. */
  readonly reason: string
}

/** Everything that can be known of an offer's price before a call is seen. */
export type Tariff =
  | { readonly reason: string }
  | { readonly resolution: Resolution; readonly eras: readonly Era[]; readonly windows: readonly WeeklyWindow[] }

const tariffs = new WeakMap<PriceBook, Map<string, Tariff>>()
const maxRemembered = 20_000

/** The tariff of an offer, remembered per book. */
export function tariffOf(book: PriceBook, offer: Offer): Tariff {
  let known = tariffs.get(book)
  if (!known) {
    known = new Map()
    tariffs.set(book, known)
  }
  const key = `${offer.provider ?? ''}\n${offer.model}\n${offer.tier ?? ''}\n${offer.region ?? ''}\n${offer.speed ?? ''}`
  let tariff = known.get(key)
  if (!tariff) {
    tariff = makeTariff(book, offer)
    if (known.size >= maxRemembered) known.clear()
    known.set(key, tariff)
  }
  return tariff
}

/** The cards in force at an instant, ascending by prompt size, or why there are none. */
export function cardsAt(tariff: Tariff, atMicros: number): readonly BandCard[] | string {
  if ('reason' in tariff) return tariff.reason
  const { eras } = tariff
  let era = eras[eras.length - 1]!
  for (let i = 1; i < eras.length; i++) {
    if (atMicros < eras[i]!.fromMicros) {
      era = eras[i - 1]!
      break
    }
  }
  for (const { window, cards } of era.choices) if (window === null || isOpen(window, atMicros)) return cards
  return era.reason
}

/** The card for a prompt of this size. */
export function cardFor(cards: readonly BandCard[], promptTokens: number): RateCard {
  let i = cards.length - 1
  while (i > 0 && promptTokens < cards[i]!.fromPromptTokens) i--
  return cards[i]!.card
}

/** The price of a call as a linear function of its counts, by the facts that choose it; or why there is none. */
export function rateCard(book: PriceBook, at: Offer & { atMicros: number; promptTokens: number }): RateCard | string {
  const cards = cardsAt(tariffOf(book, at), at.atMicros)
  return typeof cards === 'string' ? cards : cardFor(cards, at.promptTokens)
}

const standardSpeeds = new Set(['', 'standard', 'default', 'normal', 'auto'])

const plain = (text: string | null | undefined): string => plainName(text ?? '')

function makeTariff(book: PriceBook, offer: Offer): Tariff {
  const router = routed(book, offer)
  if (router) return router
  const resolution = resolveModel(book, offer.provider, offer.model)
  if ('reason' in resolution) return resolution
  return tariffFor(resolution, offer, null)
}

/** A router's tier that passes the upstream price on: the upstream's own tariff, with the share on top. */
function routed(book: PriceBook, offer: Offer): Tariff | null {
  if (offer.provider === null || !offer.tier) return null
  const probe = resolveModel(book, offer.provider, offer.model)
  if ('reason' in probe || probe.seller.router?.tier !== plain(offer.tier)) return null
  const upstream = resolveModel(book, null, offer.model)
  if ('reason' in upstream) return { reason: `the upstream of "${offer.model}": ${upstream.reason}` }
  return tariffFor(upstream, { ...offer, tier: null }, probe)
}

function tariffFor(resolution: Resolution, offer: Offer, router: Resolution | null): Tariff {
  const { rowsOf, seller, model } = resolution
  let tier = tierName(offer.tier ?? '')
  let speed: string | null = plain(offer.speed)
  tier = seller.tierNames[tier] ?? rowsOf.tierNames[tier] ?? tier
  if (standardSpeeds.has(speed)) speed = null
  if (speed !== null && tier === 'standard') {
    const asTier = rowsOf.tierOfSpeed[speed]
    if (asTier) {
      tier = asTier
      speed = null
    }
  }
  const asSpeed = rowsOf.speedOfTier[tier]
  if (asSpeed && speed === null) {
    speed = asSpeed
    tier = 'standard'
  }
  const region =
    resolution.region === 'global' ? 'global' : ((offer.region?.trim().toLowerCase() || null) ?? resolution.region)
  const want: Wanted = { tier, region, speed }

  const dated = [...model.rows, ...rowsOf.multipliers, ...seller.multipliers, ...seller.discounts]
  const instants = new Set<number>([Number.NEGATIVE_INFINITY])
  for (const { fromMicros, toMicros } of dated) {
    if (fromMicros !== null) instants.add(fromMicros)
    if (toMicros !== null) instants.add(toMicros)
  }
  const eras: Era[] = []
  const windows = new Set<WeeklyWindow>()
  for (const fromMicros of [...instants].sort((a, b) => a - b)) {
    const era = eraAt(resolution, want, fromMicros, router)
    for (const choice of era.choices) if (choice.window) windows.add(choice.window)
    eras.push(era)
  }
  return { resolution, eras, windows: [...windows] }
}

interface Wanted {
  readonly tier: string
  readonly region: string | null
  readonly speed: string | null
}

function eraAt(resolution: Resolution, want: Wanted, fromMicros: number, router: Resolution | null): Era {
  const { model, seller, rowsOf } = resolution
  const rows = model.rows.filter(
    row =>
      isEffective(row, fromMicros) &&
      (row.tier === want.tier || row.tier === 'standard') &&
      (row.region === null || regionMatches(row.region, want.region)) &&
      (row.speed === null || row.speed === want.speed),
  )
  const ranked = rows.map((row, order) => ({ row, order })).sort((a, b) => compareRows(b, a, want))
  const choices: Choice[] = []
  let reason = model.rows.length === 0 ? `${model.id} is listed at ${rowsOf.id} without a price` : ''
  for (const { row } of ranked) {
    const factors = factorsFor(resolution, row, want, fromMicros)
    if (typeof factors === 'string') {
      reason ||= factors
      continue
    }
    // Fees and anything else that a tier's row does not name are those of the standard row.
    const base = ranked.find(r => r.row.tier === 'standard' && r.row.window === null)?.row ?? null
    const under = row.layer === 'user' ? ranked.find(r => isPlainPublished(r.row, row))?.row : null
    choices.push({
      window: row.window,
      cards: cardsOf(resolution, row, base, under ?? null, factors, fromMicros, router),
    })
    if (row.window === null) break
  }
  if (reason === '') {
    const { tier, region, speed } = want
    const asked = [tier === 'standard' ? '' : tier, region ?? '', speed ?? ''].filter(Boolean).join(', ')
    reason = `no price of ${model.id} at ${seller.id}${asked ? ` for ${asked}` : ''} is known at this time`
  }
  return { fromMicros, choices, reason }
}

const isPlainPublished = (row: RateRow, own: RateRow): boolean =>
  row.layer !== 'user' && row.window === null && row.tier === own.tier && row.speed === own.speed

/** Rank of a row for what is wanted: what it was published for, then who says so, then its window, then how new it is. */
function compareRows(a: { row: RateRow; order: number }, b: { row: RateRow; order: number }, want: Wanted): number {
  const merit = (row: RateRow): number =>
    (row.tier === want.tier ? 8 : 0) +
    (row.speed === want.speed ? 4 : 0) +
    (row.layer === 'user' ? 2 : 0) +
    (row.region !== null ? 1 : 0)
  return (
    merit(a.row) - merit(b.row) ||
    layers.indexOf(a.row.layer) - layers.indexOf(b.row.layer) ||
    Number(a.row.window !== null) - Number(b.row.window !== null) ||
    (a.row.fromMicros ?? Number.MIN_SAFE_INTEGER) - (b.row.fromMicros ?? Number.MIN_SAFE_INTEGER) ||
    a.order - b.order
  )
}

/** The multipliers that turn a row into what is wanted: one per dimension for which the row is not published. */
function factorsFor(resolution: Resolution, row: RateRow, want: Wanted, at: number): Multiplier[] | string {
  const { seller, rowsOf, model } = resolution
  const rules = rowsOf === seller ? seller.multipliers : [...seller.multipliers, ...rowsOf.multipliers]
  const active = rules.filter(rule => isEffective(rule, at) && modelMatches(rule.models, model.id))
  const factors: Multiplier[] = []
  if (row.tier !== want.tier) {
    const rule = last(active.filter(r => r.tier === want.tier))
    if (!rule) return `no ${want.tier} price of ${model.id} at ${seller.id} is known`
    factors.push(rule)
  }
  if (row.speed !== want.speed) {
    const rule = last(active.filter(r => r.speed === want.speed && r.tier === null))
    if (!rule) return `no ${want.speed} price of ${model.id} at ${seller.id} is known`
    factors.push(rule)
  }
  if (row.region === null && want.region !== null) {
    const rule = last(active.filter(r => r.region !== null && regionMatches(r.region, want.region)))
    if (rule) factors.push(rule)
  }
  for (const rule of seller.discounts) {
    if (!isEffective(rule, at) || !modelMatches(rule.models, model.id)) continue
    if (rule.tier !== null && rule.tier !== want.tier) continue
    if (rule.region !== null && !regionMatches(rule.region, want.region)) continue
    factors.push(rule)
  }
  return factors
}

/** Of rules in file order, the last one of the highest layer. */
function last(rules: readonly Multiplier[]): Multiplier | null {
  let best: Multiplier | null = null
  for (const rule of rules) if (!best || layers.indexOf(rule.layer) >= layers.indexOf(best.layer)) best = rule
  return best
}

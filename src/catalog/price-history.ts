// A price book in; what it lists of each model and every row it has of one, with sources, dates and ages, out.
import { Fault } from '../core/fault/fault.ts'
import { instantText, parseInstant } from '../core/meter/calendar.ts'
import { type Match, resolveModel, sellerOf } from '../core/meter/model-name.ts'
import { decimalText } from '../core/meter/money.ts'
import { rateCard } from '../core/meter/price.ts'
import {
  type BilledKind,
  isEffective,
  type Multiplier,
  modelMatches,
  type PriceBook,
  type Provenance,
  type RateRow,
  type Rates,
} from '../core/meter/rates.ts'
import { ageDays, STALE_AFTER_DAYS } from './age.ts'
import { npmCatalog } from './npm-prices.ts'

export type RateTexts = Readonly<Partial<Record<BilledKind, string>>>

/** Where a row comes from, and how old the look at it is on the day asked about. */
export interface RowSource {
  readonly source: string
  readonly reference: string | null
  readonly confidence: string
  /** When it was read; for rows of the npm catalogue the day of its release, which is the latest it can be. */
  readonly observedAt: string
  readonly ageDays: number
  /** Seen more than 90 days before. */
  readonly stale: boolean
}

export interface ListedPrice extends RowSource {
  readonly provider: string
  readonly model: string
  /** Standard rates in force, USD per million tokens or the kind's own unit; null when there is no price. */
  readonly rates: RateTexts | null
}

export interface HistoryRow extends RowSource {
  readonly state: 'in force' | 'past' | 'to come' | 'outranked'
  readonly from: string | null
  readonly to: string | null
  readonly tier: string
  readonly region: string | null
  readonly speed: string | null
  readonly window: string | null
  readonly rates: RateTexts
  readonly bands: readonly { readonly prompt: string; readonly rates: RateTexts }[]
}

export interface HistoryRule extends RowSource {
  readonly rule: 'multiplier' | 'discount' | 'fee'
  readonly from: string | null
  readonly to: string | null
  readonly tier: string | null
  readonly region: string | null
  readonly times: string | null
  readonly rates: RateTexts | null
}

export interface PriceHistory {
  readonly provider: string
  readonly model: string
  readonly asked: string
  readonly match: Match
  /** Another seller whose list prices hold here. */
  readonly pricesOf: string | null
  readonly names: readonly string[]
  readonly rows: readonly HistoryRow[]
  readonly rules: readonly HistoryRule[]
}

/** The standard price of every model, or of those of a provider or with a text in their name. `at` is a date or a time. */
export function listPrices(book: PriceBook, at: string, filter: { provider?: string; model?: string }): ListedPrice[] {
  const atMicros = parseInstant(at)!
  const only = filter.provider === undefined ? null : sellerOf(book, filter.provider)
  if (filter.provider !== undefined && only === null) {
    throw new Fault('PROVIDER_UNKNOWN', `no prices of provider "${filter.provider}" are known`, {
      where: '--provider',
      fix: `one of ${book.sellers.map(s => s.id).join(', ')}`,
    })
  }
  const text = filter.model?.toLowerCase() ?? ''
  const listed: ListedPrice[] = []
  for (const seller of only ? [only] : book.sellers) {
    for (const model of seller.models) {
      if (![model.id, ...model.names].some(name => name.toLowerCase().includes(text))) continue
      const card = rateCard(book, { provider: seller.id, model: model.id, atMicros, promptTokens: 0 })
      const row = typeof card === 'string' ? model.rows.at(-1) : card.row
      listed.push({
        provider: seller.id,
        model: model.id,
        rates: typeof card === 'string' ? null : rateTexts(card.row.rates),
        ...sourceOf(row ?? npmRow, at),
      })
    }
  }
  return listed
}

const npmRow: Provenance = {
  layer: 'catalog',
  source: `${npmCatalog.name} ${npmCatalog.version}`,
  reference: null,
  observedAt: null,
  confidence: 'published',
}

/** Every row and rule of one model. Throws MODEL_UNKNOWN. */
export function priceHistory(book: PriceBook, asked: string, provider: string | null, at: string): PriceHistory {
  const found = resolveModel(book, provider, asked)
  if ('reason' in found) {
    throw new Fault('MODEL_UNKNOWN', found.reason, { where: 'MODEL', fix: 'see `crossline prices list --model TEXT`' })
  }
  const { seller, rowsOf, model, match } = found
  const atMicros = parseInstant(at)!
  const chosen = new Set(
    model.rows.map(row => {
      const { tier, speed } = row
      const region = row.region?.replace(/^!.*/, 'elsewhere') ?? null
      const card = rateCard(book, { provider: seller.id, model: asked, tier, region, speed, atMicros, promptTokens: 0 })
      return typeof card === 'string' ? null : card.row
    }),
  )
  const covers = (rule: { readonly models: readonly string[] }): boolean => modelMatches(rule.models, model.id)
  const sides = rowsOf === seller ? [seller] : [seller, rowsOf]
  return {
    provider: seller.id,
    model: model.id,
    asked,
    match,
    pricesOf: rowsOf === seller ? null : rowsOf.id,
    names: model.names,
    rows: model.rows
      .map(row => historyRow(row, chosen.has(row), atMicros, at))
      .sort((a, b) => (a.from ?? '').localeCompare(b.from ?? '')),
    rules: [
      ...sides.flatMap(s => s.multipliers.filter(covers).map(rule => historyRule('multiplier', rule, at))),
      ...seller.discounts.filter(covers).map(rule => historyRule('discount', rule, at)),
      ...sides.flatMap(s =>
        s.fees.filter(covers).map(
          (rule): HistoryRule => ({
            rule: 'fee',
            ...datesOf(rule),
            tier: null,
            region: null,
            times: null,
            rates: rateTexts(rule.rates),
            ...sourceOf(rule, at),
          }),
        ),
      ),
    ],
  }
}

function historyRow(row: RateRow, isChosen: boolean, atMicros: number, at: string): HistoryRow {
  const past = row.toMicros !== null && row.toMicros <= atMicros
  const state = past ? 'past' : !isEffective(row, atMicros) ? 'to come' : isChosen ? 'in force' : 'outranked'
  return {
    // A window's row is in force in its hours, whatever the hour asked about.
    state: state === 'outranked' && row.window !== null && row.layer !== 'catalog' ? 'in force' : state,
    ...datesOf(row),
    tier: row.tier,
    region: row.region,
    speed: row.speed,
    window: row.window === null ? null : windowText(row.window),
    rates: rateTexts(row.rates),
    bands: row.bands.map(band => ({ prompt: band.stated, rates: rateTexts(band.rates) })),
    ...sourceOf(row, at),
  }
}

const historyRule = (rule: 'multiplier' | 'discount', value: Multiplier, at: string): HistoryRule => ({
  rule,
  ...datesOf(value),
  tier: value.tier,
  region: value.region,
  times: decimalText(value.times),
  rates: null,
  ...sourceOf(value, at),
})

const datesOf = (row: { readonly fromMicros: number | null; readonly toMicros: number | null }) => ({
  from: row.fromMicros === null ? null : instantText(row.fromMicros),
  to: row.toMicros === null ? null : instantText(row.toMicros),
})

function sourceOf(row: Provenance, at: string): RowSource {
  const observedAt = row.observedAt ?? npmCatalog.publishedAt
  const age = ageDays(observedAt, at) ?? 0
  const { source, reference, confidence } = row
  return { source, reference, confidence, observedAt, ageDays: age, stale: age > STALE_AFTER_DAYS }
}

const rateTexts = (rates: Rates): RateTexts =>
  Object.fromEntries(Object.entries(rates).map(([kind, rate]) => [kind, decimalText(rate.usd)]))

function windowText(window: NonNullable<RateRow['window']>): string {
  const clock = (second: number): string =>
    `${String(Math.floor(second / 3600)).padStart(2, '0')}:${String(Math.floor(second / 60) % 60).padStart(2, '0')}`
  const days = window.weekdays.map(d => ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][d])
  const spans = window.spans.map(([start, end]) => `${clock(start)}-${clock(end)}`)
  const except = window.exceptDays.length === 0 ? '' : `, not on ${window.exceptDays.length} holidays`
  return `${days.length === 7 ? 'daily' : days.join(' ')} ${spans.join(', ')} UTC${except}`
}

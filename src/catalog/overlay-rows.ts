// A checked prices.yaml in; the sellers, rows, multipliers and fees that it says, as values of the price table, out.
import { dayOf, instant, type WeeklyWindow } from '../core/meter/calendar.ts'
import { addDecimal, type Decimal, decimal, one } from '../core/meter/money.ts'
import {
  type BilledKind,
  type ContextBand,
  type DedicatedEndpoint,
  type Effective,
  type FeeRule,
  type Layer,
  type Multiplier,
  type Provenance,
  plainName,
  publishedPer,
  type RateRow,
  type Rates,
  tierName,
} from '../core/meter/rates.ts'
import type { ModelSheet, PricesFile, RatesSheet, RowSheet, SellerSheet } from './overlay.ts'

/** Where a sheet comes from. */
export interface SheetOrigin {
  readonly layer: Layer
  readonly source: string
  readonly observedAt: string | null
  readonly confidence: Provenance['confidence']
}

export const originOf = (file: PricesFile, layer: Layer, source: string): SheetOrigin => ({
  layer,
  source,
  observedAt: file.observedAt ?? null,
  confidence: file.confidence ?? (layer === 'user' ? 'negotiated' : 'quoted'),
})

interface Stated {
  readonly source?: string | undefined
  readonly observedAt?: string | undefined
  readonly confidence?: Provenance['confidence'] | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

function provenance(sheet: Stated, origin: SheetOrigin): Provenance {
  return {
    layer: origin.layer,
    source: origin.source,
    reference: sheet.source ?? null,
    observedAt: sheet.observedAt ?? origin.observedAt,
    confidence: sheet.confidence ?? origin.confidence,
  }
}

const effective = (sheet: Stated): Effective => ({
  fromMicros: sheet.from === undefined ? null : instant(sheet.from),
  toMicros: sheet.to === undefined ? null : instant(sheet.to),
})

const text = (value: string | number): string => String(value)

export function ratesOf(sheet: RatesSheet): Rates {
  const rates: Partial<Record<BilledKind, { usd: Decimal; per: number }>> = {}
  for (const [kind, value] of Object.entries(sheet)) {
    if (value !== undefined)
      rates[kind as BilledKind] = { usd: decimal(text(value)), per: publishedPer[kind as BilledKind] }
  }
  return rates
}

/** The rows of a model's sheet. */
export function rowsOf(sheet: ModelSheet, origin: SheetOrigin): RateRow[] {
  const { aliases: _aliases, rows = [], rates, ...inline } = sheet
  const all: RowSheet[] = rates ? [{ ...inline, rates }, ...rows] : rows
  return all.map(row => {
    const own = ratesOf(row.rates)
    return {
      ...provenance(row, origin),
      ...effective(row),
      tier: tierName(row.tier ?? 'standard'),
      region: row.region?.toLowerCase() ?? null,
      speed: row.speed === undefined ? null : plainName(row.speed),
      window: row.window ? windowOf(row.window) : null,
      rates: own,
      bands: (row.bands ?? []).map(bandOf),
    }
  })
}

function bandOf(band: NonNullable<RowSheet['bands']>[number]): ContextBand {
  const rates = ratesOf(band.rates)
  const stated = band.above === undefined ? `>= ${band.atLeast}` : `> ${band.above}`
  return { fromPromptTokens: band.above === undefined ? Number(band.atLeast) : Number(band.above) + 1, stated, rates }
}

const weekdayNumbers: Readonly<Record<string, number>> = { sun: 0, mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6 }

function windowOf(sheet: NonNullable<RowSheet['window']>): WeeklyWindow {
  const seconds = (clock: string): number => Number(clock.slice(0, 2)) * 3600 + Number(clock.slice(3, 5)) * 60
  return {
    weekdays: (sheet.weekdays ?? ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']).map(d => weekdayNumbers[d]!),
    spans: sheet.utc.map(span => [seconds(span.slice(0, 5)), seconds(span.slice(6))] as const),
    exceptDays: (sheet.except ?? []).map(d =>
      dayOf(Number(d.slice(0, 4)), Number(d.slice(5, 7)), Number(d.slice(8, 10))),
    ),
  }
}

/** Tiers and regions are compared as a call's own are: without case. */
const scopeOf = (rule: { tier?: string | undefined; region?: string | undefined }) => ({
  tier: rule.tier === undefined ? null : tierName(rule.tier),
  region: rule.region?.toLowerCase() ?? null,
})

export function multipliersOf(sheet: SellerSheet, origin: SheetOrigin): Multiplier[] {
  return (sheet.multipliers ?? []).map(rule => ({
    ...provenance(rule, origin),
    ...effective(rule),
    ...scopeOf(rule),
    speed: rule.speed === undefined ? null : plainName(rule.speed),
    models: rule.models ?? [],
    kinds: rule.kinds ?? null,
    times: decimal(text(rule.times)),
  }))
}

export function discountsOf(sheet: SellerSheet, origin: SheetOrigin): Multiplier[] {
  return (sheet.discounts ?? []).map(rule => {
    const share = decimal(text(rule.share))
    return {
      ...provenance(rule, origin),
      ...effective(rule),
      ...scopeOf(rule),
      speed: null,
      models: rule.models ?? [],
      kinds: rule.kinds ?? null,
      times: addDecimal(one, { unscaled: -share.unscaled, scale: share.scale }),
    }
  })
}

export const feesOf = (sheet: SellerSheet, origin: SheetOrigin): FeeRule[] =>
  (sheet.fees ?? []).map(rule => ({
    ...provenance(rule, origin),
    ...effective(rule),
    models: rule.models ?? [],
    rates: ratesOf(rule.rates),
    searchesOncePerCall: `${rule.searchesOncePerCall}` === 'true',
  }))

export const dedicatedOf = (provider: string, sheet: SellerSheet, origin: SheetOrigin): DedicatedEndpoint[] =>
  Object.entries(sheet.dedicated ?? {}).map(([id, rule]) => ({
    ...provenance(rule, origin),
    ...effective(rule),
    provider,
    id,
    model: rule.model,
    gpu: rule.gpu ?? null,
    gpus: rule.gpus === undefined ? null : Number(rule.gpus),
    region: rule.region ?? null,
    usdPerHour: decimal(text(rule.usdPerHour)),
    minBillableSeconds: Number(rule.minBillableSeconds ?? 0),
  }))

export const routerOf = (sheet: SellerSheet, origin: SheetOrigin) =>
  sheet.router
    ? { ...provenance(sheet.router, origin), tier: sheet.router.tier, share: decimal(text(sheet.router.share)) }
    : null

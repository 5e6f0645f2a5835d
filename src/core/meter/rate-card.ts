// One row of the table and the multipliers on it in; the linear price of a call, kind by kind and band by band, out.
import type { Resolution } from './model-name.ts'
import {
  addDecimal,
  type Decimal,
  decimalText,
  fromPico,
  type Money,
  one,
  roundHalfEven,
  timesDecimal,
} from './money.ts'
import {
  type BilledKind,
  type ContextBand,
  isEffective,
  type Multiplier,
  modelMatches,
  type Rate,
  type RateRow,
  type Rates,
  type Seller,
  tokenKinds,
} from './rates.ts'
import { unitKinds } from './usage.ts'

/** What one unit of a kind costs: pico-dollars = `numerator` ÷ the card's `denominator`. */
export interface Term {
  readonly kind: BilledKind
  /** As charged, after multipliers. */
  readonly rate: string
  readonly per: number
  readonly numerator: bigint
  /** The same as a number where it is whole pico-dollars, for counts up to `maxQuantity`; else null. */
  readonly pico: number | null
  readonly maxQuantity: number
}

export interface RateCard {
  readonly row: RateRow
  readonly resolution: Resolution
  readonly override: boolean
  readonly terms: ReadonlyMap<BilledKind, Term>
  readonly denominator: bigint
  /** Reasoning tokens have a rate of their own; else they are billed inside output. */
  readonly reasoningApart: boolean
  /** Searches are billed once for a call that makes any. */
  readonly searchesOncePerCall: boolean
  /** A router's share on top of everything (0.05 = 5 %), or null. */
  readonly routerShare: Decimal | null
  readonly band: string | null
}

/** A card with the prompt sizes it holds for: from its own bound to the next card's. */
export interface BandCard {
  readonly fromPromptTokens: number
  readonly card: RateCard
}

const tokenSet: ReadonlySet<BilledKind> = new Set(tokenKinds)
const feeKinds: readonly BilledKind[] = ['searches', ...unitKinds]

/**
 * The cards of a row at an instant, ascending by prompt size. `base` has the fees that the row leaves out; a user's row
 * lies on top of the published one `under` it, which still holds for the kinds that it does not name.
 */
export function cardsOf(
  resolution: Resolution,
  row: RateRow,
  base: RateRow | null,
  under: RateRow | null,
  factors: readonly Multiplier[],
  at: number,
  router: Resolution | null,
): BandCard[] {
  const { seller, rowsOf, model } = resolution
  const fees: Partial<Record<BilledKind, Rate>> = {}
  let searchesOncePerCall = false
  for (const { fees: rules } of [rowsOf, seller]) {
    for (const rule of rules) {
      if (!isEffective(rule, at) || !modelMatches(rule.models, model.id)) continue
      Object.assign(fees, rule.rates)
      if (rule.rates.searches) searchesOncePerCall = rule.searchesOncePerCall
    }
  }
  for (const kind of feeKinds) {
    const rate = row.rates[kind] ?? base?.rates[kind] ?? under?.rates[kind]
    if (rate) fees[kind] = rate
    if (rate && kind === 'searches') searchesOncePerCall = false
  }
  const make = (fromPromptTokens: number): RateCard => {
    const rates: Partial<Record<BilledKind, Rate>> = { ...fees }
    const band = bandAt(row, fromPromptTokens)
    const own: Rates = { ...unnamed(row, under, fromPromptTokens), ...row.rates, ...band?.rates }
    for (const kind of tokenKinds) {
      const rate = own[kind]
      if (rate) rates[kind] = rate
    }
    fillWrites(rates)
    fillBilledAs(rates, rowsOf, seller)
    for (const kind of Object.keys(rates) as BilledKind[]) {
      let usd = rates[kind]!.usd
      for (const f of factors)
        if (f.kinds ? f.kinds.includes(kind) : tokenSet.has(kind)) usd = timesDecimal(usd, f.times)
      rates[kind] = { usd, per: rates[kind]!.per }
    }
    const share = router?.seller.router?.share ?? null
    return {
      row,
      resolution: router ? { ...resolution, seller: router.seller, match: resolution.match } : resolution,
      override: row.layer === 'user' || factors.some(f => f.layer === 'user'),
      ...linear(rates, share),
      reasoningApart: rates.reasoning !== undefined,
      searchesOncePerCall,
      routerShare: share,
      band: band?.stated ?? null,
    }
  }
  const starts = new Set([0, ...[row, under].flatMap(r => (r?.bands ?? []).map(band => band.fromPromptTokens))])
  return [...starts].sort((a, b) => a - b).map(from => ({ fromPromptTokens: from, card: make(from) }))
}

/** The band that a prompt of this size falls into; null below the first. */
function bandAt({ bands }: RateRow, promptTokens: number): ContextBand | null {
  let found: ContextBand | null = null
  for (const band of bands) {
    if (band.fromPromptTokens > promptTokens) continue
    if (!found || band.fromPromptTokens > found.fromPromptTokens) found = band
  }
  return found
}

const shortWrites = ['cacheWrite', 'cacheWrite5m', 'cacheWrite30m'] as const

/** The published rates of the kinds that a row says nothing about; reasoning goes with output, short writes go together. */
function unnamed(row: RateRow, under: RateRow | null, promptTokens: number): Rates {
  if (!under) return {}
  const rates = { ...under.rates, ...bandAt(under, promptTokens)?.rates }
  const named = new Set(Object.keys(row.rates) as BilledKind[])
  if (named.has('output')) named.add('reasoning')
  if (shortWrites.some(kind => named.has(kind))) for (const kind of shortWrites) named.add(kind)
  return Object.fromEntries(Object.entries(rates).filter(([kind]) => !named.has(kind as BilledKind)))
}

/**
 * Rates of the cache kinds that a row leaves out. A read without a rate of its own is billed as the input that it is;
 * a short-lived write (5 m, 30 m) is the plain write; without any write rate, writing is not charged apart and is input.
 * A long-lived write (1 h, 12 h) never takes the short one's rate: it stays unpriced.
 */
function fillWrites(rates: Partial<Record<BilledKind, Rate>>): void {
  const { input } = rates
  if (input && !rates.cacheRead) rates.cacheRead = input
  const write = rates.cacheWrite ?? rates.cacheWrite5m ?? rates.cacheWrite30m
  const charged = write ?? rates.cacheWrite1h ?? rates.cacheWrite12h
  if (charged) {
    if (!write) return
    rates.cacheWrite ??= write
    rates.cacheWrite5m ??= write
    rates.cacheWrite30m ??= write
  } else if (input) {
    for (const kind of ['cacheWrite', 'cacheWrite5m', 'cacheWrite30m', 'cacheWrite1h', 'cacheWrite12h'] as const) {
      rates[kind] = input
    }
  }
}

/**
 * What counts cost at plain rates: exact, rounded once, half-even. Cache kinds without a rate of their own are billed as
 * on a card. Null when a count has no rate: unknown, never free (law 4).
 */
export function costAt(rates: Rates, counts: Readonly<Partial<Record<BilledKind, number>>>): Money | null {
  const all: Partial<Record<BilledKind, Rate>> = { ...rates }
  fillWrites(all)
  const { terms, denominator } = linear(all, null)
  let sum = 0n
  for (const [kind, count] of Object.entries(counts) as [BilledKind, number][]) {
    if (count === 0) continue
    const term = terms.get(kind)
    if (!term) return null
    sum += term.numerator * BigInt(count)
  }
  return fromPico(roundHalfEven(sum, denominator))
}

function fillBilledAs(rates: Partial<Record<BilledKind, Rate>>, rowsOf: Seller, seller: Seller): void {
  const rules = { ...rowsOf.billedAs, ...seller.billedAs }
  for (const kind of Object.keys(rules) as BilledKind[]) {
    const rate = rates[rules[kind]!]
    if (!rates[kind] && rate) rates[kind] = rate
  }
  const hours = rates.cacheStorageTokenHours
  if (hours && !rates.cacheStorageTokenSeconds)
    rates.cacheStorageTokenSeconds = { usd: hours.usd, per: hours.per * 3600 }
}

/** Rates as integer coefficients over one common denominator, so that any sum of them is exact. */
function linear(rates: Rates, share: Decimal | null): Pick<RateCard, 'terms' | 'denominator'> {
  const grow = share ? addDecimal(one, share) : one
  const raw = (Object.keys(rates) as BilledKind[]).map(kind => {
    const { usd, per } = rates[kind]!
    // USD → pico-dollars per unit, times the router's 1 + share.
    const numerator = usd.unscaled * grow.unscaled * 1_000_000_000_000n
    const denominator = 10n ** BigInt(usd.scale + grow.scale) * BigInt(per)
    const g = gcd(numerator, denominator)
    return { kind, usd, per, numerator: numerator / g, denominator: denominator / g }
  })
  let common = 1n
  for (const { denominator } of raw) common = (common / gcd(common, denominator)) * denominator
  const terms = new Map<BilledKind, Term>()
  for (const { kind, usd, per, numerator, denominator } of raw) {
    const scaled = numerator * (common / denominator)
    const whole = common === 1n && scaled <= BigInt(Number.MAX_SAFE_INTEGER)
    const pico = whole ? Number(scaled) : null
    const maxQuantity =
      pico === null ? -1 : pico === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(Number.MAX_SAFE_INTEGER / pico)
    terms.set(kind, { kind, rate: decimalText(usd), per, numerator: scaled, pico, maxQuantity })
  }
  return { terms, denominator: common }
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a === 0n ? 1n : a
}

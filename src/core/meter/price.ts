// One call's usage and a price book in; its exact cost line by line, or the reason why it is unpriced, out.
import { type Advice, adviceOf } from './advice.ts'
import { instantText, windowEdges } from './calendar.ts'
import type { Match } from './model-name.ts'
import { add, decimalText, type Money, roundHalfEven } from './money.ts'
import type { RateCard } from './rate-card.ts'
import type { BilledKind, PriceBook } from './rates.ts'
import { cardFor, cardsAt, type Offer, rateCard, type Tariff, tariffOf } from './tariff.ts'
import { type BilledUnits, noUnits, promptTokens, type UnitKind, type Usage } from './usage.ts'

export type { Offer, RateCard }
export { rateCard }

export interface PriceRequest extends Offer {
  readonly usage: Usage
  readonly units?: BilledUnits
  /** When the call was made: prices are those of its own time. */
  readonly atMicros: number
}

export interface PriceLine {
  readonly kind: BilledKind | 'routerFee'
  readonly quantity: number
  /** USD for `per` units, exact, after multipliers. */
  readonly rate: string
  readonly per: number
  readonly usd: Money
  /** Whose tokens they are, where it is not the model that answered. */
  readonly model?: string
}

export interface PricedCall {
  readonly usd: Money
  readonly lines: readonly PriceLine[]
  readonly provider: string
  readonly pricedAs: string
  readonly match: Match
  readonly catalog: {
    readonly source: string
    readonly version: string
    readonly effectiveFrom: string | null
    readonly reference: string | null
    readonly observedAt: string | null
    readonly confidence: string
  }
}

export interface UnpricedCall {
  readonly usd: null
  readonly reason: string
}

export type Priced = PricedCall | UnpricedCall

/**
 * The exact price of one call at its own time, by the model, tier, region and speed that served it.
 * Unknown counts, kinds without a rate and models without a price give `usd: null` with the reason, never 0 (law 4).
 */
export function price(book: PriceBook, request: PriceRequest): Priced {
  const { units } = request
  if (units === undefined || units === noUnits) return priceAlone(book, request)
  const { own, advice } = adviceOf(units)
  const priced = priceAlone(book, { ...request, units: own })
  return advice.reduce((sum: Priced, one) => withAdvice(book, request, sum, one), priced)
}

/** The call and what it was advised: at the same seller and time, by the rates of the model that gave it. */
function withAdvice(book: PriceBook, request: PriceRequest, priced: Priced, { model, usage }: Advice): Priced {
  if (priced.usd === null) return priced
  // The call is one request, whomever it asks.
  const advice = priceAlone(book, { ...request, model, usage, units: { requests: 0 } })
  if (advice.usd === null) return unpriced(`advice of ${model}: ${advice.reason}`)
  const lines = advice.lines.map(line => ({ ...line, model: advice.pricedAs }))
  return { ...priced, usd: add(priced.usd, advice.usd), lines: [...priced.lines, ...lines] }
}

function priceAlone(book: PriceBook, request: PriceRequest): Priced {
  const cards = cardsAt(tariffOf(book, request), request.atMicros)
  if (typeof cards === 'string') return unpriced(cards)
  const { usage, units } = request
  if (cards.length === 1) return priceOnCard(book, cards[0]!.card, usage, units)
  const prompt = promptTokens(usage)
  if (prompt === null) return unpriced(`usage unknown: ${unknownKind(usage)} is null`)
  return priceOnCard(book, cardFor(cards, prompt), usage, units)
}

const unpriced = (reason: string): UnpricedCall => ({ usd: null, reason })

/** The kinds that a call's lines are in, in the order of the printed bill. */
const usageLines = [
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite30m',
  'cacheWrite1h',
  'cacheWrite12h',
  'inputAudio',
  'inputImage',
  'output',
  'reasoning',
  'outputAudio',
  'outputImage',
  'searches',
] as const

/**
 * The price of a usage on a card already chosen (`rateCard`): linear in every count, so pieces of a call add up to it, but
 * for searches that are billed once a call.
 */
export function priceOnCard(book: PriceBook, card: RateCard, usage: Usage, units: BilledUnits = noUnits): Priced {
  const unknown = unknownKind(usage)
  if (unknown !== null) return unpriced(`usage unknown: ${unknown} is null`)
  const quantities = new Map<BilledKind, number>()
  const problem = quantitiesOf(card, usage, units, quantities)
  if (problem !== null) return unpriced(problem)

  const { denominator, routerShare } = card
  const lines: PriceLine[] = []
  // Lines are differences of the rounded running sum, so that they add up to the total to the last digit.
  let running = 0n
  let rounded = 0n
  for (const [kind, quantity] of quantities) {
    const term = card.terms.get(kind)!
    let usd: bigint
    if (term.pico !== null && quantity <= term.maxQuantity) {
      usd = BigInt(term.pico * quantity)
    } else {
      running += term.numerator * BigInt(quantity)
      usd = denominator === 1n ? term.numerator * BigInt(quantity) : roundHalfEven(running, denominator) - rounded
    }
    rounded += usd
    lines.push({ kind, quantity, rate: term.rate, per: term.per, usd: usd as Money })
  }
  const total = rounded as Money
  return {
    usd: total,
    lines: routerShare === null ? lines : withRouterFee(card, quantities, total),
    ...identity(book, card),
  }
}

/** The lines of a routed call: the upstream's own, and the router's share as a line of its own. */
function withRouterFee(card: RateCard, quantities: ReadonlyMap<BilledKind, number>, total: Money): PriceLine[] {
  const { denominator, routerShare } = card
  const share = routerShare!
  const unit = 10n ** BigInt(share.scale)
  // Coefficients carry 1 + share: divide it out again for what the upstream bills.
  const over = denominator * (unit + share.unscaled)
  const lines: PriceLine[] = []
  let running = 0n
  let rounded = 0n
  for (const [kind, quantity] of quantities) {
    const term = card.terms.get(kind)!
    running += term.numerator * unit * BigInt(quantity)
    const next = roundHalfEven(running, over)
    lines.push({ kind, quantity, rate: term.rate, per: term.per, usd: (next - rounded) as Money })
    rounded = next
  }
  const fee = (total - rounded) as Money
  lines.push({ kind: 'routerFee', quantity: 1, rate: decimalText({ unscaled: fee, scale: 12 }), per: 1, usd: fee })
  return lines
}

type Identity = Omit<PricedCall, 'usd' | 'lines'>

const identities = new WeakMap<RateCard, Identity>()

/** Who priced it: the same value for every call of a card. */
function identity(book: PriceBook, card: RateCard): Identity {
  let known = identities.get(card)
  if (!known) {
    const { row, resolution } = card
    known = {
      provider: resolution.seller.id,
      pricedAs: resolution.model.id,
      match: card.override ? 'override' : resolution.match,
      catalog: {
        source: row.source,
        version: book.version,
        effectiveFrom: row.fromMicros === null ? null : instantText(row.fromMicros),
        reference: row.reference,
        observedAt: row.observedAt,
        confidence: row.confidence,
      },
    }
    identities.set(card, known)
  }
  return known
}

/** The first kind that adds to the bill and is not known; parts of a known whole may be unknown. */
function unknownKind(usage: Usage): string | null {
  for (const kind of usageLines) {
    if (usage[kind] !== null) continue
    if (kind === 'reasoning') continue
    if (usage.cacheWrite !== null && kind.startsWith('cacheWrite')) continue
    return kind
  }
  return null
}

/** Fills in what is billed of each kind; returns why the call cannot be priced on this card, else null. */
function quantitiesOf(card: RateCard, usage: Usage, units: BilledUnits, into: Map<BilledKind, number>): string | null {
  const { terms } = card
  const requests = units.requests ?? 1
  for (const kind of usageLines) {
    let quantity = usage[kind] ?? 0
    if (kind === 'cacheWrite') quantity -= writesByTtl(usage)
    else if (kind === 'output' && card.reasoningApart) {
      if (usage.reasoning === null && quantity > 0) return 'usage unknown: reasoning is null and has a rate of its own'
      quantity -= usage.reasoning ?? 0
    } else if (kind === 'reasoning' && !card.reasoningApart) continue
    else if (kind === 'searches' && card.searchesOncePerCall) quantity = Math.min(quantity, requests)
    if (quantity === 0) continue
    if (!terms.has(kind)) return noRate(card, kind, quantity)
    into.set(kind, quantity)
  }
  if (requests > 0 && terms.has('requests')) into.set('requests', requests)
  for (const kind in units) {
    const quantity = units[kind as UnitKind]!
    if (kind === 'requests' || quantity === 0) continue
    if (!terms.has(kind as UnitKind)) return noRate(card, kind as UnitKind, quantity)
    into.set(kind as UnitKind, quantity)
  }
  return null
}

const writesByTtl = (u: Usage): number =>
  (u.cacheWrite5m ?? 0) + (u.cacheWrite1h ?? 0) + (u.cacheWrite30m ?? 0) + (u.cacheWrite12h ?? 0)

const noRate = (card: RateCard, kind: BilledKind, quantity: number): string =>
  `no rate for ${kind} of ${card.resolution.model.id} at ${card.resolution.seller.id} is known, and the call has ${quantity}`

/** Where one card holds: for calls of an offer in [from, to) whose prompt has [fromPromptTokens, toPromptTokens) tokens. */
export interface RateSegment {
  readonly fromMicros: number
  readonly toMicros: number
  readonly fromPromptTokens: number
  readonly toPromptTokens: number
  /** Null with a reason where calls are unpriced. */
  readonly card: RateCard | null
  readonly reason: string | null
}

/**
 * An offer's prices over a span of time as a table of segments, for pricing millions of calls in SQL: join on time and
 * prompt size, then take the dot product of counts and `card.terms` (÷ `card.denominator`, half-even, when it is not 1).
 * A count > 0 in a kind without a term leaves the call unpriced; searches of a card that bills them once a call count once.
 * Agrees with `price` call by call.
 */
export function rateSegments(book: PriceBook, offer: Offer, fromMicros: number, toMicros: number): RateSegment[] {
  const tariff = tariffOf(book, offer)
  const segments: RateSegment[] = []
  for (const [from, to] of spans(tariff, fromMicros, toMicros)) {
    const cards = cardsAt(tariff, from)
    if (typeof cards === 'string') {
      extend(segments, { fromMicros: from, toMicros: to, ...anyPrompt, card: null, reason: cards })
      continue
    }
    cards.forEach(({ fromPromptTokens, card }, i) => {
      const toPromptTokens = cards[i + 1]?.fromPromptTokens ?? Number.MAX_SAFE_INTEGER
      extend(segments, { fromMicros: from, toMicros: to, fromPromptTokens, toPromptTokens, card, reason: null })
    })
  }
  return segments
}

const anyPrompt = { fromPromptTokens: 0, toPromptTokens: Number.MAX_SAFE_INTEGER }

function spans(tariff: Tariff, fromMicros: number, toMicros: number): [number, number][] {
  if (toMicros <= fromMicros) return []
  const cuts = new Set<number>([fromMicros])
  if (!('reason' in tariff)) {
    for (const era of tariff.eras)
      if (era.fromMicros > fromMicros && era.fromMicros < toMicros) cuts.add(era.fromMicros)
    for (const edge of windowEdges(tariff.windows, fromMicros, toMicros)) cuts.add(edge)
  }
  const sorted = [...cuts].sort((a, b) => a - b)
  return sorted.map((from, i) => [from, sorted[i + 1] ?? toMicros])
}

function extend(segments: RateSegment[], next: RateSegment): void {
  for (let i = segments.length - 1; i >= 0 && segments[i]!.toMicros >= next.fromMicros; i--) {
    const before = segments[i]!
    if (before.toMicros !== next.fromMicros || before.fromPromptTokens !== next.fromPromptTokens) continue
    if (before.card !== next.card || before.reason !== next.reason) continue
    segments[i] = { ...before, toMicros: next.toMicros }
    return
  }
  segments.push(next)
}

/** Which facts of a call an offer's price depends on, for grouping calls before pricing them. */
export interface SelectionKey {
  /** Instants at which a rate changes (effective dates). */
  readonly instants: readonly number[]
  /** Whether the hour of the week matters. */
  readonly windows: boolean
  /** Prompt sizes at which a context band begins. */
  readonly promptBounds: readonly number[]
}

export function selectionKey(book: PriceBook, offer: Offer): SelectionKey {
  const tariff = tariffOf(book, offer)
  if ('reason' in tariff) return { instants: [], windows: false, promptBounds: [] }
  const bounds = new Set<number>()
  for (const era of tariff.eras) {
    for (const choice of era.choices)
      for (const c of choice.cards) if (c.fromPromptTokens > 0) bounds.add(c.fromPromptTokens)
  }
  return {
    instants: tariff.eras.map(era => era.fromMicros).filter(at => Number.isFinite(at)),
    windows: tariff.windows.length > 0,
    promptBounds: [...bounds].sort((a, b) => a - b),
  }
}

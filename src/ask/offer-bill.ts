// Traffic, one seller's list price and what is known of repeats in; its bill, with which cache hits, and what more could be had, out.
import type { SellerCache } from '../catalog/cache-rules.ts'
import { type HostedOffer, offerRates } from '../catalog/offers.ts'
import type { CacheEvidence } from '../core/decide/evidence.ts'
import { formatUsd, type Money } from '../core/meter/money.ts'
import { costAt } from '../core/meter/rate-card.ts'
import { toldAnswerTokens, toldPromptTokens, type UsageKind } from '../core/meter/usage.ts'
import type { CacheHits } from './cache-hits.ts'
import type { Lever } from './levers.ts'

type Usage = Readonly<Record<UsageKind, number>>

interface Sums {
  readonly total: Usage
  readonly windows: readonly Usage[]
}

/** Today's own seller of these weights keeps its hits; any other's are simulated where prefix blocks are known. */
export type CacheBasis =
  | { readonly kind: 'as metered' }
  | { readonly kind: 'none' }
  | { readonly kind: 'simulated'; readonly rule: SellerCache; readonly hits: CacheHits }

export interface OfferBill {
  readonly usd: Money
  readonly usdByWindow: readonly number[]
  readonly cache: CacheEvidence
  /** Share of the bill that is paid for prompts. */
  readonly promptShare: number
  /** A prompt cache that only requests which ask for it use. */
  readonly lever: Lever | null
  readonly notes: readonly string[]
}

/** How the prompts are taken to meet a cache: tokens read and written, in all and by window. */
interface Hits {
  readonly read: number
  readonly written: number
  readonly readByWindow: ArrayLike<number>
  readonly writtenByWindow: ArrayLike<number>
}

const noHits: Hits = { read: 0, written: 0, readByWindow: [], writtenByWindow: [] }

/** The bill at list price; null when a price is not stated. Hits of another seller are never carried over. */
export function offerBill(offer: HostedOffer, traffic: Sums, basis: CacheBasis): OfferBill | null {
  if (offerRates(offer) === null) return null
  const { total } = traffic
  const metered = total.cacheRead + total.cacheWrite > 0
  const prompt = toldPromptTokens(total)
  const share = (tokens: number) => (prompt > 0 ? tokens / prompt : 0)
  const fresh = priced(offer, traffic, noHits)
  const answers = Number(offerUsd(offer, { ...withHits(total, 0, 0), input: 0 }))
  const bill = (
    billed: Pick<OfferBill, 'usd' | 'usdByWindow'>,
    counted: Pick<CacheEvidence, 'basis' | 'readTokens' | 'writtenTokens' | 'rule'>,
    note: string | null,
    beside: { readonly low?: Money; readonly lever?: Lever } = {},
  ): OfferBill => ({
    ...billed,
    cache: {
      ...counted,
      hitShare: share(counted.readTokens),
      freshUsd: formatUsd(fresh.usd),
      lowUsd: beside.low !== undefined && beside.low < billed.usd ? formatUsd(beside.low) : null,
    },
    promptShare: billed.usd > 0n ? 1 - answers / Number(billed.usd) : 0,
    lever: beside.lever ?? null,
    notes: note === null ? [] : [note],
  })
  const none = { basis: 'none', readTokens: 0, writtenTokens: 0, rule: null } as const

  if (basis.kind === 'as metered') {
    const counted = {
      ...none,
      basis: 'as metered',
      readTokens: total.cacheRead,
      writtenTokens: total.cacheWrite,
    } as const
    const note =
      offer.usdPerMtokCacheRead === null
        ? 'no cache price known: cache hits billed as fresh input'
        : 'cache hits taken as metered today: the same seller'
    const billed = { usd: offerUsd(offer, total)!, usdByWindow: byWindow(offer, traffic, window => window) }
    return bill(billed, counted, metered ? note : null)
  }
  if (offer.usdPerMtokCacheRead === null) {
    const repeats = metered || basis.kind === 'simulated'
    return bill(fresh, none, repeats ? 'no cache price known: every prompt token billed as fresh input' : null)
  }
  if (basis.kind === 'none') {
    if (!metered) return bill(fresh, none, null)
    const note =
      "today's cache hits are not carried over, and no record tells which prompts repeat: billed as fresh; the band reaches down to today's hits"
    return bill(fresh, none, note, { low: offerUsd(offer, total)! })
  }
  const { rule, hits } = basis
  // Without a price of its own a write is billed as the fresh input that it is.
  const writes = offer.usdPerMtokCacheWrite === null ? 0 : 1
  const cached = priced(offer, traffic, {
    read: hits.readTokens,
    written: writes * hits.writtenTokens,
    readByWindow: hits.readByWindow,
    writtenByWindow: hits.writtenByWindow.map(tokens => writes * tokens),
  })
  const words = ruleWords(rule)
  const said = `${percent(share(hits.readTokens))} of prompt tokens would be read from its cache`
  if (!rule.documented) {
    const note = `${said} at best (${words}): not counted on, billed as fresh; the band reaches down to it`
    return bill(fresh, none, note, { low: cached.usd })
  }
  if (rule.mode === 'automatic' || metered) {
    const writtenTokens = writes * hits.writtenTokens
    const counted = { basis: 'simulated', readTokens: hits.readTokens, writtenTokens, rule: words } as const
    return bill(cached, counted, `${said} (${words})`)
  }
  const evidence = `${said}, once requests mark what to keep (${words})`
  const lever = { name: 'prompt caching', ...cached, evidence }
  const note = cached.usd < fresh.usd ? evidence : `${evidence}: its writes would cost more than that saves`
  return bill(fresh, none, note, { lever })
}

function priced(offer: HostedOffer, traffic: Sums, hits: Hits): Pick<OfferBill, 'usd' | 'usdByWindow'> {
  return {
    usd: offerUsd(offer, withHits(traffic.total, hits.read, hits.written))!,
    usdByWindow: byWindow(offer, traffic, (window, w) =>
      withHits(window, hits.readByWindow[w] ?? 0, hits.writtenByWindow[w] ?? 0),
    ),
  }
}

/** Most windows of a sparse history are empty. */
function byWindow(offer: HostedOffer, { windows }: Sums, usageOf: (window: Usage, w: number) => Usage): number[] {
  return windows.map((window, w) => {
    const isQuiet = toldPromptTokens(window) === 0 && toldAnswerTokens(window) === 0
    return isQuiet ? 0 : Number(offerUsd(offer, usageOf(window, w))) / 1e12
  })
}

/** The same prompts with these hits and no others. Reads and writes are parts of the prompt, billed apart. */
function withHits(usage: Usage, read: number, written: number): Usage {
  const input = toldPromptTokens(usage) - read - written
  return { ...usage, input, inputAudio: 0, inputImage: 0, cacheRead: read, cacheWrite: written }
}

const percent = (part: number): string => `${Math.round(part * 1000) / 10} %`

function ruleWords({ ttlSeconds, minimumTokens, refreshedOnHit, source, asOf }: SellerCache): string {
  const life = ttlSeconds % 3600 === 0 ? `${ttlSeconds / 3600} h` : `${ttlSeconds / 60} min`
  return `kept ${life}${refreshedOnHit ? ' from last use' : ''}, from ${minimumTokens} tokens; ${source}, ${asOf}`
}

/** A sum of usage at an offer's list price, exact; null when a price is not stated. */
export function offerUsd(offer: HostedOffer, usage: Usage): Money | null {
  const rates = offerRates(offer)
  return rates === null ? null : costAt(rates, billedAs(usage))
}

/** A host of text models bills whatever goes in at its input rate, and whatever comes out at its output rate. */
function billedAs(usage: Usage): Partial<Record<UsageKind, number>> {
  const { cacheRead, cacheWrite } = usage
  const input = toldPromptTokens(usage) - cacheRead - cacheWrite
  return { input, cacheRead, cacheWrite, output: toldAnswerTokens(usage) }
}

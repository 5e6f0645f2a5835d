// Traffic in windows and a seller's rates in; what that API would bill for exactly these calls out.
import type { HostedOffer } from '../catalog/offers.ts'
import type { ApiTerms } from '../core/decide/evidence.ts'
import { type Decimal, decimal, formatUsd, type Money, roundHalfEven } from '../core/meter/money.ts'
import { type UsageKind, usageKinds } from '../core/meter/usage.ts'
import type { UsageGroup } from '../ledger/ledger.ts'

/** Sums of a slice of the ledger by window, whatever model served it: what any option is priced on. */
export interface Traffic {
  readonly calls: number
  readonly unknownUsageCalls: number
  readonly windows: readonly Readonly<Record<UsageKind, number>>[]
  readonly total: Readonly<Record<UsageKind, number>>
}

/** Adds groups up by window. `windows` is the number of windows of the demand. */
export function trafficOf(groups: readonly UsageGroup[], windows: number): Traffic {
  // Most windows of a sparse history are empty, and share one row of zeros.
  const byWindow: Record<UsageKind, number>[] = new Array(windows).fill(quiet)
  const total = none()
  let calls = 0
  let unknownUsageCalls = 0
  for (const group of groups) {
    calls += group.calls
    unknownUsageCalls += group.unknownUsageCalls
    if (group.window !== null && byWindow[group.window] === quiet) byWindow[group.window] = none()
    const window = group.window === null ? undefined : byWindow[group.window]
    for (const kind of usageKinds) {
      const count = group.usage[kind] ?? 0
      total[kind] += count
      if (window) window[kind] += count
    }
  }
  return { calls, unknownUsageCalls, windows: byWindow, total }
}

const none = (): Record<UsageKind, number> =>
  Object.fromEntries(usageKinds.map(kind => [kind, 0])) as Record<UsageKind, number>

const quiet: Readonly<Record<UsageKind, number>> = none()

/** USD per million tokens of each kind at one host; a kind without a price of its own is billed as fresh input. */
interface Rates {
  readonly input: Decimal
  readonly cacheRead: Decimal
  readonly cacheWrite: Decimal
  readonly output: Decimal
}

const inputLike = ['input', 'inputAudio', 'inputImage'] as const
const outputLike = ['output', 'outputAudio', 'outputImage'] as const

/**
 * The whole traffic at a hosted offer's list price. Exact: the sums of whole tokens times the printed rates, rounded
 * once. Calls whose usage is unknown are unpriced, never free.
 */
export function offerTerms(offer: HostedOffer, group: string, traffic: Traffic, infeasibleCalls: number): ApiTerms {
  const rates = ratesOf(offer)
  const total = rates === null ? null : cost(traffic.total, rates)
  const usesCache = traffic.total.cacheRead + traffic.total.cacheWrite > 0
  return {
    name: `${offer.host} ${offer.modelAsListed}`,
    group,
    kind: 'hosted',
    provider: offer.host,
    model: offer.modelAsListed,
    dtype: offer.weightDtype,
    usd: total === null ? null : formatUsd(total),
    usdByWindow:
      rates === null ? [] : traffic.windows.map(window => (window === quiet ? 0 : dollars(cost(window, rates)))),
    pricedShare: rates === null || traffic.calls === 0 ? 0 : 1 - traffic.unknownUsageCalls / traffic.calls,
    fixedUsdPerMonth: 0,
    source: offer.source,
    observedAt: offer.observedAt,
    infeasible:
      infeasibleCalls > 0 ? { calls: infeasibleCalls, reasons: [limitsOf(offer)] } : { calls: 0, reasons: [] },
    notes: [
      ...(usesCache && offer.usdPerMtokCacheRead === null
        ? ['no cache price known: cache hits billed as fresh input']
        : []),
      ...(usesCache && offer.usdPerMtokCacheRead !== null ? ['cache hits taken as metered today'] : []),
      ...(offer.notes ? [offer.notes] : []),
    ],
  }
}

/** What a call must have exceeded to be infeasible. */
function limitsOf({ contextTokens, maxOutputTokens }: HostedOffer): string {
  const limits = [
    ...(contextTokens === null ? [] : [`prompt + answer above ${contextTokens} tokens of context`]),
    ...(maxOutputTokens === null ? [] : [`an answer above ${maxOutputTokens} tokens`]),
  ]
  return limits.join(', or ')
}

/** A sum of usage at an offer's list price, exact; null when a price is not stated. */
export function offerUsd(offer: HostedOffer, usage: Readonly<Record<UsageKind, number>>): Money | null {
  const rates = ratesOf(offer)
  return rates === null ? null : cost(usage, rates)
}

function ratesOf(offer: HostedOffer): Rates | null {
  if (offer.usdPerMtokInput === null || offer.usdPerMtokOutput === null) return null
  return {
    input: decimal(offer.usdPerMtokInput),
    cacheRead: decimal(offer.usdPerMtokCacheRead ?? offer.usdPerMtokInput),
    cacheWrite: decimal(offer.usdPerMtokCacheWrite ?? offer.usdPerMtokInput),
    output: decimal(offer.usdPerMtokOutput),
  }
}

function cost(usage: Readonly<Record<UsageKind, number>>, rates: Rates): Money {
  const tokens = (kinds: readonly UsageKind[]) => kinds.reduce((sum, kind) => sum + BigInt(usage[kind]), 0n)
  // USD per 1e6 tokens is 1e-6 USD a token is 1e6 pico-dollars a token, whatever the rate's own scale.
  const part = (count: bigint, rate: Decimal) => ({ top: count * rate.unscaled * 1_000_000n, scale: rate.scale })
  const parts = [
    part(tokens(inputLike), rates.input),
    part(BigInt(usage.cacheRead), rates.cacheRead),
    part(BigInt(usage.cacheWrite), rates.cacheWrite),
    part(tokens(outputLike), rates.output),
  ]
  const scale = Math.max(...parts.map(one => one.scale))
  const top = parts.reduce((sum, one) => sum + one.top * 10n ** BigInt(scale - one.scale), 0n)
  return roundHalfEven(top, 10n ** BigInt(scale)) as Money
}

const dollars = (money: Money): number => Number(money) / 1e12

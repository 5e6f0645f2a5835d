// Traffic in windows and a seller's rates in; what that API would bill for exactly these calls out.
import { type HostedOffer, listPrices } from '../catalog/offers.ts'
import type { ApiTerms } from '../core/decide/evidence.ts'
import type { Infeasible } from '../core/decide/feasible.ts'
import { formatUsd } from '../core/meter/money.ts'
import { noUsage, type UsageKind, usageKinds } from '../core/meter/usage.ts'
import type { UsageGroup } from '../ledger/ledger.ts'
import { batchLever, type Deferrable, optimised } from './levers.ts'
import { type CacheBasis, offerBill } from './offer-bill.ts'

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
  const byWindow: Record<UsageKind, number>[] = new Array(windows).fill(noUsage)
  const total = { ...noUsage }
  let calls = 0
  let unknownUsageCalls = 0
  for (const group of groups) {
    calls += group.calls
    unknownUsageCalls += group.unknownUsageCalls
    if (group.window !== null && byWindow[group.window] === noUsage) byWindow[group.window] = { ...noUsage }
    const window = group.window === null ? undefined : byWindow[group.window]
    for (const kind of usageKinds) {
      const count = group.usage[kind] ?? 0
      total[kind] += count
      if (window) window[kind] += count
    }
  }
  return { calls, unknownUsageCalls, windows: byWindow, total }
}

/** How an offer would bill these calls beside its rates. */
export interface OfferBasis {
  readonly infeasible: Infeasible
  readonly cache: CacheBasis
  readonly deferrable: Deferrable | null
}

/** What is known of nothing but the usage. */
export const plainBasis: OfferBasis = {
  infeasible: { calls: 0, reasons: [], kind: 0 },
  cache: { kind: 'none' },
  deferrable: null,
}

/**
 * The whole traffic at a hosted offer's list price. Exact: the sums of whole tokens times the printed rates, rounded
 * once. Calls whose usage is unknown are unpriced, never free. Cache hits of another seller are not carried over.
 */
export function offerTerms(
  offer: HostedOffer,
  group: string,
  traffic: Traffic,
  basis: OfferBasis = plainBasis,
): ApiTerms {
  const bill = offerBill(offer, traffic, basis.cache)
  return {
    name: `${offer.host} ${offer.modelAsListed}`,
    group,
    kind: 'hosted',
    provider: offer.host,
    model: offer.modelAsListed,
    dtype: offer.weightDtype,
    usd: bill === null ? null : formatUsd(bill.usd),
    usdByWindow: bill?.usdByWindow ?? [],
    pricedShare: bill === null || traffic.calls === 0 ? 0 : 1 - traffic.unknownUsageCalls / traffic.calls,
    fixedUsdPerMonth: 0,
    source: offer.source,
    observedAt: offer.observedAt,
    infeasible: basis.infeasible,
    notes: [...(bill?.notes ?? []), ...(offer.notes ? [offer.notes] : [])],
    rates: listPrices(offer),
    ...(bill === null ? {} : { promptShare: bill.promptShare, cache: bill.cache }),
    region: offer.region,
    optimised: bill === null ? null : optimised(bill, [bill.lever, batchLever(offer, traffic, basis.deferrable)]),
  }
}

// Traffic in windows and a seller's rates in; what that API would bill for exactly these calls out.
import { type HostedOffer, offerRates } from '../catalog/offers.ts'
import type { ApiTerms } from '../core/decide/evidence.ts'
import { formatUsd, type Money } from '../core/meter/money.ts'
import { costAt } from '../core/meter/rate-card.ts'
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

const inputLike = ['input', 'inputAudio', 'inputImage'] as const
const outputLike = ['output', 'outputAudio', 'outputImage'] as const

/**
 * The whole traffic at a hosted offer's list price. Exact: the sums of whole tokens times the printed rates, rounded
 * once. Calls whose usage is unknown are unpriced, never free.
 */
export function offerTerms(offer: HostedOffer, group: string, traffic: Traffic, infeasibleCalls: number): ApiTerms {
  const cost = (usage: Readonly<Record<UsageKind, number>>) => offerUsd(offer, usage)
  const total = cost(traffic.total)
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
      total === null ? [] : traffic.windows.map(window => (window === quiet ? 0 : Number(cost(window)) / 1e12)),
    pricedShare: total === null || traffic.calls === 0 ? 0 : 1 - traffic.unknownUsageCalls / traffic.calls,
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
  const rates = offerRates(offer)
  return rates === null ? null : costAt(rates, billedAs(usage))
}

/** A host of text models bills whatever goes in at its input rate, and whatever comes out at its output rate. */
function billedAs(usage: Readonly<Record<UsageKind, number>>): Partial<Record<UsageKind, number>> {
  const tokens = (kinds: readonly UsageKind[]) => kinds.reduce((sum, kind) => sum + usage[kind], 0)
  const { cacheRead, cacheWrite } = usage
  return { input: tokens(inputLike), cacheRead, cacheWrite, output: tokens(outputLike) }
}

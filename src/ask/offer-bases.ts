// Hosted offers and the ledger's own evidence in; per offer which calls it refuses, which cache hits it would see, what may wait, out.
import { cacheRuleOf, type SellerCache } from '../catalog/cache-rules.ts'
import { modelById } from '../catalog/facts.ts'
import { hostOf } from '../catalog/host-names.ts'
import type { HostedOffer } from '../catalog/offers.ts'
import { type CallNeed, yesTexts } from '../core/meter/needs.ts'
import { toldAnswerTokens, toldPromptTokens } from '../core/meter/usage.ts'
import type { CallColumns, LedgerReads, Slice, UsageGroup } from '../ledger/ledger.ts'
import type { OfferBasis, Traffic } from './api-terms.ts'
import { type CacheHits, cacheHits, type PrefixEvidence } from './cache-hits.ts'
import { type Limits, noLimits, type Refusals, rateLimitOf } from './feasibility.ts'
import type { Deferrable } from './levers.ts'
import type { CacheBasis } from './offer-bill.ts'
import type { Asked } from './slices.ts'

/** An offer of these weights, by the name that groups them. */
export interface Sold {
  readonly offer: HostedOffer
  readonly weights: string
}

/**
 * What an offer states that it takes; where it says nothing of the context, what the model itself holds. What else it does
 * not state is no limit here, and a note where calls need it.
 */
export function limitsOf(offer: HostedOffer): Limits {
  const { architecture, maxOutputTokens, vision, tools, jsonSchema, rateLimit } = offer
  const contextTokens = offer.contextTokens ?? (architecture === null ? null : modelById(architecture).maxContext)
  const lacks: CallNeed[] = []
  if (vision === false) lacks.push('image')
  if (tools === false) lacks.push('tools')
  if (jsonSchema === false) lacks.push('jsonSchema')
  return { ...noLimits, contextTokens, maxOutputTokens, lacks, ...rateLimitOf(rateLimit) }
}

/** The one host that serves today's calls, as the offers name it; null when there are several or nobody said. */
export function todaysHost({ metered }: Pick<Asked, 'metered'>): string | null {
  const hosts = new Set(metered.map(({ key }) => (key.provider ? hostOf(key.provider) : null)))
  const [host] = hosts
  return hosts.size === 1 ? (host ?? null) : null
}

export interface BasisInputs {
  readonly ledger: LedgerReads
  readonly slice: Slice
  readonly columns: CallColumns
  readonly traffic: Traffic
  readonly refusals: Refusals
  /** What is known of prompts that repeat; null = nothing. */
  readonly prefixes: PrefixEvidence | null
  readonly deferrable: Deferrable | null
  readonly windowSeconds: number
}

/**
 * One basis per offer, in their order, as if none of them served these calls today. Caches that keep prefixes alike for the same calls are simulated once, and all of
 * them in one pass over the ledger's prefix blocks.
 */
export async function offerBases(sold: readonly Sold[], inputs: BasisInputs): Promise<OfferBasis[]> {
  const { refusals, prefixes, deferrable } = inputs
  const infeasible = sold.map(({ offer }) => refusals.infeasibleOf(limitsOf(offer)))
  const trials = new Map<string, { rule: SellerCache; kind: number }>()
  const trialOf = sold.map(({ offer, weights }, i) => {
    if (prefixes === null || offer.usdPerMtokCacheRead === null) return null
    const rule = cacheRuleOf(offer.host, weights)
    const kind = infeasible[i]!.kind ?? 0
    const { minimumTokens, granularityTokens, ttlSeconds, refreshedOnHit } = rule
    const key = JSON.stringify([minimumTokens, granularityTokens, ttlSeconds, refreshedOnHit, kind])
    if (!trials.has(key)) trials.set(key, { rule, kind })
    return { key, rule }
  })
  const found = await hitsOf([...trials.values()], inputs)
  const byKey = new Map([...trials.keys()].map((key, t) => [key, found[t]!]))
  return sold.map((_, i): OfferBasis => {
    const trial = trialOf[i]
    const cache: CacheBasis = trial
      ? { kind: 'simulated', rule: trial.rule, hits: byKey.get(trial.key)! }
      : { kind: 'none' }
    return { infeasible: infeasible[i]!, cache, deferrable }
  })
}

async function hitsOf(
  trials: readonly { rule: SellerCache; kind: number }[],
  { ledger, slice, columns, traffic, refusals, prefixes, windowSeconds }: BasisInputs,
): Promise<CacheHits[]> {
  if (prefixes === null || trials.length === 0) return []
  const runs = trials.map(({ rule, kind }) => ({ rule, refuses: (call: number) => refusals.refuses(kind, call) }))
  const windows = { seconds: windowSeconds, count: traffic.windows.length }
  return cacheHits(ledger, slice, columns, prefixes, runs, windows)
}

/** Calls that may wait for a batch: tagged `deferrable=true`, or sent as batch already; null when there are none. */
export async function deferrableCalls(
  ledger: LedgerReads,
  slice: Slice,
  groups: readonly UsageGroup[],
): Promise<{ readonly all: Deferrable | null; readonly notYetBatch: Deferrable | null }> {
  const tagged = await ledger.usageGroups({ ...slice, where: { ...slice.where, 'tag:deferrable': [...yesTexts] } }, {})
  const notYet = tagged.filter(({ tier }) => tier !== 'batch')
  return {
    all: sumOf([...notYet, ...groups.filter(({ tier }) => tier === 'batch')]),
    notYetBatch: sumOf(notYet),
  }
}

function sumOf(groups: readonly UsageGroup[]): Deferrable | null {
  const sum = { calls: 0, input: 0, output: 0 }
  for (const { calls, usage } of groups) {
    sum.calls += calls
    sum.input += toldPromptTokens(usage)
    sum.output += toldAnswerTokens(usage)
  }
  return sum.calls === 0 ? null : sum
}

/** What calls need that an offer does not say it takes: told, and not taken for granted. */
export function unstatedNotes(offer: HostedOffer, needed: readonly { need: CallNeed; calls: number }[]): string[] {
  const stated: Record<CallNeed, boolean | null> = {
    image: offer.vision,
    audio: null,
    tools: offer.tools,
    jsonSchema: offer.jsonSchema,
  }
  const words: Record<CallNeed, string> = {
    image: 'pictures',
    audio: 'sound',
    tools: 'tools',
    jsonSchema: 'a JSON schema',
  }
  const { requestsPerMinute, tokensPerMinute } = rateLimitOf(offer.rateLimit)
  const unread = offer.rateLimit !== null && requestsPerMinute === null && tokensPerMinute === null
  return [
    ...needed
      .filter(({ need }) => stated[need] === null)
      .map(({ need, calls }) => `${calls} calls need ${words[need]}: whether it takes them is not stated`),
    ...(unread ? [`its rate limit (${offer.rateLimit}) is not checked against these calls`] : []),
  ]
}

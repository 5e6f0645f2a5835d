// Today's bill, and the offer it is bought at, in; the same bill after savings that change no answer out.
import { cacheRuleOf } from '../catalog/cache-rules.ts'
import { listPrices } from '../catalog/offers.ts'
import type { ApiTerms } from '../core/decide/evidence.ts'
import { type Money, parseUsd, roundHalfEven } from '../core/meter/money.ts'
import { toldPromptTokens } from '../core/meter/usage.ts'
import type { OfferBasis, Traffic } from './api-terms.ts'
import { batchLever, type Deferrable, type Lever, optimised } from './levers.ts'
import type { Sold } from './offer-bases.ts'
import { offerBill } from './offer-bill.ts'

/**
 * What today's seller bills, as it is and at its best. Prompt caching is a lever only where no call was metered with a hit
 * (whoever caches already has what there is), and is measured at the list price: the bill falls in the same proportion.
 */
export function withLevers(
  terms: ApiTerms,
  sold: Sold | null,
  basis: OfferBasis | null,
  traffic: Traffic,
  notYetBatch: Deferrable | null,
): ApiTerms {
  const { total } = traffic
  const metered = total.cacheRead + total.cacheWrite
  const prompt = toldPromptTokens(total)
  const cache = {
    basis: 'as metered',
    readTokens: total.cacheRead,
    writtenTokens: total.cacheWrite,
    hitShare: prompt > 0 ? total.cacheRead / prompt : 0,
    freshUsd: null,
    lowUsd: null,
    rule: null,
  } as const
  if (sold === null || terms.usd === null) return { ...terms, cache }
  const { offer, weights } = sold
  const billed = { usd: parseUsd(terms.usd), usdByWindow: terms.usdByWindow }
  const listed = offerBill(offer, traffic, { kind: 'as metered' })
  if (listed === null) return { ...terms, cache }
  const levers: (Lever | null)[] = []
  if (basis?.cache.kind === 'simulated' && metered === 0 && listed.usd > 0n) {
    const rule = { ...cacheRuleOf(offer.host, weights), mode: 'automatic' as const }
    const cached = offerBill(offer, traffic, { ...basis.cache, rule })!
    if (rule.documented) {
      levers.push({
        name: 'prompt caching',
        usd: roundHalfEven(billed.usd * cached.usd, listed.usd) as Money,
        usdByWindow: billed.usdByWindow.map(usd => (usd * Number(cached.usd)) / Number(listed.usd)),
        evidence: `${cached.notes[0] ?? ''}; no hit was metered`,
      })
    }
  }
  levers.push(batchLever(offer, traffic, notYetBatch))
  const { promptShare } = listed
  return { ...terms, cache, rates: listPrices(offer), promptShare, optimised: optimised(billed, levers) }
}

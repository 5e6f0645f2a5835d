// One API's terms and the reader's choices in; what a million tokens cost there as billed and at its best, refused calls included, out.
import { estimate } from '../statistics/estimate.ts'
import type { CacheAnswer, CostTerms, OptimisedAnswer, OptionAnswer } from './answer.ts'
import type { Choices } from './choices.ts'
import type { ApiTerms, Evidence } from './evidence.ts'
import { apiNamed, fallbackOf, type Infeasible, type Refused, refusedBy, shareOf, takesAdapters } from './feasible.ts'
import { type ApiCost, billedTimes, billTimes } from './restated.ts'
import { costAt } from './staircase.ts'
import { totalTokens, volumeOf } from './traffic.ts'

export interface ApiBill {
  readonly terms: ApiCost
  readonly infeasible: OptionAnswer['infeasible']
  readonly optimised: {
    readonly terms: ApiCost
    readonly levers: readonly { readonly name: string; readonly savesUsdPerMtok: number; readonly evidence: string }[]
  } | null
}

/**
 * Refused calls leave the bill and enter at the fallback's; without a fallback they stay in it as if the API took them,
 * so that options are compared on the same calls, and bar it from being the best.
 */
export function apiBill(evidence: Evidence, choices: Choices, api: ApiTerms): ApiBill {
  const mtok = totalTokens(evidence.demand) / 1e6
  const region = api.region ?? null
  const usd = api.usd === null ? null : Number(api.usd)
  const own = { infeasible: api.infeasible, region, rates: api.rates, takesAdapters: takesAdapters(api), usd }
  const refused = refusedBy(evidence, choices, own, fallbackOf(evidence, choices))
  const moved = refused.fallback
  const termsOf = (billed: number, notBilled: number): ApiCost => {
    const { fixedUsdPerMonth } = api
    if (moved === null) return { kind: 'api', usdPerMtok: billed / mtok, fixedUsdPerMonth }
    return {
      kind: 'api',
      usdPerMtok: (billed - notBilled + moved.usd) / mtok,
      fixedUsdPerMonth,
      escalationUsdPerMtok: moved.usd / mtok,
    }
  }
  // Levers work on what stays: what is not billed shrinks with the bill.
  const best = api.optimised ? Number(api.optimised.usd) : null
  const kept = usd !== null && usd > 0 ? 1 - refused.notBilledUsd / usd : 1
  return {
    terms: termsOf(usd ?? 0, refused.notBilledUsd),
    infeasible: infeasibleAnswer(evidence, choices, refused),
    optimised:
      best === null || kept <= 0
        ? null
        : {
            terms: termsOf(best, best * (1 - kept)),
            levers: api.optimised!.levers.map(({ name, savesUsd, evidence: why }) => ({
              name,
              savesUsdPerMtok: (savesUsd * kept) / mtok,
              evidence: why,
            })),
          },
  }
}

/** The bill at what the reader states instead: another mix of prompts and answers, or a price. Null = not known. */
export function restatedBill(
  bill: ApiBill,
  evidence: Evidence,
  choices: Choices,
  api: ApiTerms,
): Omit<ApiBill, 'terms'> & { readonly terms: CostTerms | null } {
  const { apiUsdPerMtok } = choices
  if (apiUsdPerMtok !== null && api === apiNamed(evidence, choices)) {
    const { fixedUsdPerMonth } = api
    return { ...bill, terms: { kind: 'api', usdPerMtok: apiUsdPerMtok, fixedUsdPerMonth }, optimised: null }
  }
  const times = billTimes(evidence, choices, api)
  if (times === null) return { ...bill, terms: null, optimised: null }
  if (times === 1) return bill
  const { optimised } = bill
  return {
    ...bill,
    terms: billedTimes(bill.terms, times),
    optimised: optimised && {
      terms: billedTimes(optimised.terms, times),
      levers: optimised.levers.map(lever => ({ ...lever, savesUsdPerMtok: lever.savesUsdPerMtok * times })),
    },
  }
}

function infeasibleAnswer(evidence: Evidence, choices: Choices, refused: Refused): OptionAnswer['infeasible'] {
  const { calls, reasons, unservedCalls, fallback } = refused
  const perMonth = fallback === null ? 0 : monthsOf(evidence, choices) * fallback.usd
  return {
    calls,
    share: shareOf(evidence, calls),
    reasons,
    unservedShare: shareOf(evidence, unservedCalls),
    fallback:
      fallback === null ? null : { name: fallback.name, calls: fallback.calls, usdPerMonth: estimate(perMonth) },
  }
}

/** How many times the traffic seen fits into the month asked about. */
function monthsOf({ demand }: Evidence, { hoursPerMonth, tokensPerMonth }: Choices): number {
  return volumeOf(demand, hoursPerMonth, tokensPerMonth).tokensPerMonth / totalTokens(demand)
}

/**
 * What a fleet's model cannot hold, and what a fallback bills for it per million tokens of the demand. The fleet is sized
 * for all calls, since their share of its work is not known apart: a little too large, never too small.
 */
export function refusedByFleet(
  evidence: Evidence,
  choices: Choices,
  infeasible: Infeasible,
): { readonly infeasible: OptionAnswer['infeasible']; readonly escalationUsdPerMtok: number } {
  // Leases outside the region were left out before: own GPUs stand where they may.
  const own = { infeasible, region: choices.region, rates: null, takesAdapters: true, usd: null }
  const refused = refusedBy(evidence, choices, own, fallbackOf(evidence, choices))
  return {
    infeasible: infeasibleAnswer(evidence, choices, refused),
    escalationUsdPerMtok: (refused.fallback?.usd ?? 0) / (totalTokens(evidence.demand) / 1e6),
  }
}

/** The option with its levers pulled, at a volume. */
export function optimisedAt(bill: ApiBill['optimised'], tokensPerMonth: number): OptimisedAnswer | null {
  if (bill === null) return null
  const levers = bill.levers.map(({ name, savesUsdPerMtok, evidence }) => ({
    name,
    savesUsd: estimate((savesUsdPerMtok * tokensPerMonth) / 1e6),
    evidence,
  }))
  return { usd: costAt(bill.terms, tokensPerMonth), levers, terms: bill.terms }
}

/** Which cache hits the option's cost counts, as monthly bills at a volume. */
export function cacheOf(
  evidence: Evidence,
  { apiIndex }: { readonly apiIndex: number | null },
  tokensPerMonth: number,
): CacheAnswer | null {
  const cache = apiIndex === null ? undefined : evidence.api[apiIndex]!.cache
  if (cache === undefined) return null
  const perToken = tokensPerMonth / totalTokens(evidence.demand)
  const month = (usd: string | null) => (usd === null ? null : estimate(Number(usd) * perToken))
  return {
    basis: cache.basis,
    hitShare: estimate(cache.hitShare),
    usdWithout: month(cache.freshUsd),
    usdAtBest: month(cache.lowUsd),
    rule: cache.rule,
  }
}

/** What an option really has to be beaten at: its cost after the levers, where there are any. */
export function decidedUsd(option: Pick<OptionAnswer, 'usd' | 'optimised'>): number | null {
  return option.usd === null ? null : (option.optimised?.usd ?? option.usd)
}

/** The terms that `decidedUsd` follows from, at any volume. */
export function decidedTerms(option: {
  readonly terms: CostTerms | null
  readonly optimised: { readonly terms: CostTerms } | null
}): CostTerms | null {
  return option.terms === null ? null : (option.optimised?.terms ?? option.terms)
}

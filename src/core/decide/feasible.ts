// Calls that an option cannot take, and a named fallback, in; where they go, what that costs, and what nobody takes, out.
import { estimate } from '../statistics/estimate.ts'
import type { Choices } from './choices.ts'
import type { ApiTerms, Evidence } from './evidence.ts'
import { unknown } from './lease.ts'
import { regionRefusal } from './region.ts'
import { totalTokens } from './traffic.ts'

/** Calls and their tokens; unknown counts are in `calls` alone. */
export interface Together {
  readonly calls: number
  readonly input: number
  readonly output: number
}

/**
 * What each kind of limits refuses, and any two of them together: counted call by call, since shares multiplied would be
 * wrong (law 7). Kind 0 refuses nothing, the last refuses everything.
 */
export interface Feasibility {
  readonly kinds: readonly Together[]
  readonly both: readonly (readonly Together[])[]
}

export interface Infeasible {
  readonly calls: number
  /** With exact counts; a call that breaks two limits is in both, and once in `calls`. */
  readonly reasons: readonly string[]
  /** Its kind of limits in `Evidence.feasibility`; absent in evidence made by hand. */
  readonly kind?: number
}

/** Where the calls that an option refuses go. */
export interface Fallback {
  readonly name: string
  /** Those that it takes. */
  readonly calls: number
  readonly usdPerMonth: number
}

/** An option's refused calls: how many, why, where they go, and the share that nobody takes. */
export interface Refused {
  readonly calls: number
  readonly reasons: readonly string[]
  /** Calls left after the fallback took its share; all of `calls` without one. */
  readonly unservedCalls: number
  readonly fallback: { readonly name: string; readonly calls: number; readonly usd: number } | null
  /** What the same calls would have cost at the option itself: it does not bill what it does not serve. USD of the demand. */
  readonly notBilledUsd: number
}

/** The API that was named to take what others refuse; null = none was. Fault FALLBACK_UNKNOWN. */
export function fallbackOf(evidence: Evidence, choices: Choices): ApiTerms | null {
  const { fallback } = choices
  if (fallback === null) return null
  const wanted = fallback.toLowerCase()
  const nameOf = (api: ApiTerms) => `${api.provider}:${api.model}`
  const found = evidence.api.find(api => nameOf(api).toLowerCase() === wanted || api.name.toLowerCase() === wanted)
  if (found === undefined) {
    throw unknown('FALLBACK_UNKNOWN', 'API to fall back to', fallback, evidence.api.map(nameOf))
  }
  return found
}

/**
 * What happens to the calls that an option refuses, by its limits or, where a region was asked for, by where it is sold.
 * A fallback takes those that it does not refuse itself, as fresh prompts: a cache never travels.
 */
export function refusedBy(
  evidence: Evidence,
  choices: Choices,
  own: {
    readonly infeasible: Infeasible
    readonly region: string | null
    readonly rates: ApiTerms['rates']
    /** Whether it serves adapters: own GPUs do, an API as it says. */
    readonly takesAdapters: boolean | null
    /** What all calls cost at the option, as if it took them; USD of the demand. */
    readonly usd: number | null
  },
  fallback: ApiTerms | null,
): Refused {
  const elsewhere = refusalOfAll(evidence, choices, own)
  const { calls: demandCalls } = evidence.demand
  const everything = evidence.feasibility === undefined ? null : evidence.feasibility.kinds.length - 1
  const calls = elsewhere === null ? own.infeasible.calls : demandCalls
  const reasons =
    elsewhere === null ? own.infeasible.reasons : [`${demandCalls} calls: ${elsewhere}`, ...own.infeasible.reasons]
  const kind = elsewhere === null ? own.infeasible.kind : (everything ?? undefined)
  const none = { calls, reasons, unservedCalls: calls, fallback: null, notBilledUsd: 0 }
  if (fallback === null || calls === 0 || kind === undefined || evidence.feasibility === undefined) return none
  const refusesAll = refusalOfAll(evidence, choices, {
    region: fallback.region ?? null,
    takesAdapters: takesAdapters(fallback),
  })
  const fallbackKind = refusesAll === null ? fallback.infeasible.kind : everything!
  if (fallbackKind === undefined) return none
  const all = evidence.feasibility.kinds[kind]!
  const left = evidence.feasibility.both[kind]![fallbackKind]!
  const taken = { input: all.input - left.input, output: all.output - left.output, calls: all.calls - left.calls }
  const usd = usdOf(evidence, choices, fallback, taken)
  if (usd === null || taken.calls === 0) return none
  return {
    calls,
    reasons,
    unservedCalls: left.calls,
    fallback: { name: fallback.name, calls: taken.calls, usd },
    notBilledUsd: notBilled(own, taken, left.calls === 0 && taken.calls === demandCalls),
  }
}

/**
 * The API of the same weights that takes what a fleet refuses for the least money, to within a share of all calls, as
 * `host:model`; null where none does, or nothing is refused. What was paid so far is no offer to send more to.
 */
export function takerOf(
  evidence: Evidence,
  choices: Choices,
  fleet: { readonly group: string; readonly infeasible: Infeasible },
  mostUnservedShare: number,
): string | null {
  const own = { infeasible: fleet.infeasible, region: choices.region, rates: null, takesAdapters: true, usd: null }
  const takers = evidence.api
    .filter(({ group, kind }) => group === fleet.group && kind !== 'as-metered')
    .flatMap(api => {
      const { fallback, unservedCalls } = refusedBy(evidence, choices, own, api)
      const isEnough = unservedCalls <= mostUnservedShare * evidence.demand.calls
      return fallback !== null && isEnough ? [{ name: `${api.provider}:${api.model}`, usd: fallback.usd }] : []
    })
  return takers.sort((a, b) => a.usd - b.usd || (a.name < b.name ? -1 : 1))[0]?.name ?? null
}

/** Why an option takes none of the calls, whatever they are; null where it may take some. */
function refusalOfAll(
  { adapters }: Evidence,
  { region }: Choices,
  own: { readonly region: string | null; readonly takesAdapters: boolean | null },
): string | null {
  const place = regionRefusal(region, own.region)
  if (place !== null || adapters === undefined || own.takesAdapters === true) return place
  return own.takesAdapters === null
    ? 'whether its tier by the token serves own adapters is not known'
    : 'its tier by the token serves no adapters of its customers'
}

/** Whoever serves the calls today serves their adapters. */
export function takesAdapters(api: ApiTerms): boolean | null {
  return api.kind === 'as-metered' || api.servesToday === true ? true : (api.takesAdapters ?? null)
}

/** Refused calls are costed as fresh prompts in an option's own bill, so that much of it goes; all of it when all go. */
function notBilled(own: { rates: ApiTerms['rates']; usd: number | null }, taken: Together, isAll: boolean): number {
  if (own.usd === null) return 0
  if (isAll) return own.usd
  return own.rates ? Math.min(own.usd, atRates(own.rates, taken)) : 0
}

const atRates = (rates: NonNullable<ApiTerms['rates']>, tokens: Omit<Together, 'calls'>): number =>
  (rates.inputUsdPerMtok * tokens.input + rates.outputUsdPerMtok * tokens.output) / 1e6

/** At its list price, or at the one stated for it; a metered history without one at what it costs per token on the whole. */
export function usdOf(evidence: Evidence, choices: Choices, api: ApiTerms, tokens: Together): number | null {
  const times = statedTimes(evidence, choices, api)
  if (api.rates) return times * atRates(api.rates, tokens)
  if (api.usd === null) return null
  return (times * Number(api.usd) * (tokens.input + tokens.output)) / totalTokens(evidence.demand)
}

/** The API that `api` of the choices names, twins told apart by their dtype; null where it names none. */
export function apiNamed({ api: all }: Evidence, { api: name }: Choices): ApiTerms | null {
  return all.find(api => api.name === name || `${api.name} (${api.dtype})` === name) ?? null
}

/** How many times its own price an API is stated to bill; 1 where nothing is stated of it. */
function statedTimes(evidence: Evidence, choices: Choices, api: ApiTerms): number {
  const { apiUsdPerMtok } = choices
  if (apiUsdPerMtok === null || api !== apiNamed(evidence, choices) || !(Number(api.usd) > 0)) return 1
  return (apiUsdPerMtok * totalTokens(evidence.demand)) / 1e6 / Number(api.usd)
}

/** The share of the demand's calls that nobody takes: what bars an option from `best`. */
export function unservedShare(option: {
  readonly infeasible: { readonly share: number; readonly unservedShare?: number }
}): number {
  return option.infeasible.unservedShare ?? option.infeasible.share
}

/** Share of calls, to print. */
export function shareOf(evidence: Evidence, calls: number): number {
  return evidence.demand.calls > 0 ? estimate(calls / evidence.demand.calls) : 0
}

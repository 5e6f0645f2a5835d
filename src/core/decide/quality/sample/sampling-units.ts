// Metered calls in; what is drawn as one, with what it stands for and the stratum it lies in, out.
import { groupedBy } from '../../../statistics/grouped.ts'
import { quantile, sorted } from '../../../statistics/sample.ts'

/** A call as the ledger knows it, and whether what it said is at hand. */
export interface FrameCall {
  readonly id: string
  readonly atMicros: number
  /** Calls of one task, in order, are drawn as a whole; null = the call stands by itself. */
  readonly session: string | null
  readonly feature: string | null
  readonly promptTokens: number | null
  readonly usesTools: boolean
  readonly outcome: string
  /** Dollars, an estimate for sampling alone; null = unknown. */
  readonly usd: number | null
  /** Equal = the same request, or one with the same beginning and size: drawn once. Null = nobody can say. */
  readonly sameAs: string | null
  readonly hasContent: boolean
}

export interface SamplingUnit {
  /** The session, or the call that stands for its like. */
  readonly id: string
  /** Calls that are tried when it is drawn, each standing for so many. */
  readonly calls: readonly { readonly call: FrameCall; readonly standsFor: number }[]
  /** Calls of the population in it. */
  readonly size: number
  /** Of all of them; null = unknown of each. */
  readonly usd: number | null
  readonly stratum: string
  readonly hasContent: boolean
}

export const certainty = 'certainty'
/** Units that are always drawn: so much of all, by what they cost. */
export const certaintyShare = 0.01

/**
 * Units of a population: sessions whole; of calls that are alike one, preferring one whose content is at hand, with the
 * weight of all. Strata: feature × prompt-length tercile × tools × outcome of the first call; the dearest 1 % apart.
 */
export function samplingUnits(calls: readonly FrameCall[]): SamplingUnit[] {
  const inOrder = calls.toSorted((a, b) => a.atMicros - b.atMicros || (a.id < b.id ? -1 : 1))
  const bySession = groupedBy(
    inOrder.filter(({ session }) => session !== null),
    ({ session }) => session!,
  )
  const sessions = [...bySession].filter(([, own]) => own.length > 1)
  const inSession = new Set(sessions.flatMap(([, own]) => own.map(({ id }) => id)))
  const alone = groupedBy(
    inOrder.filter(({ id }) => !inSession.has(id)),
    call => call.sameAs ?? `call ${call.id}`,
  )
  const bounds = tercilesOf(calls)
  const made = [
    ...sessions.map(([session, own]) =>
      unitOf(
        `session ${session}`,
        own.map(call => ({ call, standsFor: 1 })),
        own,
        bounds,
      ),
    ),
    ...[...alone.values()].map(own => {
      const call = own.find(({ hasContent }) => hasContent) ?? own[0]!
      return unitOf(`call ${call.id}`, [{ call, standsFor: own.length }], own, bounds)
    }),
  ]
  return withCertainty(made)
}

function unitOf(
  id: string,
  calls: SamplingUnit['calls'],
  all: readonly FrameCall[],
  bounds: readonly [number, number] | null,
): SamplingUnit {
  const known = all.flatMap(({ usd }) => (usd === null ? [] : [usd]))
  const { feature, promptTokens, usesTools, outcome } = all[0]!
  const stratum = [
    feature ?? '(no feature)',
    lengthName(promptTokens, bounds),
    usesTools ? 'tools' : 'no tools',
    outcome,
  ].join(' · ')
  return {
    id,
    calls,
    size: all.length,
    usd: known.length === 0 ? null : known.reduce((sum, usd) => sum + usd, 0),
    stratum,
    // A session of which some calls are missing would be tried in part: whole or not at all.
    hasContent: calls.every(({ call }) => call.hasContent),
  }
}

function tercilesOf(calls: readonly FrameCall[]): readonly [number, number] | null {
  const lengths = sorted(calls.flatMap(({ promptTokens }) => (promptTokens === null ? [] : [promptTokens])))
  const [low, high] = [quantile(lengths, 1 / 3), quantile(lengths, 2 / 3)]
  return low === null || high === null ? null : [low, high]
}

function lengthName(tokens: number | null, bounds: readonly [number, number] | null): string {
  if (tokens === null || bounds === null) return 'unknown length'
  return tokens <= bounds[0] ? 'short' : tokens <= bounds[1] ? 'medium' : 'long'
}

/** Ties in cost go by id, so that the order of the calls changes nothing. */
function withCertainty(units: readonly SamplingUnit[]): SamplingUnit[] {
  const priced = units.filter(({ usd }) => usd !== null && usd > 0)
  const count = Math.ceil(priced.length * certaintyShare)
  const dearest = priced.toSorted((a, b) => b.usd! - a.usd! || (a.id < b.id ? -1 : 1)).slice(0, count)
  const ids = new Set(dearest.map(({ id }) => id))
  return units.map(unit => (ids.has(unit.id) ? { ...unit, stratum: certainty } : unit))
}

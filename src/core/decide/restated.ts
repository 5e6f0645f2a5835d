// What a reader states instead of what was found (throughput, peaks, length mix, an API's price) in; terms of cost with it, out.
import type { CostTerms, FleetTerms } from './answer.ts'
import type { Choices } from './choices.ts'
import type { ApiTerms, Evidence, ReplicaTerms } from './evidence.ts'
import { countedOn } from './fleet-sizing.ts'

/** Share of the demand's tokens that are answers. */
export function outputShareOf({ demand: { tokens } }: Evidence): number {
  return tokens.output / (tokens.input + tokens.output)
}

/**
 * What a quantity that prompts make up by `promptShare` becomes, at as many tokens in all, where answers are a share
 * `outputShare` of them: prompts and answers each in proportion. Linear in the share.
 */
export function timesAtMix(evidence: Evidence, promptShare: number, outputShare: number): number {
  const seen = outputShareOf(evidence)
  const prompts = seen < 1 ? (promptShare * (1 - outputShare)) / (1 - seen) : 0
  const answers = seen > 0 ? ((1 - promptShare) * outputShare) / seen : 0
  return prompts + answers
}

/** Share of a replica's work that prompts are. */
export function promptWorkOf({ demand }: Evidence, replica: ReplicaTerms): number {
  const prompts = replica.secondsPerInputToken * demand.tokens.input
  const work = prompts + replica.secondsPerOutputToken * demand.tokens.output
  return work > 0 ? prompts / work : 1
}

/** The terms of a fleet at the stated throughput and mix; how busy a volume keeps it follows. */
export function fleetRestated(
  evidence: Evidence,
  { throughputFactor, outputShare }: Choices,
  replica: ReplicaTerms,
  terms: FleetTerms,
): FleetTerms {
  const work = outputShare === null ? 1 : timesAtMix(evidence, promptWorkOf(evidence, replica), outputShare)
  return fleetTimes(terms, throughputFactor / work)
}

/** Replicas that serve so many times as much. */
export function fleetTimes(terms: FleetTerms, times: number): FleetTerms {
  if (times === 1) return terms
  return {
    ...countedOn(terms, times),
    throughputMtokPerMonth: terms.throughputMtokPerMonth * times,
    saturatedMtokPerMonth: (terms.saturatedMtokPerMonth ?? terms.throughputMtokPerMonth) * times,
  }
}

export type ApiCost = Extract<CostTerms, { kind: 'api' }>

/**
 * How many times an API's bill is at the stated mix; null where nobody knows what part of it prompts are. As many tokens in
 * all, each kind at the price it was billed at.
 */
export function billTimes(evidence: Evidence, { outputShare }: Choices, api: ApiTerms): number | null {
  if (outputShare === null) return 1
  return api.promptShare === undefined ? null : timesAtMix(evidence, api.promptShare, outputShare)
}

/** An API's terms with everything that it bills so many times as high. */
export function billedTimes(terms: ApiCost, times: number): ApiCost {
  const { escalationUsdPerMtok } = terms
  return {
    ...terms,
    usdPerMtok: terms.usdPerMtok * times,
    ...(escalationUsdPerMtok === undefined ? {} : { escalationUsdPerMtok: escalationUsdPerMtok * times }),
  }
}

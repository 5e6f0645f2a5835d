// An option's terms of cost in today's tokens, and how many of its own the same tasks took, in; its terms at what it really writes, out.
import type { CostTerms, FleetTerms } from '../answer.ts'
import type { Choices } from '../choices.ts'
import type { ApiTerms, Evidence, ReplicaTerms } from '../evidence.ts'
import { billedTimes, fleetTimes, outputShareOf, promptWorkOf, timesAtMix } from '../restated.ts'

/** Tokens of an option for one of today's, of prompts and of answers. */
export interface Ratio {
  readonly input: number
  readonly output: number
}

/** Share of a quantity that prompts are, at the mix that the reader states. */
export function promptPartAt(evidence: Evidence, { outputShare }: Choices, promptShare: number): number {
  if (outputShare === null) return promptShare
  const seen = outputShareOf(evidence)
  const prompts = seen < 1 ? (promptShare * (1 - outputShare)) / (1 - seen) : 0
  const whole = timesAtMix(evidence, promptShare, outputShare)
  return whole > 0 ? prompts / whole : promptShare
}

/** How many times a quantity becomes that prompts make up by `promptPart`. */
export const timesAt = ({ input, output }: Ratio, promptPart: number): number =>
  promptPart * input + (1 - promptPart) * output

/** How many times an API's bill becomes; null where nobody knows what part of it prompts are. A stated price is of today's tokens. */
export function billAt(evidence: Evidence, choices: Choices, api: ApiTerms, ratio: Ratio): number | null {
  if (choices.apiUsdPerMtok !== null && choices.api === api.name) return 1
  if (api.promptShare === undefined) return ratio.input === ratio.output ? ratio.input : null
  return timesAt(ratio, promptPartAt(evidence, choices, api.promptShare))
}

/** How many times a replica's work becomes. */
export const workAt = (evidence: Evidence, choices: Choices, replica: ReplicaTerms, ratio: Ratio): number =>
  timesAt(ratio, promptPartAt(evidence, choices, promptWorkOf(evidence, replica)))

/** What a fallback bills is its own tokens' and stays. */
export function apiAt<Terms extends CostTerms>(terms: Terms, times: number): Terms {
  if (terms.kind !== 'api' || times === 1) return terms
  const elsewhere = terms.escalationUsdPerMtok ?? 0
  const own = billedTimes({ ...terms, usdPerMtok: terms.usdPerMtok - elsewhere }, times)
  return { ...terms, usdPerMtok: own.usdPerMtok + elsewhere }
}

/** A replica serves so many times less of today's tokens, and draws so many times the power for one. */
export function fleetAt(terms: FleetTerms, work: number): FleetTerms {
  if (work === 1) return terms
  const { busyUsdPerMtok } = terms
  return {
    ...fleetTimes(terms, 1 / work),
    ...(busyUsdPerMtok === undefined ? {} : { busyUsdPerMtok: busyUsdPerMtok * work }),
  }
}

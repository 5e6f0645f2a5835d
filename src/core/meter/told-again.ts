// Two tellings of one call, by two logs or by one that wrote it down twice, in; the call that is kept, out.
import type { Call } from './call.ts'
import { attributedBy } from './call-record.ts'
import { mayBeOneSeller } from './seller.ts'
import { toldAnswerTokens, toldPromptTokens } from './usage.ts'

type Told = Pick<Call, 'usage'>

const isCounted = ({ usage }: Told): boolean => usage.input !== null && usage.output !== null

/** Whether the later telling knows what the first did not: a call that was under way when it was first written down. */
const completes = (known: Told, again: Told): boolean => !isCounted(known) && isCounted(again)

/** Whether both know how much was used, and not the same. */
const contradicts = (known: Told, again: Told): boolean =>
  isCounted(known) &&
  isCounted(again) &&
  (toldPromptTokens(known.usage) !== toldPromptTokens(again.usage) ||
    toldAnswerTokens(known.usage) !== toldAnswerTokens(again.usage))

/** The first word on a call stands unless it knew no usage and the later one does; either attributes what the other does not. */
export const toldAgain = (known: Call, again: Call): Call =>
  completes(known, again) ? attributedBy(again, known) : attributedBy(known, again)

/**
 * A metered call, told of by another source: who metered it tells what it knows, and where that is no usage, the other tells
 * what was used and by whose price.
 */
export function meteredAgain(metered: Call, told: Call): Call {
  const call = attributedBy(metered, told)
  if (!completes(metered, told)) return call
  const { usage, units, estimated, price } = told
  return {
    ...{ ...call, usage, estimated, price, estimateUsd: null },
    ...(units === undefined ? {} : { units }),
    model: told.model ?? call.model,
    tier: told.tier ?? call.tier,
    region: told.region ?? call.region,
    speed: told.speed ?? call.speed,
    reportedUsd: told.reportedUsd ?? call.reportedUsd,
  }
}

/** Each call of one source once, in order of first mention, and how many tellings contradict an earlier one. */
export function eachOnce(calls: readonly Call[]): { readonly calls: readonly Call[]; readonly contradicted: number } {
  const byId = new Map<string, number[]>()
  const once: Call[] = []
  let contradicted = 0
  for (const call of calls) {
    const key = JSON.stringify([call.source, call.id])
    const places = byId.get(key) ?? []
    const at = places.find(place => mayBeOneSeller(once[place]!.provider, call.provider))
    if (at === undefined) {
      byId.set(key, [...places, once.push(call) - 1])
      continue
    }
    if (contradicts(once[at]!, call)) contradicted++
    once[at] = toldAgain(once[at]!, call)
  }
  return { calls: once, contradicted }
}

// API options and fleets of today's weights in; every crossing of each pair, or why there is none and what would make one, out.
import { estimate } from '../statistics/estimate.ts'
import type { Answer, CostTerms, FleetTerms, OptionAnswer } from './answer.ts'
import { decidedTerms } from './api-bill.ts'
import { type Candidate, pairTermsAt } from './candidates.ts'
import type { Choices } from './choices.ts'
import { crossings } from './crossings.ts'
import type { Evidence } from './evidence.ts'
import { type Changeable, changeWords, type NearestChange, nearestChanges, refined } from './nearest-change.ts'
import { usdWords } from './phrase.ts'
import { outputShareOf, promptWorkOf } from './restated.ts'
import { curveOf, elsewhereUsdPerMtok, servingAfter } from './staircase.ts'

/** Crossings listed per pair; `forGoodFrom` is exact whatever their number. */
const mostListed = 50

export type Pair = Answer['pairs'][number] & {
  readonly changeable: Changeable
  /** What the fleet costs follows from replays, which another price may read otherwise. */
  readonly isReplayed: boolean
  readonly apiIndex: number
  readonly replicaIndex: number
}

interface Priced {
  readonly option: OptionAnswer
  readonly candidate: Candidate
}

/** Each API × fleet, APIs in the order given, then fleets. All have terms. */
export function pairsOf(
  evidence: Evidence,
  choices: Choices,
  apis: readonly Priced[],
  fleets: readonly Priced[],
): Pair[] {
  return apis.flatMap(api => fleets.map(fleet => pairOf(evidence, choices, api, fleet)))
}

function pairOf(
  evidence: Evidence,
  choices: Choices,
  { option: api, candidate: seller }: Priced,
  { option: fleet, candidate }: Priced,
): Pair {
  const terms = fleet.terms as FleetTerms
  const line = decidedTerms(api)!
  const own = curveOf(terms)
  const found = crossings(curveOf(line), own, mostListed)
  return {
    api: api.name,
    selfHost: fleet.name,
    crossings: found.list.map(({ at }) => ({
      tokensPerMonth: estimate(at * 1e6),
      replicas: terms.fixedReplicas ?? servingAfter(own, at) + terms.spareReplicas,
    })),
    forGoodFrom: found.forGood === null ? null : estimate(found.forGood.at * 1e6),
    never: found.total > 0 ? null : whyNever(line, terms),
    isReplayed: candidate.sizing !== null && candidate.lease?.own === undefined,
    apiIndex: seller.apiIndex!,
    replicaIndex: candidate.replicaIndex!,
    changeable: {
      line,
      terms,
      usdPerGpuHour: fleet.usdPerGpuHour,
      throughputFactor: choices.throughputFactor,
      peakToMean: candidate.peakToMean!,
      mix: {
        outputShare: choices.outputShare ?? outputShareOf(evidence),
        promptShareOfBill: evidence.api[seller.apiIndex!]!.promptShare ?? null,
        promptShareOfWork: promptWorkOf(evidence, evidence.replicas[candidate.replicaIndex!]!),
      },
    },
  }
}

function whyNever(api: CostTerms, fleet: FleetTerms): string {
  if (fleet.fixedReplicas !== null && fleet.replicaUsdPerMonth < savedPerMtok(api, fleet) * fleet.replicaMtokPerMonth) {
    return `the ${fleet.fixedReplicas} stated replicas are full before they pay for themselves`
  }
  const [full, price] = [usdWords(fullUsdPerMtok(fleet)), usdWords(curveOf(api).slope)]
  const refused = elsewhereUsdPerMtok(fleet) > 0 ? ', its refused calls at another API included,' : ''
  return `a full replica costs ${full} per million tokens${refused} at this traffic's peaks, the API ${price}`
}

/** What a million tokens cost while replicas are full: the replica, and what its refused and late calls are billed elsewhere. */
function fullUsdPerMtok(fleet: FleetTerms): number {
  return fleet.replicaUsdPerMonth / fleet.replicaMtokPerMonth + curveOf(fleet).slope
}

/** What a million tokens cost at the API that they do not cost on own GPUs, whose refused and late calls are billed elsewhere. */
function savedPerMtok(api: CostTerms, fleet: FleetTerms): number {
  return curveOf(api).slope - curveOf(fleet).slope
}

/** The pairs without a crossing, the one nearest to crossing first, each with what would make it cross. */
export function neversOf(evidence: Evidence, choices: Choices, pairs: readonly Pair[]): Answer['never'] {
  return pairs
    .filter(pair => pair.never !== null)
    .map(pair => ({ pair, distance: distanceOf(pair) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ pair }) => {
      const exact = nearestChanges(evidence, pair.changeable)
      const nearest = pair.isReplayed ? refined(exact, change => crossesAt(evidence, choices, pair, change)) : exact
      return { option: pair.selfHost, reason: pair.never!, nearestChange: changeWords(nearest), nearest }
    })
}

/** Whether the pair crosses once a change is stated, its fleet sized anew. */
function crossesAt(
  evidence: Evidence,
  choices: Choices,
  { apiIndex, replicaIndex }: Pair,
  { variable, to }: NearestChange,
): boolean {
  const stated =
    variable === 'apiUsdPerMtok' ? { api: evidence.api[apiIndex]!.name, apiUsdPerMtok: to } : { [variable]: to }
  const { line, fleet } = pairTermsAt(evidence, { ...choices, ...stated }, apiIndex, replicaIndex)
  return line !== null && fleet !== null && crossings(curveOf(line), curveOf(fleet), 1).total > 0
}

/** K ÷ D: how many times too dear a full replica is. */
function distanceOf({ changeable: { line, terms } }: Pair): number {
  const limit = savedPerMtok(line, terms) * terms.replicaMtokPerMonth
  return limit > 0 ? terms.replicaUsdPerMonth / limit : Number.MAX_VALUE
}

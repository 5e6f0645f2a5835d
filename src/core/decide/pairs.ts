// API options and fleets of today's weights in; every crossing of each pair, or why there is none and what would make one, out.
import { estimate } from '../statistics/estimate.ts'
import type { Answer, CostTerms, FleetTerms, OptionAnswer } from './answer.ts'
import { decidedTerms } from './api-bill.ts'
import { crossings } from './crossings.ts'
import { usdWords } from './phrase.ts'
import { curveOf, elsewhereUsdPerMtok, servingAfter } from './staircase.ts'

/** Crossings listed per pair; `forGoodFrom` is exact whatever their number. */
const mostListed = 50

/** One thing that, changed alone beyond `to`, makes a fleet cross. Throughput is a multiple of what it is. */
export interface NearestChange {
  readonly variable: 'usdPerGpuHour' | 'tokensPerSecond' | 'apiUsdPerMtok'
  readonly from: number
  readonly to: number
}

export type Pair = Answer['pairs'][number] & { readonly line: CostTerms; readonly fleet: OptionAnswer }

interface Priced {
  readonly option: OptionAnswer
}

/** Each API × fleet, APIs in the order given, then fleets. All have terms. */
export function pairsOf(apis: readonly Priced[], fleets: readonly Priced[]): Pair[] {
  return apis.flatMap(({ option: api }) => fleets.map(({ option: fleet }) => pairOf(api, fleet)))
}

function pairOf(api: OptionAnswer, fleet: OptionAnswer): Pair {
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
    line,
    fleet,
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
export function neversOf(pairs: readonly Pair[]): Answer['never'] {
  return pairs
    .filter(pair => pair.never !== null)
    .map(pair => ({ pair, distance: distanceOf(pair) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ pair }) => {
      const nearest = nearestChanges(pair)
      return { option: pair.selfHost, reason: pair.never!, nearestChange: changeWords(nearest), nearest }
    })
}

/** K ÷ D: how many times too dear a full replica is. */
function distanceOf({ line, fleet }: Pair): number {
  const terms = fleet.terms as FleetTerms
  const limit = savedPerMtok(line, terms) * terms.replicaMtokPerMonth
  return limit > 0 ? terms.replicaUsdPerMonth / limit : Number.MAX_VALUE
}

/**
 * Law 8 turned round: own GPUs cross once K < D = (a − s) · Cap, each of these alone just beyond its limit: the price of a
 * GPU-hour (K is proportional to it), the API's price (a), the throughput of a replica (Cap). Limits are exact: at them a
 * full replica costs just what the API would charge.
 */
function nearestChanges({ line, fleet }: Pair): readonly NearestChange[] {
  const terms = fleet.terms as FleetTerms
  const limit = savedPerMtok(line, terms) * terms.replicaMtokPerMonth
  if (terms.fixedReplicas !== null || fleet.usdPerGpuHour === null || !(limit > 0)) return []
  const { usdPerGpuHour } = fleet
  const ratio = terms.replicaUsdPerMonth / limit
  const apiUsd = curveOf(line).slope
  return [
    { variable: 'usdPerGpuHour', from: estimate(usdPerGpuHour), to: estimate(usdPerGpuHour / ratio) },
    { variable: 'tokensPerSecond', from: 1, to: estimate(ratio) },
    { variable: 'apiUsdPerMtok', from: estimate(apiUsd), to: estimate(fullUsdPerMtok(terms)) },
  ]
}

function changeWords(changes: readonly NearestChange[]): string | null {
  const of = (variable: NearestChange['variable']) => changes.find(change => change.variable === variable)
  const [hour, speed, price] = [of('usdPerGpuHour'), of('tokensPerSecond'), of('apiUsdPerMtok')]
  if (!hour || !speed || !price) return null
  return `a GPU-hour below ${usdWords(roundedDown(hour.to))} (now ${usdWords(hour.from)}), or ${percentMore(speed.to)} tokens per second on each replica, or an API above ${usdWords(price.to)} per million tokens (now ${usdWords(price.from)})`
}

/** To cents, below a dollar to two significant digits: the printed price must itself lie below the limit. */
function roundedDown(usd: number): number {
  let unit = 0.01
  while (usd < 10 * unit && unit > 1e-12) unit /= 10
  return Math.floor(usd / unit) * unit
}

function percentMore(ratio: number): string {
  return ratio < 2 ? `${Math.ceil((ratio - 1) * 100)} % more` : `${Number(ratio.toPrecision(2))}× the`
}

// A pair of an API and own GPUs that never cross in; each single thing that, changed alone, would make them, with its limit, out.

import { log } from '../statistics/elementary.ts'
import { estimate } from '../statistics/estimate.ts'
import type { CostTerms, FleetTerms } from './answer.ts'
import type { Evidence } from './evidence.ts'
import { usdWords } from './phrase.ts'
import { timesAtMix } from './restated.ts'
import { curveOf } from './staircase.ts'

/** One thing that, changed alone beyond `to`, makes a fleet cross; stated to `crossover` it does. */
export interface NearestChange {
  /** `throughputFactor` multiplies the tokens per second of each replica. */
  readonly variable: 'usdPerGpuHour' | 'throughputFactor' | 'apiUsdPerMtok' | 'outputShare' | 'peakToMean'
  readonly from: number
  readonly to: number
}

/** What of a pair can change. */
export interface Changeable {
  readonly line: CostTerms
  readonly terms: FleetTerms
  readonly usdPerGpuHour: number | null
  readonly throughputFactor: number
  /** Busiest hour ÷ mean that the fleet is counted on for. */
  readonly peakToMean: number
  /** Share of tokens that are answers; the share of the API's bill, and of a replica's work, that prompts are. */
  readonly mix: {
    readonly outputShare: number
    readonly promptShareOfBill: number | null
    readonly promptShareOfWork: number
  }
}

/**
 * Law 8 turned round. Own GPUs cross once what a full fleet costs per million tokens, n, is below what these do not cost at
 * the API, a − s: n = K ÷ Cap for a fleet that grows, (fixed + lots · K) ÷ limit for one of a stated size. Each of price,
 * throughput, peak and mix moves n or a in proportion or linearly, so each limit is exact: at it both cost the same. What is
 * told lies a hair beyond it, so that it crosses when it is stated. The nearest first, by ratio.
 */
export function nearestChanges(evidence: Evidence, pair: Changeable): NearestChange[] {
  const { line, terms, usdPerGpuHour, throughputFactor, peakToMean, mix } = pair
  const api = curveOf(line)
  const own = curveOf(terms)
  const { gpuUsd, otherUsd, mtok } = fullCost(terms, api.fixed)
  if (!(mtok > 0) || otherUsd < 0) return []
  const need = (gpuUsd + otherUsd) / mtok
  const saved = api.slope - own.slope
  const changes: NearestChange[] = []
  // Where what the fleet sends elsewhere costs more than the API takes for all, no cheaper or faster fleet helps.
  const ratio = saved > 0 ? need / saved : null
  const left = saved * mtok - otherUsd
  if (usdPerGpuHour !== null && left > 0) {
    changes.push({ variable: 'usdPerGpuHour', from: usdPerGpuHour, to: (usdPerGpuHour * left) / gpuUsd })
  }
  if (ratio !== null)
    changes.push({ variable: 'throughputFactor', from: throughputFactor, to: throughputFactor * ratio })
  changes.push({ variable: 'apiUsdPerMtok', from: api.slope, to: need + own.slope })
  if (ratio !== null) changes.push({ variable: 'peakToMean', from: peakToMean, to: peakToMean / ratio })
  const { outputShare, promptShareOfBill, promptShareOfWork } = mix
  if (promptShareOfBill !== null) {
    const times = (promptShare: number, share: number) =>
      timesAtMix(evidence, promptShare, share) / timesAtMix(evidence, promptShare, outputShare)
    const ahead = (share: number) =>
      api.slope * times(promptShareOfBill, share) - own.slope - need * times(promptShareOfWork, share)
    const rise = ahead(1) - ahead(0)
    const to = outputShare - ahead(outputShare) / rise
    if (rise !== 0 && to > 0 && to < 1) changes.push({ variable: 'outputShare', from: outputShare, to })
  }
  return changes
    .map(change => ({ ...change, from: estimate(change.from), to: justBeyond(change) }))
    .filter(({ variable, from, to }) => from > 0 && to > 0 && !(variable === 'peakToMean' && to < 1))
    .sort(byDistance)
}

/** What a full fleet costs beyond the API's fixed part, and what it carries: a lot of one that grows, all of one that does not. */
function fullCost(terms: FleetTerms, apiFixedUsd: number): { gpuUsd: number; otherUsd: number; mtok: number } {
  const { replicaUsdPerMonth, replicaMtokPerMonth, fixedReplicas } = terms
  if (fixedReplicas === null) return { gpuUsd: replicaUsdPerMonth, otherUsd: 0, mtok: replicaMtokPerMonth }
  const lot = terms.replicasPerInstance ?? 1
  const gpuUsd = Math.ceil(fixedReplicas / lot) * lot * replicaUsdPerMonth
  return { gpuUsd, otherUsd: terms.fixedUsdPerMonth - apiFixedUsd, mtok: curveOf(terms).limit }
}

/** Prices decide which size of a replayed fleet is the cheapest: with these the formula's limit holds, and the nearest one is searched. */
const resized: readonly NearestChange['variable'][] = ['usdPerGpuHour', 'apiUsdPerMtok']
const halvings = 44

/** The changes with limits found by trying, where another size of the fleet comes to cross sooner; none that never does. */
export function refined(
  changes: readonly NearestChange[],
  crosses: (change: NearestChange) => boolean,
): NearestChange[] {
  return changes
    .flatMap(change => {
      const { variable, from } = change
      if (!resized.includes(variable)) return [change]
      const isUp = change.to > from
      let beyond = change.to * (isUp ? 1 + 1e-9 : 1 - 1e-9)
      for (let tries = 0; !crosses({ ...change, to: beyond }); tries++) {
        if (tries === 12) return []
        beyond *= isUp ? 2 : 0.5
      }
      let short = from
      for (let i = 0; i < halvings; i++) {
        const middle = (short + beyond) / 2
        if (crosses({ ...change, to: middle })) beyond = middle
        else short = middle
      }
      return [{ variable, from, to: justBeyond({ variable, from, to: beyond }) }]
    })
    .sort(byDistance)
}

/**
 * `to` away from `from` by more than rounding to 12 digits takes back: at the limit itself both cost the same. A bill moves
 * in proportion to a price, to throughput and to peaks, but with a small share of answers it hardly moves.
 */
function justBeyond({ variable, from, to }: NearestChange): number {
  const margin = variable === 'outputShare' ? 1e-9 : to * 1e-10
  return estimate(to > from ? to + margin : to - margin)
}

/** By ratio; of equals the one listed first, the price that can be bargained for. */
const byDistance = (a: NearestChange, b: NearestChange): number => distance(a) - distance(b)
const distance = ({ from, to }: NearestChange): number => Math.round(Math.abs(log(to / from)) * 1e8)

/** The nearest changes in a sentence, at most three of them. */
export function changeWords(changes: readonly NearestChange[]): string | null {
  if (changes.length === 0) return null
  return changes
    .slice(0, 3)
    .map(change => words[change.variable](change))
    .join(', or ')
}

/** Printed limits lie beyond the exact ones: what is printed must cross. */
const words: Readonly<Record<NearestChange['variable'], (change: NearestChange) => string>> = {
  usdPerGpuHour: ({ from, to }) => `a GPU-hour below ${usdWords(roundedPrice(Math.floor, to))} (now ${usdWords(from)})`,
  throughputFactor: ({ from, to }) => `${percentMore(to / from)} tokens per second on each replica`,
  apiUsdPerMtok: ({ from, to }) =>
    `an API above ${usdWords(roundedPrice(Math.ceil, to))} per million tokens (now ${usdWords(from)})`,
  outputShare: ({ from, to }) =>
    to < from
      ? `answers of at most ${percent(Math.floor, to)} of all tokens (now ${percent(Math.round, from)})`
      : `answers of at least ${percent(Math.ceil, to)} of all tokens (now ${percent(Math.round, from)})`,
  peakToMean: ({ from, to }) =>
    `a busiest hour of at most ${Math.floor(to * 100) / 100}× the mean (now ${Number(from.toPrecision(3))}×)`,
}

const percent = (round: (x: number) => number, share: number): string => `${round(share * 1000) / 10} %`

/** To dollars from a hundred on, else to cents, below ten cents to two significant digits: the printed price must itself lie beyond the limit. */
function roundedPrice(round: (x: number) => number, usd: number): number {
  let unit = usd >= 100 ? 1 : 0.01
  while (usd < 10 * unit && unit > 1e-12) unit /= 10
  return round(usd / unit) * unit
}

function percentMore(ratio: number): string {
  return ratio < 2 ? `${Math.ceil((ratio - 1) * 100)} % more` : `${Math.ceil(ratio * 10) / 10}× the`
}

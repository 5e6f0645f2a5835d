// Options with their terms, and resampled months, in; the band of each bill and crossing, and how often each option wins, out.
import { estimate } from '../statistics/estimate.ts'
import { lowerMiddle, quantile, sorted } from '../statistics/sample.ts'
import type { Band } from './answer.ts'
import { decidedTerms } from './api-bill.ts'
import type { Candidate } from './candidates.ts'
import type { Doubt } from './costing.ts'
import { crossings } from './crossings.ts'
import type { Evidence } from './evidence.ts'
import { countedOn } from './fleet-sizing.ts'
import { leasedAt } from './lease.ts'
import type { Resampled } from './resample.ts'
import { type Curve, curveAt, curveOf } from './staircase.ts'
import { knownUsageShare } from './traffic.ts'

/** An option's curve in one draw. */
export type DrawnCurve = (draw: number) => Curve

/**
 * The curve of an option in each draw. API: its price per token moves with the drawn mix, and a hosted offer's also with
 * the spread of hosted prices of the same weights. Own GPUs: lease price, throughput and peak are drawn.
 */
export function drawnCurve(
  evidence: Evidence,
  candidate: Candidate,
  months: Resampled,
  leastPeakToMean = 1,
): DrawnCurve | null {
  const terms = decidedTerms(candidate)
  if (terms === null) return null
  const nominal = curveOf(terms)
  if (terms.kind === 'api') {
    const mix = months.api[candidate.apiIndex!]!
    const hosted = hostedRatios(evidence, candidate.apiIndex!)
    return d => ({ ...nominal, slope: nominal.slope * mix[d]! * pick(hosted, months.hostedUniform[d]!) })
  }
  const replica = evidence.replicas[candidate.replicaIndex!]!
  const lease = candidate.lease!
  const uniform = months.leaseUniform.get(replica.gpu)!
  const peaks = months.peakToMean[candidate.replicaIndex!]!
  const speeds = months.throughput[candidate.replicaIndex!]!
  return d => {
    const drawn = lease.spread.length === 0 ? lease : pick(lease.spread, uniform[d]!)
    const peak = candidate.isPeakStated ? candidate.peakToMean! : Math.max(peaks[d]!, leastPeakToMean)
    const replicaMtokPerMonth = (terms.throughputMtokPerMonth * speeds[d]!) / peak
    const counted = countedOn(terms, replicaMtokPerMonth / terms.replicaMtokPerMonth)
    return curveOf(leasedAt(counted, replica.gpusPerReplica, lease, drawn))
  }
}

/** Prices of the hosted offers of the same weights ÷ their median; [1] for the metered option, whose price is known. */
function hostedRatios(evidence: Evidence, apiIndex: number): readonly number[] {
  const api = evidence.api[apiIndex]!
  if (api.kind === 'as-metered') return [1]
  const prices = evidence.api
    .filter(other => other.kind === 'hosted' && other.group === api.group && other.usd !== null)
    // A price of a part of the calls is no price of them.
    .filter(other => other.pricedShare >= knownUsageShare(evidence) - 1e-9)
    .map(other => Number(other.usd))
    .sort((a, b) => a - b)
  const median = lowerMiddle(prices) ?? 0
  return median > 0 ? prices.map(price => price / median) : [1]
}

function pick<T>(values: readonly T[], uniform: number): T {
  return values[Math.min(values.length - 1, Math.floor(uniform * values.length))]!
}

/** Bills nearer to each other than this are equal: the same price reached by another sum differs in its last digits. */
const equalUsd = 1e-9

/**
 * For each candidate its 5–95 % band at the drawn volume, and the share of draws in which it is the cheapest of those
 * that may be best (`contenders`, of equal ones the first). A stated volume is not drawn.
 */
export function doubts(
  curves: readonly (DrawnCurve | null)[],
  contenders: readonly number[],
  months: Resampled,
  tokensPerMonth: number,
  volumeIsStated: boolean,
): Doubt[] {
  const costs = curves.map(() => new Float64Array(months.draws))
  const wins = curves.map(() => 0)
  for (let d = 0; d < months.draws; d++) {
    const mtok = (tokensPerMonth / 1e6) * (volumeIsStated ? 1 : months.volume[d]!)
    curves.forEach((curve, i) => {
      if (curve !== null) costs[i]![d] = curveAt(curve(d), mtok)
    })
    let best: number | null = null
    for (const i of contenders) {
      const usd = costs[i]![d]!
      if (Number.isFinite(usd) && (best === null || usd < costs[best]![d]! * (1 - equalUsd))) best = i
    }
    if (best !== null) wins[best]! += 1
  }
  return curves.map((curve, i) => ({
    band: curve === null ? null : bandOf(costs[i]!),
    probabilityCheapest: contenders.includes(i) ? estimate(wins[i]! / months.draws) : null,
  }))
}

/** Share of draws in which the cheapest of some curves is cheaper than the cheapest of others. */
export function shareCheaper(
  some: readonly DrawnCurve[],
  others: readonly DrawnCurve[],
  months: Resampled,
  tokensPerMonth: number,
  volumeIsStated: boolean,
): number {
  let wins = 0
  for (let d = 0; d < months.draws; d++) {
    const mtok = (tokensPerMonth / 1e6) * (volumeIsStated ? 1 : months.volume[d]!)
    const least = (curves: readonly DrawnCurve[]) =>
      curves.reduce((usd, curve) => Math.min(usd, curveAt(curve(d), mtok)), Number.POSITIVE_INFINITY)
    if (least(some) < least(others) * (1 - equalUsd)) wins += 1
  }
  return wins / months.draws
}

export interface CrossingDoubt {
  readonly first: Band | null
  readonly forGood: Band | null
  /** Share of draws with any crossing, and with one for good. */
  readonly firstShare: number
  readonly forGoodShare: number
}

/** Bands of a pair's first crossing and of its point of no return, in tokens a month, over the draws that have one. */
export function crossingDoubt(api: DrawnCurve, own: DrawnCurve, draws: number): CrossingDoubt {
  const first: number[] = []
  const forGood: number[] = []
  for (let d = 0; d < draws; d++) {
    const found = crossings(api(d), own(d), 1)
    if (found.list.length > 0) first.push(found.list[0]!.at * 1e6)
    if (found.forGood !== null) forGood.push(found.forGood.at * 1e6)
  }
  return {
    first: bandOf(first),
    forGood: bandOf(forGood),
    firstShare: estimate(first.length / draws),
    forGoodShare: estimate(forGood.length / draws),
  }
}

/**
 * A band that holds the estimate too. Only draws that cross at all say where: when few do they are the favourable ones, and
 * their band alone could lie to one side of the estimate.
 */
export function holding(band: Band | null, value: number): Band | null {
  return band && { low: Math.min(band.low, value), high: Math.max(band.high, value) }
}

/** 5–95 %; null for no values, or where the upper end is not finite. */
function bandOf(values: ArrayLike<number>): Band | null {
  const ascending = sorted(values)
  const low = quantile(ascending, 0.05)
  const high = quantile(ascending, 0.95)
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return null
  return { low: estimate(low), high: estimate(high) }
}

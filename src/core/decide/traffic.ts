// Demand in; its monthly volume, and how unevenly each kind of replica would feel it (peak ÷ mean, busy time), out.
import { Fault } from '../fault/fault.ts'
import type { Demand } from './demand.ts'
import type { Evidence, ReplicaTerms } from './evidence.ts'
import { interpolate } from './staircase.ts'

export interface Volume {
  readonly tokensPerMonth: number
  readonly requestsPerMonth: number
  /** Stated by the reader instead of read off the ledger: then today's replay says nothing of it. */
  readonly stated: boolean
}

/** A peak-to-mean above this is cut to it: so sparse a ledger says nothing about how bunched more traffic would be. */
export const mostPeakToMean = 100

const spanSecondsOf = (demand: Demand): number => (demand.lastAtMicros - demand.firstAtMicros) / 1e6
export const daysOf = (demand: Demand): number => spanSecondsOf(demand) / 86400
export const totalTokens = (demand: Demand): number => demand.tokens.input + demand.tokens.output

/**
 * Demand per month = totals ÷ (last − first arrival) × hours per month; requests likewise. With a stated volume the
 * requests keep the ledger's tokens per request. Faults: DEMAND_EMPTY without tokens, DEMAND_SPAN when all calls fall
 * on one instant and no volume is stated.
 */
export function volumeOf(demand: Demand, hoursPerMonth: number, statedTokensPerMonth: number | null): Volume {
  const tokens = totalTokens(demand)
  if (!(tokens > 0)) {
    const counted = demand.calls - demand.unknownUsageCalls
    const found =
      counted === 0
        ? `none of the ${demand.calls} calls has both its prompt and its answer counted`
        : `the ${counted} calls with a known token count hold no token`
    throw new Fault('DEMAND_EMPTY', found, { where: 'the ledger', fix: 'import calls with token counts' })
  }
  const span = spanSecondsOf(demand)
  if (statedTokensPerMonth === null && !(span > 0)) {
    throw new Fault('DEMAND_SPAN', 'all calls fall on one instant, so they say nothing about a month', {
      where: 'the ledger',
      fix: 'state the volume in tokens a month (--volume 3e9), or import calls over some time',
    })
  }
  const tokensPerMonth = statedTokensPerMonth ?? (tokens / span) * 3600 * hoursPerMonth
  const requestsPerMonth = (tokensPerMonth * demand.calls) / tokens
  return { tokensPerMonth, requestsPerMonth, stated: statedTokensPerMonth !== null }
}

/** The volume that was seen, million tokens a month, whatever volume was stated; 0 where all calls fall on one instant. */
export function seenMtokPerMonth({ demand }: Evidence, { hoursPerMonth }: { readonly hoursPerMonth: number }): number {
  return spanSecondsOf(demand) > 0 ? volumeOf(demand, hoursPerMonth, null).tokensPerMonth / 1e6 : 0
}

/** What one kind of replica feels of the traffic's unevenness. */
export interface Shape {
  /** Busiest hour's work ÷ mean work, at least 1. */
  readonly peakToMean: number
  /** True when the cap on peak-to-mean was hit. */
  readonly capped: boolean
  /** Mean busy share of a replica by its mean load, the windows' ups and downs averaged in. */
  readonly loadCurve: readonly { readonly load: number; readonly busyShare: number }[]
}

/** Seconds of a saturated replica that each window needs. */
function workOf(demand: Demand, replica: ReplicaTerms): Float64Array {
  const { input, output } = demand.windows
  const work = new Float64Array(input.length)
  for (let i = 0; i < work.length; i++) {
    work[i] = replica.secondsPerInputToken * input[i]! + replica.secondsPerOutputToken * output[i]!
  }
  return work
}

/**
 * The same averaged over the hour that ends with each window: a replica was tried with a whole busy hour, so what is
 * uneven within one is in its rate already.
 */
export function hourlyWorkOf(demand: Demand, replica: ReplicaTerms): Float64Array {
  const work = workOf(demand, replica)
  const hour = Math.min(work.length, Math.max(1, Math.round(3600 / demand.windowSeconds)))
  const mean = new Float64Array(work.length)
  for (let i = hour - 1; i < work.length; i++) {
    let sum = 0
    for (let k = i - hour + 1; k <= i; k++) sum += work[k]!
    mean[i] = sum / hour
  }
  // The first windows have no whole hour behind them: they take the first whole one.
  for (let i = 0; i < hour - 1; i++) mean[i] = mean[hour - 1]!
  return mean
}

const shapes = new WeakMap<Evidence, readonly Shape[]>()

/** The shape for each of `evidence.replicas`, in their order. Kept per evidence: choices do not change it. */
export function shapesOf(evidence: Evidence): readonly Shape[] {
  const kept = shapes.get(evidence)
  if (kept !== undefined) return kept
  const made = evidence.replicas.map(replica => shapeOf(evidence.demand, replica))
  shapes.set(evidence, made)
  return made
}

function shapeOf(demand: Demand, replica: ReplicaTerms): Shape {
  const work = workOf(demand, replica)
  const busiest = hourlyWorkOf(demand, replica).reduce((most, seconds) => Math.max(most, seconds), 0)
  const { input, output } = demand.tokens
  const total = replica.secondsPerInputToken * input + replica.secondsPerOutputToken * output
  if (total === 0) return { peakToMean: 1, capped: false, loadCurve: replica.loadCurve }
  // The last window is seldom full: the mean is over the time between first and last arrival, as the volume is.
  const span = Math.max(spanSecondsOf(demand), demand.windowSeconds)
  const seen = busiest / ((total / span) * demand.windowSeconds)
  const peakToMean = Math.min(mostPeakToMean, Math.max(1, seen))
  return {
    peakToMean,
    capped: seen > mostPeakToMean,
    loadCurve: meanLoadCurve(work, work.reduce((sum, seconds) => sum + seconds, 0) / work.length, busiest, replica),
  }
}

const bins = 128
const loads = 20

/** Averages the replica's busy share over windows, each at its own multiple of the mean load; windows binned by work. */
function meanLoadCurve(work: Float64Array, mean: number, busiest: number, replica: ReplicaTerms): Shape['loadCurve'] {
  const count = new Float64Array(bins)
  const sum = new Float64Array(bins)
  for (const seconds of work) {
    const bin = Math.min(bins - 1, Math.floor((seconds / busiest) * bins))
    count[bin]! += 1
    sum[bin]! += seconds / mean
  }
  const curve: { load: number; busyShare: number }[] = []
  for (let i = 0; i <= loads; i++) {
    const load = i / loads
    let busy = 0
    for (let bin = 0; bin < bins; bin++) {
      if (count[bin] === 0) continue
      const inBin = Math.min(1, load * (sum[bin]! / count[bin]!))
      busy +=
        count[bin]! *
        Math.min(
          1,
          interpolate(replica.loadCurve, inBin, point => point.busyShare),
        )
    }
    curve.push({ load, busyShare: busy / work.length })
  }
  return curve
}

/** Share of the calls whose usage is known: the others are in no volume and no cost. */
export const knownUsageShare = ({ demand }: Evidence): number =>
  demand.calls > 0 ? 1 - demand.unknownUsageCalls / demand.calls : 0

// Options under each shape that the traffic may have in; whether own GPUs pay off now for the same weights, and how sure that is, out.

import { isOwnServer } from '../meter/own-servers.ts'
import { estimate } from '../statistics/estimate.ts'
import type { OptionAnswer } from './answer.ts'
import { decidedUsd } from './api-bill.ts'
import { type DrawnCurve, shareCheaper } from './band.ts'
import {
  type Assumable,
  isBarred,
  isSameWeights,
  mayBeBest,
  provable,
  unknownWords,
  type Weights,
} from './eligibility.ts'
import type { Evidence, MeasuredServers } from './evidence.ts'
import type { Resampled } from './resample.ts'

export type DecisionAnswer = 'yes' | 'no' | 'cannot tell'

/** Do own GPUs pay off now, for the same weights? */
export interface Decision {
  readonly answer: DecisionAnswer
  /** Less of the bill was metered than a verdict should rest on. */
  readonly partial: boolean
  /** Share of the resampled months in which a yes or a no holds; null for "cannot tell". */
  readonly confidence: number | null
  /** What it hangs on, shortest first. */
  readonly reasons: readonly string[]
}

export interface ProfileAnswer {
  readonly name: string
  readonly source: string
  /** Busiest hour ÷ mean that fleets were sized for at least. */
  readonly peakToMean: number
  readonly answer: DecisionAnswer
  readonly best: string | null
  /** The cheapest fleet of today's weights, and its cost. */
  readonly fleet: string | null
  readonly fleetUsd: number | null
}

/** Months in which a side must win for the answer to be a yes or a no. */
export const sureShare = 0.9

/** What is compared: the cheapest of each kind of today's weights, and how often fleets win against them. */
export interface Contest {
  readonly fleet: OptionAnswer | null
  /** The cheapest API that is known, or assumed, to meet the bars. */
  readonly proven: OptionAnswer | null
  /** The cheapest API that lacks nothing but proof. */
  readonly unproven: OptionAnswer | null
  /** A fleet that nothing speaks against but that its price or its latency is not known. */
  readonly unknownFleet: OptionAnswer | null
  /** What is paid today on these weights, where nobody knows how much that is. Own servers are no seller. */
  readonly unpricedToday: OptionAnswer | null
  /** Own servers that serve calls of these weights within the objective, as measured; null where none are known to. */
  readonly ownServers: MeasuredServers | null
  /** Share of draws in which some fleet is cheaper than every proven API, and than the unproven ones too; null = none. */
  readonly beatsProven: number | null
  readonly beatsAll: number | null
}

interface Placed {
  readonly option: OptionAnswer
  readonly drawn: DrawnCurve | null
}

/** The contest of fleets and APIs of today's weights; other weights take no part, whatever is assumed of them. */
export function contestOf(
  entries: readonly Placed[],
  today: Weights | null,
  assumed: readonly Assumable[],
  months: Resampled,
  volume: { readonly tokensPerMonth: number; readonly stated: boolean },
  { ownServers, objective }: Pick<Evidence, 'ownServers' | 'objective'>,
): Contest {
  const same = entries.filter(({ option, drawn }) => drawn !== null && isSameWeights(option, today))
  const proven = same.filter(({ option }) => mayBeBest(option, today, assumed))
  const all = same.filter(({ option }) => mayBeBest(option, today, provable))
  const of = (list: readonly Placed[], isFleet: boolean) =>
    list.filter(({ option }) => (option.kind === 'self-host') === isFleet)
  const cheapest = (list: readonly Placed[]) =>
    list.reduce<OptionAnswer | null>(
      (least, { option }) => (least === null || decidedUsd(option)! < decidedUsd(least)! ? option : least),
      null,
    )
  const fleets = of(proven, true)
  const unproven = of(all, false).filter(entry => !proven.includes(entry))
  const unknownFleet = entries.find(
    ({ option }) =>
      option.kind === 'self-host' &&
      isSameWeights(option, today) &&
      !isBarred(option) &&
      !mayBeBest(option, today, assumed),
  )
  const unpricedToday = entries.find(
    ({ option }) =>
      option.asMetered && option.usd === null && isSameWeights(option, today) && !isOwnServer(option.provider),
  )
  const beats = (rivals: readonly Placed[]) =>
    rivals.length === 0 || fleets.length === 0
      ? null
      : shareCheaper(curves(fleets), curves(rivals), months, volume.tokensPerMonth, volume.stated)
  return {
    fleet: cheapest(fleets),
    proven: cheapest(of(proven, false)),
    unproven: cheapest(unproven),
    unknownFleet: unknownFleet?.option ?? null,
    unpricedToday: unpricedToday?.option ?? null,
    ownServers: ownServers !== undefined && keepsObjective(ownServers, objective) ? ownServers : null,
    beatsProven: beats(of(proven, false)),
    beatsAll: beats(of(all, false)),
  }
}

/** An objective that nobody stated is the p95 of all of today's calls, about which that of a part of them scatters. */
const scatter = 1.05

function keepsObjective(own: MeasuredServers, { ttftP95Ms, tpotP95Ms, stated }: Evidence['objective']): boolean {
  const most = (objectiveMs: number, isStated: boolean | undefined) => objectiveMs * (isStated === true ? 1 : scatter)
  return own.ttftP95Ms <= most(ttftP95Ms, stated?.ttft) && own.tpotP95Ms <= most(tpotP95Ms, stated?.tpot)
}

const curves = (entries: readonly Placed[]): DrawnCurve[] => entries.map(({ drawn }) => drawn!)

/** What one contest says by itself. Yes must hold against unproven offers too: they could well be good enough. */
export function answerOf(contest: Contest): { readonly answer: DecisionAnswer; readonly confidence: number | null } {
  const { fleet, proven, unproven, unknownFleet, unpricedToday, ownServers, beatsProven, beatsAll } = contest
  if (fleet === null) {
    // Nothing that runs: whatever an API costs, own GPUs are no way to serve this. What is not known is no such thing, and
    // where own servers do serve it, it is the simulation that is wrong.
    return unknownFleet !== null || ownServers !== null || (proven === null && unproven === null)
      ? { answer: 'cannot tell', confidence: null }
      : { answer: 'no', confidence: 1 }
  }
  // Cheaper than what somebody else asks is no yes while nobody knows what is paid.
  const isPaidUnknown = unpricedToday !== null && proven === null
  if (beatsAll !== null && beatsAll >= sureShare && !isPaidUnknown)
    return { answer: 'yes', confidence: estimate(beatsAll) }
  if (beatsProven !== null && beatsProven <= 1 - sureShare)
    return { answer: 'no', confidence: estimate(1 - beatsProven) }
  return { answer: 'cannot tell', confidence: null }
}

/**
 * The decision over all shapes of traffic: the same answer under each, else "cannot tell". `contests[0]` is that of the
 * traffic as it was seen.
 */
export function decisionOf(contests: readonly Contest[], names: readonly string[], partial: boolean): Decision {
  const answers = contests.map(answerOf)
  const seen = answers[0]!
  const differing = answers.findIndex(({ answer }) => answer !== seen.answer)
  if (differing >= 0) {
    const reason = `${names[0]} arrivals say ${seen.answer}, ${names[differing]} ones ${answers[differing]!.answer}`
    return { answer: 'cannot tell', partial, confidence: null, reasons: [reason, ...reasonsOf(contests[0]!)] }
  }
  const confidences = answers.flatMap(({ confidence }) => confidence ?? [])
  return {
    answer: seen.answer,
    partial,
    confidence: confidences.length === answers.length ? Math.min(...confidences) : null,
    reasons: reasonsOf(contests[0]!),
  }
}

function reasonsOf(contest: Contest): string[] {
  const { fleet, proven, unproven, unknownFleet, unpricedToday, ownServers, beatsProven, beatsAll } = contest
  const percent = (share: number) => `${Math.round(share * 100)} % of resampled months`
  if (fleet === null && unknownFleet !== null) return [unknownFleetWords(unknownFleet)]
  if (fleet === null && ownServers !== null)
    return ['no fleet that was tried serves these calls within the bars, and own servers, as measured, do']
  if (fleet === null) return ['no fleet that was tried serves these calls within the bars']
  return [
    ...(unpricedToday !== null && proven === null ? [`what is paid today (${unpricedToday.name}) has no price`] : []),
    ...(proven === null && unproven === null ? ['no API of these weights has a known price'] : []),
    ...(beatsProven === null ? [] : [`own GPUs are cheaper than ${proven!.name} in ${percent(beatsProven)}`]),
    ...(unproven !== null && beatsAll !== null && beatsAll !== beatsProven
      ? [
          beatsProven === null
            ? `own GPUs are cheaper than ${unproven.name}, which is not proven, in ${percent(beatsAll)}`
            : `and than ${unproven.name}, which is not proven, in ${percent(beatsAll)}`,
        ]
      : []),
  ]
}

/** What is not known of a fleet that could be the way to serve this. */
export function unknownFleetWords({ name, usd, unknowns }: OptionAnswer): string {
  return `${usd === null ? 'the price' : `the ${unknownWords(unknowns)}`} of ${name} is not known`
}

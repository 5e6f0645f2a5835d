// A fleet's terms and replays of today's calls on fleets of several sizes in; the size that costs least, what it spills, and its staircase, out.

import { lateAllowed, windowsRequired } from '../serving/traffic/windows.ts'
import { estimate } from '../statistics/estimate.ts'
import { lowerMiddle } from '../statistics/sample.ts'
import type { FleetTerms, OptionAnswer } from './answer.ts'
import type { Choices } from './choices.ts'
import type { ApiTerms, Assumption, Evidence, Replay, ReplicaTerms } from './evidence.ts'
import { apiNamed, fallbackOf, shareOf, type Together, unservedShare, usdOf } from './feasible.ts'
import { regionRefusal } from './region.ts'
import { ceiling, curveAt, curveOf, servingAt } from './staircase.ts'
import { seenMtokPerMonth, totalTokens } from './traffic.ts'

/** Late or refused calls up to this share of all are tolerated; those above it are billed at an API. */
export const spillTolerated = 0.001

export interface Spill {
  /** Of today's calls, not of a month's. */
  readonly calls: number
  /** Of all calls that could be replayed. */
  readonly share: number
  /** Who takes them; null = nobody: the late ones stay late, and the refused ones are not served. */
  readonly api: ApiTerms | null
  /** Those among them that nobody serves. */
  readonly unservedCalls: number
  /** Per million tokens of the whole traffic. */
  readonly usdPerMtok: number
}

export interface FleetSizing {
  readonly replay: Replay
  /** Replicas that windows of load ask for, before any burst. */
  readonly byLoad: number
  readonly spill: Spill
  readonly terms: FleetTerms
}

/** Whether the objective was kept: over the windows, in the busy hours, and over all. */
export function keepsInReplay(replay: Replay): boolean {
  const { lateShare, windowsMetShare = null, busyHourLateShare = null } = replay
  return (
    lateShare <= lateAllowed * (1 + 1e-9) &&
    (windowsMetShare === null || windowsMetShare >= windowsRequired * (1 - 1e-12)) &&
    (busyHourLateShare === null || busyHourLateShare <= lateAllowed * (1 + 1e-9))
  )
}

export function replaysOf(evidence: Evidence, replica: ReplicaTerms): Replay[] {
  return (evidence.replays ?? []).filter(
    ({ model, gpu, gpusPerReplica }) =>
      model === replica.model && gpu === replica.gpu && gpusPerReplica === replica.gpusPerReplica,
  )
}

/**
 * Of the sizes that keep the objective the one whose lease and spill together cost least today, the smaller one of
 * equals; where none does, the last one tried. Null where nothing was replayed. A tighter objective leaves fewer sizes,
 * each with more late calls, so it never costs less.
 */
export function sizingOf(
  evidence: Evidence,
  choices: Choices,
  replica: ReplicaTerms,
  terms: FleetTerms,
): FleetSizing | null {
  const replays = replaysOf(evidence, replica)
  if (replays.length === 0) return null
  const today = seenMtokPerMonth(evidence, choices)
  const api = spillApiOf(evidence, choices, replica.group)
  const byLoad = Math.max(1, servingAt(curveOf({ ...terms, fixedReplicas: null }), today))
  const keeping = replays.filter(keepsInReplay)
  const sizes = (keeping.length > 0 ? keeping : replays.slice(-1)).map((replay): FleetSizing => {
    const spill = spillOf(evidence, choices, replica, replay, api)
    return {
      replay,
      byLoad,
      spill,
      terms: { ...sizedFor(terms, replay.replicas, today), spillUsdPerMtok: spill.usdPerMtok },
    }
  })
  const usd = ({ terms: sized }: FleetSizing) => curveAt(curveOf({ ...sized, fixedReplicas: null }), today)
  const best = sizes.reduce((a, b) => (usd(b) < usd(a) ? b : a))
  if (choices.replicas === null) return best
  // A stated fleet is what it is: its own replay, where there is one, says what it spills.
  const own = replays.find(({ replicas }) => replicas === choices.replicas)
  if (own === undefined) return best
  const spill = spillOf(evidence, choices, replica, own, api)
  return { replay: own, byLoad, spill, terms: { ...best.terms, spillUsdPerMtok: spill.usdPerMtok } }
}

/**
 * What many replicas sustain is more than what today's few do, for they share bursts: up to the volume `v` of today each
 * carries what the few do, beyond it what `times` as much allows.
 */
export function inCrowd(terms: FleetTerms, times: number, v: number): FleetTerms {
  if (!(times > 1) || !(v > 0)) return terms
  const { replicaMtokPerMonth } = terms
  const replicas = ceiling(v / replicaMtokPerMonth)
  const crowd = carrying(terms, replicaMtokPerMonth * times)
  return replicas > 1 ? { ...crowd, knee: { replicas, replicaMtokPerMonth } } : crowd
}

/**
 * The staircase through `replicas` at volume `v` (million tokens a month). A fleet that kept the objective with fewer
 * replicas than windows of load ask for carries more at every volume: so many copies of it would. One that needed more
 * has a knee there: below it bursts thin out with the load, above it replicas carry what their load allows.
 */
export function sizedFor(byLoad: FleetTerms, replicas: number, v: number): FleetTerms {
  if (!(v > 0) || replicas < 1) return byLoad
  // What the replay found stands in the place of what load alone let expect.
  const { knee: _, ...terms } = byLoad
  const capacity = terms.replicaMtokPerMonth
  if (replicas < ceiling(v / capacity)) return carrying(terms, v / replicas)
  // That many serve today, and where in its step today lies nobody knows: in the middle.
  const kneeMtok = v / (replicas - 0.5)
  if (replicas === 1 || kneeMtok >= capacity) return terms
  return { ...terms, knee: { replicas, replicaMtokPerMonth: kneeMtok } }
}

/** The staircase with every step so many times as long. */
export function countedOn(terms: FleetTerms, times: number): FleetTerms {
  if (times === 1) return terms
  const { knee, replicaMtokPerMonth } = terms
  const longer = knee && { ...knee, replicaMtokPerMonth: knee.replicaMtokPerMonth * times }
  return { ...terms, replicaMtokPerMonth: replicaMtokPerMonth * times, knee: longer }
}

/** The same replicas counted on for another volume each; how busy a volume keeps them does not change. */
function carrying(terms: FleetTerms, replicaMtokPerMonth: number): FleetTerms {
  const ratio = replicaMtokPerMonth / terms.replicaMtokPerMonth
  if (ratio === 1) return terms
  return {
    ...countedOn(terms, ratio),
    throughputMtokPerMonth: terms.throughputMtokPerMonth * ratio,
    saturatedMtokPerMonth: terms.saturatedMtokPerMonth ?? terms.throughputMtokPerMonth,
    loadCurve: terms.loadCurve.map(({ load, busyShare }) => ({ load: load / ratio, busyShare })),
  }
}

/** Late calls and those that the cache of no replica holds, beyond what is tolerated; calls that the model refuses are not among them. */
function spillOf(
  evidence: Evidence,
  choices: Choices,
  replica: ReplicaTerms,
  replay: Replay,
  api: ApiTerms | null,
): Spill {
  const { missed, calls: all } = replay
  const none = { calls: 0, share: 0, api, unservedCalls: 0, usdPerMtok: 0 }
  if (missed === undefined || all === 0) return none
  const tooLarge = tooLargeFor(evidence, replica, replay.rejected, missed.refused)
  const missedCalls = missed.late.calls + tooLarge.calls
  const calls = missedCalls - Math.floor(all * spillTolerated)
  if (calls <= 0) return none
  // Which of them are tolerated nobody says: each counts in part, so that one more late call never makes it cheaper.
  const part = calls / missedCalls
  const tokens = {
    calls,
    input: part * (missed.late.input + tooLarge.input),
    output: part * (missed.late.output + tooLarge.output),
  }
  const usd = api === null ? null : usdOf(evidence, choices, api, tokens)
  return {
    calls,
    share: estimate(calls / all),
    api: usd === null ? null : api,
    unservedCalls: usd === null ? tooLarge.calls : 0,
    usdPerMtok: (usd ?? 0) / (totalTokens(evidence.demand) / 1e6),
  }
}

/** Refused calls that the model would take: those too large for the cache of a replica alone. */
function tooLargeFor(
  { feasibility }: Evidence,
  { infeasible }: ReplicaTerms,
  rejected: number,
  refused: Together,
): Together {
  const calls = Math.max(0, rejected - infeasible.calls)
  const tooLong = infeasible.kind === undefined ? undefined : feasibility?.kinds[infeasible.kind]
  // Calls too long for the model are no mean refused calls (law 7); only where nobody counted their tokens they pass for such.
  const part = rejected > 0 ? calls / rejected : 0
  const left = (all: number, long: number | undefined) => (long === undefined ? part * all : Math.max(0, all - long))
  return { calls, input: left(refused.input, tooLong?.input), output: left(refused.output, tooLong?.output) }
}

/**
 * Who takes what comes late: the API named as fallback or to compare with, else today's own where it serves the same
 * weights, else of the offers of the same weights the one of middle price (the lower of two); null where none has a price,
 * or may serve where the calls must be served.
 */
export function spillApiOf(evidence: Evidence, choices: Choices, group: string): ApiTerms | null {
  const isAllowed = ({ usd, region = null }: ApiTerms) => usd !== null && regionRefusal(choices.region, region) === null
  const named = fallbackOf(evidence, choices) ?? apiNamed(evidence, choices)
  if (named !== null) return isAllowed(named) ? named : null
  const same = evidence.api.filter(api => api.group === group && isAllowed(api))
  const today = same.find(({ kind }) => kind === 'as-metered')
  if (today) return today
  const ordered = same
    .filter(({ infeasible }) => infeasible.calls <= spillTolerated * evidence.demand.calls)
    .sort((a, b) => Number(a.usd) - Number(b.usd) || (a.name < b.name ? -1 : 1))
  return lowerMiddle(ordered) ?? null
}

/** What a fleet refuses, with those of its spill that no API takes either. */
export function withUnserved(
  evidence: Evidence,
  infeasible: OptionAnswer['infeasible'],
  sizing: FleetSizing | null,
): OptionAnswer['infeasible'] {
  const unserved = sizing?.spill.unservedCalls ?? 0
  if (unserved === 0) return infeasible
  const calls = infeasible.calls + unserved
  const reasons = [
    ...infeasible.reasons,
    `${unserved} calls: larger than the cache of a replica, and no API takes them`,
  ]
  const share = estimate(unservedShare({ infeasible }) + shareOf(evidence, unserved))
  return { ...infeasible, calls, share: shareOf(evidence, calls), reasons, unservedShare: share }
}

/** The spill of an option, as the answer shows it. */
export function shownSpill(sizing: FleetSizing | null): OptionAnswer['spill'] {
  if (sizing === null) return null
  const { calls, share, api } = sizing.spill
  return { calls, share, api: api?.name ?? null }
}

/** What the replays taught of the fleet's size, for a reader. */
export function sizingNotes(sizing: FleetSizing | null): string[] {
  if (sizing === null) return []
  const { spill, byLoad, terms } = sizing
  const notes: string[] = []
  const needed = terms.knee?.replicas ?? byLoad
  if (needed > byLoad) {
    notes.push(
      `${needed} replicas share today's bursts, and ${byLoad} would do for their load: with fewer, too many of today's calls came late in the replay`,
    )
  }
  if (spill.calls > 0) {
    const goes = spill.api === null ? 'and no API with a price takes them' : `and are billed at ${spill.api.name}`
    notes.push(
      `${percentWords(spill.share)} of today's calls come late or are refused beyond the 0.1 % tolerated ${goes}`,
    )
  }
  return notes
}

/** The rule that fleets are sized by, and who takes their late calls; nothing where none was replayed. */
export function sizingAssumptions(sizings: readonly (FleetSizing | null)[]): Assumption[] {
  const found = sizings.filter(one => one !== null)
  if (found.length === 0) return []
  const apis = [
    ...new Set(found.filter(({ spill }) => spill.calls > 0).map(({ spill }) => spill.api?.name ?? 'nobody')),
  ]
  return [
    {
      name: 'fleet size',
      value: 'by replay of these calls',
      brief: 'the cheapest that keeps the objective in 99 % of five-minute windows and in every busy hour',
      source:
        'each call of the ledger replayed on fleets of several sizes; a window is met with at most 5 % of its calls late, a busy hour has at least half the calls of the busiest',
    },
    ...(apis.length === 0
      ? []
      : [
          {
            name: 'late calls',
            value: apis.join(', '),
            brief: `beyond 0.1 % of all billed at ${apis.join(', ')}`,
            source:
              'late or refused in the replay; at the API named as fallback or compared with, else at that of today, else at the one of middle price of the same weights',
          },
        ]),
  ]
}

/** Why a replay did not keep the objective. */
export function missedWords(replay: Replay): string {
  const { lateShare, windowsMetShare, busyHourLateShare, replicas } = replay
  const late = `replayed call by call, ${percentWords(lateShare)} of today's calls came late on ${replicas} replicas`
  if (windowsMetShare == null || busyHourLateShare == null) return late
  return `${late}: ${percentWords(windowsMetShare)} of five-minute windows met the objective (99 % must), and in the worst busy hour ${percentWords(busyHourLateShare)} were late (5 % may)`
}

/** Towards what is worse: 98.97 % is not 99 %. */
const percentWords = (share: number): string => `${Math.floor(share * 1000) / 10} %`

// Traffic, a replica, a lease and an API's price in; what each way to size a fleet costs and how late it is, out.

import { allElsewhere, type Load, type PeakFleet, peakFleet } from '../serving/capacity/fleet-size.ts'
import type { Objective } from '../serving/capacity/sustain.ts'
import { type Engine, infeasibility } from '../serving/engine/engine.ts'
import type { Scaling } from '../serving/fleet/autoscaler.ts'
import type { Fleet } from '../serving/fleet/fleet.ts'
import { type Overflow, takesElsewhere } from '../serving/fleet/overflow.ts'
import type { RouterName } from '../serving/fleet/routers.ts'
import { type Outcome, simulate } from '../serving/fleet/simulate.ts'
import type { Arrivals } from '../serving/traffic/arrivals.ts'
import { keepsObjective, windowsMet } from '../serving/traffic/windows.ts'
import { billedGpuSeconds, type InstanceTerms } from './instance-hours.ts'

export type SizingName = 'peak' | 'p95' | 'mean' | 'autoscale' | 'blend'

/** An API that takes what a fleet does not: its limits and its flat rates. Its own latency is not known. */
export interface Elsewhere {
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** USD per million tokens; null = no price is known. */
  readonly usdPerMtok: { readonly input: number; readonly output: number } | null
}

/** What a fleet is leased at, and where its overflow goes; null = unknown. */
export interface Prices {
  readonly usdPerGpuHour: number | null
  readonly elsewhere: Elsewhere | null
  /** How GPUs are sold; absent = any number of them, by any length of time. */
  readonly instances?: InstanceTerms
}

export interface SizingQuestion extends Prices {
  readonly arrivals: Arrivals
  readonly engine: Engine
  readonly router: RouterName
  readonly objective: Objective
  /** What the traffic asks for, in replicas; null where one replica meets the objective at no load. */
  readonly load: Load | null
  /** What of the autoscaler is stated; the rest follows from the traffic. */
  readonly scaling: Partial<Scaling> & Pick<Scaling, 'coldStartSeconds'>
}

/** Money of one replay. USD; null = a price that it needs is unknown. */
export interface Bill {
  /** GPU time that is billed: whole instances, whole steps. */
  readonly gpuSeconds: number
  readonly gpuUsd: number | null
  readonly spillUsd: number | null
  readonly usd: number | null
}

export interface Sizing {
  readonly sizing: SizingName
  /** Null: there is no such fleet, and `problem` says why. */
  readonly outcome: Outcome | null
  readonly bill: Bill
  /** Requests on one replica beyond which the next goes to the API; null = never. */
  readonly spillAbove: number | null
  readonly scaling: Scaling | null
  readonly problem: string | null
}

export const sizingNames: readonly SizingName[] = ['peak', 'p95', 'mean', 'autoscale', 'blend']

/** Bounds that a blend tries, the loosest first. Which ones is no matter of price: a cheaper API never finds a dearer blend. */
const bounds = [512, 384, 256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1] as const
/** Numbers of replicas that a blend tries at most, evenly spread, and calls replayed for them in all: seconds, not minutes. */
const mostTried = 24
const mostReplayed = 60_000_000

/** Lease and spilled calls of a replay, from its own counts: never from averages (law 7). */
export function billOf(outcome: Outcome, prices: Prices & { readonly engine: Pick<Engine, 'gpus'> }): Bill {
  const { usdPerGpuHour, elsewhere, instances, engine } = prices
  const { leases, leasedGpuSeconds, durationSeconds } = outcome
  const gpuSeconds =
    instances === undefined ? leasedGpuSeconds : billedGpuSeconds(leases, engine.gpus, durationSeconds, instances)
  const hours = gpuSeconds / 3600
  const gpuUsd = hours === 0 ? 0 : usdPerGpuHour === null ? null : hours * usdPerGpuHour
  const { spilled, spilledTokens } = outcome
  const rates = elsewhere?.usdPerMtok ?? null
  const spillUsd =
    spilled === 0
      ? 0
      : rates === null
        ? null
        : (spilledTokens.input * rates.input + spilledTokens.output * rates.output) / 1e6
  return { gpuSeconds, gpuUsd, spillUsd, usd: gpuUsd === null || spillUsd === null ? null : gpuUsd + spillUsd }
}

/** All calls at the API and no GPU: what a blend is never dearer than; null without a price, or where it does not take all that a fleet does. */
export function allApi(question: SizingQuestion): Outcome | null {
  const overflow = overflowTo(question.elsewhere, 0)
  if (overflow === undefined || !question.elsewhere?.usdPerMtok) return null
  const outcome = allElsewhere(question.arrivals, overflow)
  // A call that the API does not take and a replica does would make the API look cheap by leaving it unserved.
  return outcome.rejected > rejectedByBoth(question) ? null : outcome
}

/** Sizes fleets in the order asked; `begun` hears of each. What several need (the fleet for the peak) is found once. */
export function sizeFleets(
  question: SizingQuestion,
  names: readonly SizingName[],
  begun: (name: SizingName) => void = () => {},
): Sizing[] {
  let found: PeakFleet | null = null
  const peak = (): PeakFleet => {
    const { arrivals, objective } = question
    found ??= peakFleet({ arrivals, objective, fleet: fixedFleet(question) })
    return found
  }
  return names.map(sizing => {
    begun(sizing)
    return { sizing, ...sizings[sizing](question, peak) }
  })
}

type Sized = Omit<Sizing, 'sizing'>

const sizings: Readonly<Record<SizingName, (question: SizingQuestion, peak: () => PeakFleet) => Sized>> = {
  peak: (question, peak) => {
    const found = peak()
    return found.replicas === null ? impossible(noPeak(found.tried)) : sized(question, found.outcome)
  },
  p95: question => forLoad(question, load => load.p95),
  mean: question => forLoad(question, load => load.mean),
  autoscale,
  blend,
}

function forLoad(question: SizingQuestion, of: (load: Load) => number): Sized {
  const { load } = question
  if (load === null) return impossible('one request alone on a replica misses the objective')
  const replicas = Math.max(1, Math.ceil(of(load) - 1e-9))
  return sized(question, replay(question, { ...fixedFleet(question), replicas }))
}

function autoscale(question: SizingQuestion, peak: () => PeakFleet): Sized {
  const { load, scaling: stated } = question
  const found = peak()
  const most = stated.maxReplicas ?? found.replicas
  if (most === null) return impossible(`${noPeak((found as { tried: number }).tried)}: state --max-replicas`)
  const fewest = Math.min(most, stated.minReplicas ?? 1)
  const scaling: Scaling = {
    signal: 'concurrency',
    target: targetOf(question, found),
    startReplicas: Math.min(most, Math.max(fewest, Math.ceil(load?.first ?? fewest))),
    ...stated,
    minReplicas: fewest,
    maxReplicas: most,
  }
  const outcome = replay(question, { ...fixedFleet(question), replicas: fewest, scaling })
  return { ...sized(question, outcome), scaling }
}

/**
 * Requests in flight on one fully loaded replica, by Little's law: those of the peak's fleet, which is rarely full, over
 * the load that they are. What a full one holds is more, so this leaves room.
 */
function targetOf({ load }: SizingQuestion, found: PeakFleet): number {
  if (found.replicas === null || load === null || load.mean === 0) return 1
  return Math.max(1, found.outcome.meanOutstanding / load.mean)
}

/**
 * Own GPUs for the base, the API for what comes on top. For each number of replicas from none to the peak's, the loosest
 * bound with which the fleet itself keeps the objective; of these the one that costs least in all. No averages: each is a
 * replay of every call (the newsvendor's question, answered by counting).
 */
function blend(question: SizingQuestion, peak: () => PeakFleet): Sized {
  const { elsewhere, usdPerGpuHour } = question
  if (!elsewhere?.usdPerMtok) return impossible('no API price is known for these weights: name one with --spill-api')
  if (usdPerGpuHour === null) return impossible('no lease price is known: state --usd-per-gpu-hour')
  const found = peak()
  const candidates: Sized[] = []
  const api = allApi(question)
  if (api !== null) candidates.push(sized(question, api))
  if (found.replicas !== null) candidates.push(sized(question, found.outcome))
  const most = found.replicas === null ? Math.max(1, Math.ceil(question.load?.p95 ?? 1)) + 1 : found.replicas
  const cheapest = () => candidates.reduce((least, { bill }) => Math.min(least, bill.usd!), Number.POSITIVE_INFINITY)
  for (const replicas of spread(most - 1, triesFor(question.arrivals.n))) {
    // Whose lease alone costs as much as a candidate does need not be replayed.
    if (leastLeaseUsd(question, replicas, usdPerGpuHour) >= cheapest()) break
    const within = loosestBound(question, replicas)
    if (within !== null) candidates.push({ ...sized(question, within.outcome), spillAbove: within.bound })
  }
  const best = candidates.reduce<Sized | null>((a, b) => (a === null || b.bill.usd! < a.bill.usd! ? b : a), null)
  return best ?? impossible('neither a fleet that spills nor the API alone serves these calls')
}

/** A fleet is leased until its last arrival at least. */
function leastLeaseUsd({ arrivals, engine }: SizingQuestion, replicas: number, usdPerGpuHour: number): number {
  return ((replicas * engine.gpus * arrivals.atSeconds[arrivals.n - 1]!) / 3600) * usdPerGpuHour
}

/** The loosest of `bounds` with which the fleet keeps the objective, by halving; null: none does. */
function loosestBound(question: SizingQuestion, replicas: number): { bound: number; outcome: Outcome } | null {
  let loose = -1
  let tight: number = bounds.length
  let best: { bound: number; outcome: Outcome } | null = null
  while (tight - loose > 1) {
    const middle = Math.floor((loose + tight) / 2)
    const bound = bounds[middle]!
    const overflow = overflowTo(question.elsewhere, bound)
    const outcome = replay(question, { ...fixedFleet(question), replicas, overflow })
    if (keepsObjective(windowsMet(outcome.late))) {
      best = { bound, outcome }
      tight = middle
    } else loose = middle
  }
  return best
}

/** At most `tries` whole numbers of 1..most, evenly spread, the ends among them. */
function spread(most: number, tries: number): number[] {
  if (most <= tries) return Array.from({ length: Math.max(0, most) }, (_, i) => i + 1)
  return Array.from({ length: tries }, (_, i) => Math.round(1 + (i * (most - 1)) / Math.max(1, tries - 1)))
}

const triesFor = (calls: number): number => Math.max(3, Math.min(mostTried, Math.floor(mostReplayed / (5 * calls))))

/** Calls that neither a replica nor the API can ever take. */
function rejectedByBoth({ arrivals, engine, elsewhere }: SizingQuestion): number {
  const overflow = overflowTo(elsewhere, 0)
  let rejected = 0
  for (let id = 0; id < arrivals.n; id++) {
    const input = arrivals.inputTokens[id]!
    const output = arrivals.outputTokens[id]!
    if (overflow !== undefined && takesElsewhere(overflow, input, output)) continue
    if (infeasibility(engine, input, output) !== null) rejected++
  }
  return rejected
}

function fixedFleet({ engine, router, elsewhere }: SizingQuestion): Omit<Fleet, 'replicas'> {
  // Calls that no replica can ever take are billed at the API in every sizing: all of them serve the same calls.
  return { engine, router, overflow: overflowTo(elsewhere, Number.POSITIVE_INFINITY) }
}

function overflowTo(elsewhere: Elsewhere | null, bound: number): Overflow | undefined {
  if (elsewhere === null) return undefined
  return { bound, contextTokens: elsewhere.contextTokens, maxOutputTokens: elsewhere.maxOutputTokens }
}

const replay = ({ arrivals, objective }: SizingQuestion, fleet: Fleet): Outcome =>
  simulate(arrivals, fleet, { objective })

function sized(question: SizingQuestion, outcome: Outcome): Sized {
  return { outcome, bill: billOf(outcome, question), spillAbove: null, scaling: null, problem: null }
}

function impossible(problem: string): Sized {
  const bill = { gpuSeconds: 0, gpuUsd: null, spillUsd: null, usd: null }
  return { outcome: null, bill, spillAbove: null, scaling: null, problem }
}

const noPeak = (tried: number): string =>
  `no fixed fleet of up to ${tried} replicas meets the objective in 99 % of five-minute windows`

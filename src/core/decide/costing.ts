// Evidence and choices in; every way to serve the traffic, with its terms of cost and what stands against it, out.
import { estimate } from '../statistics/estimate.ts'
import type { Band, CostTerms, FleetTerms, OptionAnswer, YesNoUnknown } from './answer.ts'
import { type ApiBill, apiBill, cacheOf, optimisedAt, refusedByFleet } from './api-bill.ts'
import type { Choices } from './choices.ts'
import { meetsQuality, unknownsOf, type Weights } from './eligibility.ts'
import type { ApiTerms, Evidence, Replay, ReplicaTerms } from './evidence.ts'
import {
  countedOn,
  type FleetSizing,
  inCrowd,
  keepsInReplay,
  missedWords,
  replaysOf,
  shownSpill,
  sizingNotes,
  sizingOf,
} from './fleet-sizing.ts'
import { billedGpus, type Lease, leaseOf, unknown } from './lease.ts'
import { regionRefusal } from './region.ts'
import { breakdownAt, costAt, interpolate, mostTokensPerMonth, replicasAt, utilizationAt } from './staircase.ts'
import { tokenRatioOf } from './token-ratio.ts'
import { seenMtokPerMonth, shapesOf, type Volume } from './traffic.ts'

/** One option before it is placed at a volume: its terms of cost, and the evidence that they were made of. */
export interface Candidate {
  readonly name: string
  readonly kind: OptionAnswer['kind']
  readonly group: string
  readonly dtype: string | null
  /** Null = unknown: no price, or cannot serve. */
  readonly terms: CostTerms | null
  readonly priceSource: string
  readonly infeasible: OptionAnswer['infeasible']
  readonly notes: readonly string[]
  /** Index in `evidence.api` or in `evidence.replicas`; the other is null. */
  readonly apiIndex: number | null
  readonly replicaIndex: number | null
  readonly lease: Lease | null
  readonly gpu: string | null
  /** An API after its levers: its terms of cost and what each saves, USD per million tokens; null = no lever. */
  readonly optimised: ApiBill['optimised']
  /** The size of fleet that today's calls were replayed on and that costs least; null for an API, and where nothing was replayed. */
  readonly sizing: FleetSizing | null
}

/**
 * All options that the choices leave in, in the order of the evidence; fleets sized for a busiest hour of at least
 * `leastPeakToMean` times the mean. Fault GPU_UNKNOWN for a GPU that nobody tried.
 */
export function candidatesOf(evidence: Evidence, choices: Choices, leastPeakToMean = 1): Candidate[] {
  if (choices.gpu !== null && !evidence.replicas.some(replica => replica.gpu === choices.gpu)) {
    const tried = new Set(evidence.replicas.map(replica => replica.gpu))
    throw unknown('GPU_UNKNOWN', 'GPU that was simulated', choices.gpu, tried)
  }
  const apis = evidence.api.map((terms, i) => apiCandidate(evidence, choices, terms, i))
  const fleets = evidence.replicas.flatMap((replica, i) =>
    choices.gpu === null || replica.gpu === choices.gpu
      ? [fleetCandidate(evidence, choices, replica, i, leastPeakToMean)]
      : [],
  )
  return named([...apis, ...fleets])
}

function apiCandidate(evidence: Evidence, choices: Choices, api: ApiTerms, apiIndex: number): Candidate {
  const knownUsage = knownUsageShare(evidence)
  const notes = [...api.notes]
  const isPriced = api.usd !== null && api.pricedShare >= knownUsage - 1e-9
  if (api.usd === null) notes.push('no price for these calls: its cost is unknown')
  else if (!isPriced) {
    notes.push(`only ${percent(api.pricedShare)} of the calls have a price (${api.usd} USD): its cost is unknown`)
  }
  const bill = apiBill(evidence, choices, api)
  return {
    name: api.name,
    kind: 'api',
    group: api.group,
    dtype: api.dtype,
    terms: isPriced ? bill.terms : null,
    priceSource: api.observedAt === null ? api.source : `${api.source} (${api.observedAt})`,
    infeasible: bill.infeasible,
    notes,
    apiIndex,
    replicaIndex: null,
    lease: null,
    gpu: null,
    optimised: isPriced ? bill.optimised : null,
    sizing: null,
  }
}

const knownUsageShare = ({ demand }: Evidence): number =>
  demand.calls > 0 ? 1 - demand.unknownUsageCalls / demand.calls : 0

function fleetCandidate(
  evidence: Evidence,
  choices: Choices,
  replica: ReplicaTerms,
  replicaIndex: number,
  leastPeakToMean: number,
): Candidate {
  const seen = shapesOf(evidence)[replicaIndex]!
  const inRegion = evidence.leases.filter(row => regionRefusal(choices.region, row.region) === null)
  const lease = leaseOf(inRegion, replica.gpu, choices)
  const refused = refusedByFleet(evidence, choices, replica.infeasible)
  const elsewhere = refused.escalationUsdPerMtok > 0 ? { escalationUsdPerMtok: refused.escalationUsdPerMtok } : {}
  const notes: string[] = []
  const serves = replica.fits && replica.tokensPerSecond > 0
  if (!serves) notes.push(replica.problem ?? 'it cannot serve this traffic within the latency objective')
  const where = choices.region === null ? '' : ` in ${choices.region}`
  if (lease === null) notes.push(`no ${choices.term} price is known for ${replica.gpu}${where}: its cost is unknown`)
  const { leastReplicas = 0 } = replica
  if (leastReplicas > choices.minReplicas && choices.replicas === null) {
    notes.push(
      `at least ${leastReplicas} replicas serve: with fewer, too many of today's calls came late in the replay`,
    )
  }
  if (refused.infeasible.fallback) notes.push('sized for all calls, those that go to the fallback among them')
  const byLoad =
    serves && lease !== null ? { ...fleetTerms(evidence, choices, replica, seen, lease), ...elsewhere } : null
  const sizing = byLoad === null ? null : sizingOf(evidence, choices, replica, byLoad)
  const terms = sizing?.terms ?? byLoad
  // Sizes were found with the peaks that were seen; a profile with higher ones needs as many more replicas at each volume.
  const peakier = Math.max(1, leastPeakToMean / seen.peakToMean)
  notes.push(...sizingNotes(sizing))
  if (seen.capped) notes.push('its busiest hour stands out so far that peak-to-mean was cut at 100')
  return {
    name: `${replica.group} on ${replica.gpusPerReplica}× ${replica.gpu}`,
    kind: 'self-host',
    group: replica.group,
    dtype: replica.dtype,
    terms: terms === null ? null : countedOn(terms, 1 / peakier),
    priceSource: lease === null ? 'unknown' : lease.source,
    infeasible: refused.infeasible,
    notes,
    apiIndex: null,
    replicaIndex,
    lease,
    gpu: replica.gpu,
    optimised: null,
    sizing,
  }
}

function fleetTerms(
  evidence: Evidence,
  choices: Choices,
  replica: ReplicaTerms,
  shape: { readonly peakToMean: number; readonly loadCurve: readonly { load: number; busyShare: number }[] },
  lease: Lease,
): FleetTerms {
  const gpus = billedGpus(replica.gpusPerReplica, lease)
  const replicaGpuUsdPerMonth = gpus * lease.usdPerGpuHour * choices.hoursPerMonth
  const throughputMtokPerMonth = (replica.tokensPerSecond * 3600 * choices.hoursPerMonth) / 1e6
  const saturated = (replica.saturatedRequestsPerSecond ?? 0) / replica.requestsPerSecond
  const terms: FleetTerms = {
    kind: 'self-host',
    replicaUsdPerMonth: replicaGpuUsdPerMonth * (1 + choices.overheadShare),
    replicaGpuUsdPerMonth,
    throughputMtokPerMonth,
    saturatedMtokPerMonth: throughputMtokPerMonth * Math.max(1, saturated),
    replicaMtokPerMonth: throughputMtokPerMonth / shape.peakToMean,
    minReplicas: Math.max(choices.minReplicas, replica.leastReplicas ?? 0),
    spareReplicas: choices.spareReplicas,
    fixedReplicas: choices.replicas,
    fixedUsdPerMonth: choices.operationsUsdPerMonth,
    loadCurve: shape.loadCurve,
  }
  const { crowdRequestsPerSecond: crowd = replica.requestsPerSecond } = replica
  return inCrowd(terms, crowd / replica.requestsPerSecond, seenMtokPerMonth(evidence, choices))
}

/** Names are how options are told apart: twins get their dtype, and then a number. */
function named(candidates: readonly Candidate[]): Candidate[] {
  const count = new Map<string, number>()
  for (const { name } of candidates) count.set(name, (count.get(name) ?? 0) + 1)
  const used = new Set<string>()
  return candidates.map(candidate => {
    const twin = count.get(candidate.name)! > 1 && candidate.dtype !== null
    const base = twin ? `${candidate.name} (${candidate.dtype})` : candidate.name
    let name = base
    for (let i = 2; used.has(name); i++) name = `${base} #${i}`
    used.add(name)
    return { ...candidate, name }
  })
}

/** What the resampling found for one option. */
export interface Doubt {
  readonly band: Band | null
  readonly probabilityCheapest: number | null
}

/** An option placed at a volume: cost, parts, utilization, and whether it meets the bars. */
export function optionAt(
  evidence: Evidence,
  today: Weights | null,
  candidate: Candidate,
  here: Volume,
  doubt: Doubt,
): OptionAnswer {
  const { terms } = candidate
  const notes = [...candidate.notes]
  const api = candidate.apiIndex === null ? null : evidence.api[candidate.apiIndex]!
  const asMetered = api?.kind === 'as-metered'
  const tokens = here.tokensPerMonth
  const cost = terms === null ? null : costAt(terms, tokens)
  const usd = cost !== null && Number.isFinite(cost) ? cost : null
  if (terms !== null && usd === null) notes.push(tooSmall(terms, tokens))
  const replica = candidate.replicaIndex === null ? null : evidence.replicas[candidate.replicaIndex]!
  const replicas = terms === null ? null : replicasAt(terms, tokens)
  const replay =
    here.stated || replica === null || replicas === null
      ? null
      : replayOf(evidence, replica, servingOf(terms!, replicas))
  if (replay !== null && !keepsInReplay(replay)) notes.push(missedWords(replay))
  const ratio = tokenRatioOf(evidence, today, candidate.group)
  const bars = {
    meetsQuality: meetsQuality(today, candidate, asMetered || api?.servesToday === true),
    meetsLatency: replay === null ? meetsLatency(evidence, candidate, tokens) : keepsInReplay(replay) ? 'yes' : 'no',
  } as const
  return {
    name: candidate.name,
    kind: candidate.kind,
    group: candidate.group,
    dtype: candidate.dtype,
    asMetered,
    replica:
      replica === null ? null : { model: replica.model, gpu: replica.gpu, gpusPerReplica: replica.gpusPerReplica },
    usd,
    // Calls of unknown usage are in no cost, so they are not divided by either: they would count as free.
    usdPerThousandRequests:
      usd === null ? null : estimate((usd / (here.requestsPerMonth * knownUsageShare(evidence))) * 1000),
    usdPerMtok: usd === null ? null : estimate(usd / (tokens / 1e6)),
    tokensOf: today?.group ?? 'as metered',
    usdPerSuccess: null,
    utilization: terms === null ? null : utilizationAt(terms, tokens),
    replicas,
    gpus: replicas === null || replica === null ? null : replicas * replica.gpusPerReplica,
    ...bars,
    unknowns: unknownsOf({ ...candidate, ...bars }, today),
    infeasible: candidate.infeasible,
    tokenRatio: ratio,
    breakdown: terms === null ? unknownParts : breakdownAt(terms, tokens),
    band: usd === null ? null : doubt.band,
    probabilityCheapest: usd === null ? null : doubt.probabilityCheapest,
    terms,
    spill: shownSpill(candidate.sizing),
    replay,
    priceSource: candidate.priceSource,
    notes,
    cache: cacheOf(evidence, candidate, tokens),
    optimised: optimisedAt(candidate.optimised, tokens),
  }
}

/** Replicas that serve: all but the spares, which a fixed fleet counts in. */
function servingOf(terms: CostTerms, replicas: number): number {
  return terms.kind === 'self-host' && terms.fixedReplicas === null ? replicas - terms.spareReplicas : replicas
}

const replayOf = (evidence: Evidence, replica: ReplicaTerms, serving: number): Replay | null =>
  replaysOf(evidence, replica).find(({ replicas }) => replicas === serving) ?? null

const unknownParts = {
  tokens: null,
  gpuBusy: null,
  gpuIdle: null,
  gpuCold: null,
  redundancy: null,
  operations: null,
  escalation: null,
  spill: null,
}

/**
 * Own GPUs: what simulation says at the load of the busiest hour. Today's option: what the team lives with, or what was
 * measured where an objective is stated. A hosted offer: nobody has measured it.
 */
function meetsLatency(evidence: Evidence, candidate: Candidate, tokensPerMonth: number): YesNoUnknown {
  if (candidate.replicaIndex === null) {
    const { kind, servesToday } = evidence.api[candidate.apiIndex!]!
    return kind === 'as-metered' || servesToday === true ? todaysLatency(evidence.objective) : 'unknown'
  }
  const { terms } = candidate
  const replica = evidence.replicas[candidate.replicaIndex]!
  if (!replica.fits || replica.tokensPerSecond <= 0) return 'no'
  if (terms === null || terms.kind !== 'self-host') return 'unknown'
  if (tokensPerMonth > mostTokensPerMonth(terms) * (1 + 1e-12)) return 'no'
  const serving = servingOf(terms, replicasAt(terms, tokensPerMonth)!)
  const busiest = Math.min(1, tokensPerMonth / 1e6 / (serving * terms.replicaMtokPerMonth))
  const ttft = interpolate(replica.loadCurve, busiest, point => point.ttftP95Ms)
  const tpot = interpolate(replica.loadCurve, busiest, point => point.tpotP95Ms)
  if (replica.loadCurve.length === 0) return 'unknown'
  const { ttftP95Ms, tpotP95Ms } = evidence.objective
  return ttft <= ttftP95Ms * (1 + 1e-9) && tpot <= tpotP95Ms * (1 + 1e-9) ? 'yes' : 'no'
}

/** A stated objective is met where the ledger's own times meet it; what nobody stated is what the team lives with. */
function todaysLatency({ ttftP95Ms, tpotP95Ms, stated, measured }: Evidence['objective']): YesNoUnknown {
  const asked = [
    ...(stated?.ttft ? [{ p95Ms: measured?.ttft?.p95Ms ?? null, objective: ttftP95Ms }] : []),
    ...(stated?.tpot ? [{ p95Ms: measured?.tpot?.p95Ms ?? null, objective: tpotP95Ms }] : []),
  ]
  if (asked.some(({ p95Ms, objective }) => p95Ms !== null && p95Ms > objective * (1 + 1e-9))) return 'no'
  return asked.some(({ p95Ms }) => p95Ms === null) ? 'unknown' : 'yes'
}

function tooSmall(terms: CostTerms, tokensPerMonth: number): string {
  const most = estimate(mostTokensPerMonth(terms) / 1e6)
  return `the stated replicas serve at most ${Math.floor(most)} Mtok a month at this traffic's peaks, ${Math.ceil(tokensPerMonth / 1e6)} are asked`
}

function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`
}

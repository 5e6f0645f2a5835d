// Evidence and choices in; every way to serve the traffic, with its terms of cost and what stands against it, out.

import { groupedBy } from '../statistics/grouped.ts'
import type { CostTerms, FleetTerms, OptionAnswer } from './answer.ts'
import { type ApiBill, apiBill, decidedTerms, refusedByFleet, restatedBill } from './api-bill.ts'
import type { Choices } from './choices.ts'
import { todaysWeights, type Weights } from './eligibility.ts'
import type { ApiTerms, Evidence, ReplicaTerms } from './evidence.ts'
import { countedOn, type FleetSizing, inCrowd, sizingNotes, sizingOf, withUnserved } from './fleet-sizing.ts'
import { instanceOf, type Lease, unknown } from './lease.ts'
import { type Cascade, cascadeCandidates } from './quality/cascade-option.ts'
import { apiAt, billAt, fleetAt, workAt } from './quality/measured-terms.ts'
import { type Trial, trialOf } from './quality/trial.ts'
import { fleetRestated } from './restated.ts'
import { costAt } from './staircase.ts'
import { dedicatedSupply, ownSupplies, type Supply } from './supply.ts'
import { knownUsageShare, seenMtokPerMonth, shapesOf } from './traffic.ts'

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
  /** Busiest hour ÷ mean that a fleet is counted on for, and whether a reader stated it; null for an API. */
  readonly peakToMean: number | null
  readonly isPeakStated: boolean
  readonly gpu: string | null
  /** An API after its levers: its terms of cost and what each saves, USD per million tokens; null = no lever. */
  readonly optimised: ApiBill['optimised']
  /** The size of fleet that today's calls were replayed on and that costs least; null for an API, and where nothing was replayed. */
  readonly sizing: FleetSizing | null
  /** What tasks that were run on it, or on the same weights, say; null = none were. Its terms are at the tokens that they took. */
  readonly trial: Trial | null
  /** Of two options, the second for what the first fails at; null = it is one. */
  readonly cascade: Cascade | null
}

/** A candidate before anybody looked at tasks. */
type Untried = Omit<Candidate, 'trial' | 'cascade'>

/**
 * All options that the choices leave in, in the order of the evidence; fleets sized for a busiest hour of at least
 * `leastPeakToMean` times the mean. Fault GPU_UNKNOWN for a GPU that nobody tried.
 */
export function candidatesOf(evidence: Evidence, choices: Choices, leastPeakToMean = 1): Candidate[] {
  const { gpu, own } = choices
  for (const asked of [gpu, own?.gpu ?? null]) {
    if (asked === null || evidence.replicas.some(replica => replica.gpu === asked)) continue
    throw unknown('GPU_UNKNOWN', 'GPU that was simulated', asked, new Set(evidence.replicas.map(one => one.gpu)))
  }
  const apis = evidence.api.map((terms, i) => apiCandidate(evidence, choices, terms, i))
  const fleets = evidence.replicas.flatMap((replica, i) =>
    ownSupplies(evidence, choices, replica).map(supply => fleetCandidate(evidence, i, supply, leastPeakToMean)),
  )
  const today = todaysWeights(evidence)
  const all = named([...apis, ...fleets, ...dedicatedCandidates(evidence, choices, leastPeakToMean)])
  const tried = all.map((one): Candidate => ({ ...triedCandidate(evidence, choices, today, one), cascade: null }))
  return [...tried, ...cascadeCandidates(evidence, choices, today, tried)]
}

/** Tokens are today's; where tasks say how many of its own another model takes for them, it costs as much as those. */
function triedCandidate(
  evidence: Evidence,
  choices: Choices,
  today: Weights | null,
  untried: Untried,
): Omit<Candidate, 'cascade'> {
  const { apiIndex, replicaIndex, kind, group, dtype } = untried
  const api = apiIndex === null ? null : evidence.api[apiIndex]!
  const trial = trialOf(evidence, choices, today, { kind, group, dtype, provider: api?.provider ?? null })
  const ratio = trial?.ratio ?? null
  // Today's own weights count these very tokens.
  if (trial === null || ratio === null || group === today?.group) return { ...untried, trial }
  const { terms, optimised } = untried
  if (api !== null) {
    const times = billAt(evidence, choices, api, ratio)
    if (times === null) return { ...untried, trial: { ...trial, ratio: null } }
    return {
      ...untried,
      trial,
      terms: terms && apiAt(terms, times),
      optimised: optimised && {
        terms: apiAt(optimised.terms, times),
        levers: optimised.levers.map(lever => ({ ...lever, savesUsdPerMtok: lever.savesUsdPerMtok * times })),
      },
    }
  }
  const work = workAt(evidence, choices, evidence.replicas[replicaIndex!]!, ratio)
  return { ...untried, trial, terms: terms?.kind === 'self-host' ? fleetAt(terms, work) : terms }
}

/**
 * Of each host that rents endpoints, the shape for today's weights that costs least at the volume that was metered; none where a region
 * was asked for, since nobody says where they stand.
 */
function dedicatedCandidates(evidence: Evidence, choices: Choices, leastPeakToMean: number): Untried[] {
  const { dedicated = [], replicas, todayGroup } = evidence
  if (choices.region !== null) return []
  // The same shape whatever volume is asked about: a line of the chart is one option.
  const tokens = seenMtokPerMonth(evidence, choices) * 1e6
  const usdOf = ({ terms }: Untried) => (terms === null ? Number.POSITIVE_INFINITY : costAt(terms, tokens))
  return [...groupedBy(dedicated, ({ host }) => host).values()].flatMap(rows => {
    const ways = rows.flatMap(row =>
      replicas.flatMap((replica, i) => {
        if (replica.gpu !== row.gpu || replica.group !== todayGroup) return []
        const supply = dedicatedSupply(row, choices, replica)
        return [{ i, supply, usd: usdOf(fleetCandidate(evidence, i, supply, 1)) }]
      }),
    )
    const [first, ...others] = ways.filter(({ usd }) => Number.isFinite(usd))
    if (first === undefined) return []
    const { i, supply } = others.reduce((best, way) => (way.usd < best.usd ? way : best), first)
    return [fleetCandidate(evidence, i, supply, leastPeakToMean)]
  })
}

function apiCandidate(evidence: Evidence, choices: Choices, api: ApiTerms, apiIndex: number): Untried {
  const knownUsage = knownUsageShare(evidence)
  const notes = [...api.notes]
  const isPriced = api.usd !== null && api.pricedShare >= knownUsage - 1e-9
  if (api.usd === null) notes.push('no price for these calls: its cost is unknown')
  else if (!isPriced) {
    notes.push(`only ${percent(api.pricedShare)} of the calls have a price (${api.usd} USD): its cost is unknown`)
  }
  const bill = restatedBill(apiBill(evidence, choices, api), evidence, choices, api)
  if (bill.terms === null)
    notes.push('which part of its bill prompts are is not known: at another mix its cost is unknown')
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
    peakToMean: null,
    isPeakStated: false,
    gpu: null,
    optimised: isPriced ? bill.optimised : null,
    sizing: null,
  }
}

function fleetCandidate(
  evidence: Evidence,
  replicaIndex: number,
  { kind, name, lease, choices, notes: supplyNotes }: Supply,
  leastPeakToMean: number,
): Untried {
  const replica = evidence.replicas[replicaIndex]!
  const seen = shapesOf(evidence)[replicaIndex]!
  const refused = refusedByFleet(evidence, choices, replica.infeasible)
  const elsewhere = refused.escalationUsdPerMtok > 0 ? { escalationUsdPerMtok: refused.escalationUsdPerMtok } : {}
  const notes: string[] = []
  const serves = replica.fits && replica.tokensPerSecond > 0
  if (!serves) notes.push(replica.problem ?? 'it cannot serve this traffic within the latency objective')
  notes.push(...supplyNotes)
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
  // Sizes were found with the peaks that were seen; with higher ones it takes as many more replicas at each volume.
  const peakToMean = choices.peakToMean ?? Math.max(seen.peakToMean, leastPeakToMean)
  notes.push(...sizingNotes(sizing))
  if (seen.capped) notes.push('its busiest hour stands out so far that peak-to-mean was cut at 100')
  return {
    name,
    kind,
    group: replica.group,
    dtype: replica.dtype,
    terms:
      terms === null ? null : countedOn(fleetRestated(evidence, choices, replica, terms), seen.peakToMean / peakToMean),
    priceSource: lease === null ? 'unknown' : lease.source,
    infeasible: withUnserved(evidence, refused.infeasible, sizing),
    notes,
    apiIndex: null,
    replicaIndex,
    lease,
    peakToMean,
    isPeakStated: choices.peakToMean !== null,
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
  const { replicasPerInstance, billedGpusPerReplica } = instanceOf(replica.gpusPerReplica, lease.gpusPerInstance)
  const replicaGpuUsdPerMonth = billedGpusPerReplica * lease.usdPerGpuHour * choices.hoursPerMonth
  const throughputMtokPerMonth = (replica.tokensPerSecond * 3600 * choices.hoursPerMonth) / 1e6
  const saturated = (replica.saturatedRequestsPerSecond ?? 0) / replica.requestsPerSecond
  const saturatedMtokPerMonth = throughputMtokPerMonth * Math.max(1, saturated)
  const atWork = (lease.own?.busyUsdPerGpuHour ?? 0) * replica.gpusPerReplica * choices.hoursPerMonth
  const terms: FleetTerms = {
    kind: 'self-host',
    replicaUsdPerMonth: replicaGpuUsdPerMonth * (1 + choices.overheadShare),
    replicaGpuUsdPerMonth,
    ...(replicasPerInstance === 1 ? {} : { replicasPerInstance }),
    ...(atWork === 0 ? {} : { busyUsdPerMtok: atWork / saturatedMtokPerMonth }),
    throughputMtokPerMonth,
    saturatedMtokPerMonth,
    replicaMtokPerMonth: throughputMtokPerMonth / shape.peakToMean,
    minReplicas: Math.max(choices.minReplicas, replica.leastReplicas ?? 0),
    spareReplicas: choices.spareReplicas,
    fixedReplicas: choices.replicas,
    fixedUsdPerMonth: choices.operationsUsdPerMonth + (lease.own?.fixedUsdPerMonth ?? 0),
    loadCurve: shape.loadCurve,
  }
  const { crowdRequestsPerSecond: crowd = replica.requestsPerSecond } = replica
  return inCrowd(terms, crowd / replica.requestsPerSecond, seenMtokPerMonth(evidence, choices))
}

/** One API and a fleet rented for one kind of replica, alone, at other choices: what a "never" is tried with. */
export function pairTermsAt(
  evidence: Evidence,
  choices: Choices,
  apiIndex: number,
  replicaIndex: number,
): { readonly line: CostTerms | null; readonly fleet: FleetTerms | null } {
  const [supply] = ownSupplies(evidence, { ...choices, gpu: null, own: null }, evidence.replicas[replicaIndex]!)
  return {
    line: decidedTerms(apiCandidate(evidence, choices, evidence.api[apiIndex]!, apiIndex)),
    fleet: fleetCandidate(evidence, replicaIndex, supply!, 1).terms as FleetTerms | null,
  }
}

/** Names are how options are told apart: twins get their dtype, and then a number. */
function named(candidates: readonly Untried[]): Untried[] {
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

function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`
}

// A way to serve the traffic and a volume in; what it costs there, part by part, and whether it meets the bars, out.
import { estimate } from '../statistics/estimate.ts'
import type { Band, CostTerms, OptionAnswer, YesNoUnknown } from './answer.ts'
import { cacheOf, optimisedAt } from './api-bill.ts'
import type { Candidate } from './candidates.ts'
import type { Choices } from './choices.ts'
import { meetsQuality, unknownsOf, type Weights } from './eligibility.ts'
import type { Evidence, Replay, ReplicaTerms } from './evidence.ts'
import { keepsInReplay, missedWords, replaysOf, shownSpill } from './fleet-sizing.ts'
import { instanceOf } from './lease.ts'
import type { Cascade } from './quality/cascade-option.ts'
import { effectiveRates } from './quality/success-cost.ts'
import { triedAnswer, triedWords } from './quality/tried-answer.ts'
import { outputShareOf } from './restated.ts'
import { breakdownAt, costAt, interpolate, mostTokensPerMonth, replicasAt, roomAt, utilizationAt } from './staircase.ts'
import { tokenRatioOf } from './token-ratio.ts'
import { knownUsageShare, type Volume } from './traffic.ts'

/** What the resampling found for one option. */
export interface Doubt {
  readonly band: Band | null
  readonly probabilityCheapest: number | null
}

/** An option placed at a volume: cost, parts, utilization, and whether it meets the bars. */
export function optionAt(
  evidence: Evidence,
  choices: Choices,
  today: Weights | null,
  candidate: Candidate,
  here: Volume,
  doubt: Doubt,
): OptionAnswer {
  const { terms } = candidate
  const notes = [...candidate.notes]
  const { cascade } = candidate
  const api = candidate.apiIndex === null || cascade !== null ? null : evidence.api[candidate.apiIndex]!
  const asMetered = api?.kind === 'as-metered'
  const tokens = here.tokensPerMonth
  const cost = terms === null ? null : costAt(terms, tokens)
  const usd = cost !== null && Number.isFinite(cost) ? cost : null
  if (terms !== null && usd === null) notes.push(tooSmall(terms, tokens))
  const replica = candidate.replicaIndex === null ? null : evidence.replicas[candidate.replicaIndex]!
  const replicas = terms === null ? null : replicasAt(terms, tokens)
  const replay =
    here.stated || replica === null || replicas === null || cascade !== null
      ? null
      : replayOf(evidence, replica, servingOf(terms!, replicas))
  if (replay !== null && !keepsInReplay(replay)) notes.push(missedWords(replay))
  const ratio = tokenRatioOf(evidence, today, candidate)
  const breakdown = terms === null || usd === null ? unknownParts : breakdownAt(terms, tokens)
  const rates =
    replica === null || usd === null
      ? null
      : effectiveRates(
          replica,
          {
            usd: cascade === null ? usd : usd - breakdown.escalation!,
            breakdown,
            tokensPerMonth: tokens,
            outputShare: choices.outputShare ?? outputShareOf(evidence),
          },
          cascade?.firstRatio ?? { input: ratio.input ?? 1, output: ratio.output ?? 1 },
        )
  const tried = triedAnswer(candidate.trial, cascade, api, rates)
  const bars = {
    meetsQuality: meetsQuality(today, candidate, asMetered || api?.servesToday === true),
    meetsLatency: replay === null ? meetsLatency(evidence, candidate, tokens) : keepsInReplay(replay) ? 'yes' : 'no',
  } as const
  return {
    name: candidate.name,
    kind: candidate.kind,
    provider: api?.provider ?? null,
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
    usdPerSuccess: tried?.usdPerSuccess?.value ?? null,
    utilization: terms === null || usd === null ? null : utilizationAt(terms, tokens),
    replicas,
    gpus: billedGpusAt(candidate, tokens, replica),
    usdPerGpuHour: candidate.lease === null ? null : estimate(candidate.lease.usdPerGpuHour),
    ...bars,
    unknowns: unknownsOf({ ...candidate, ...bars }, today),
    infeasible: candidate.infeasible,
    tokenRatio: ratio,
    tried,
    effectiveRates: rates,
    cascade: cascade === null ? null : shownCascade(cascade),
    breakdown,
    band: usd === null ? null : doubt.band,
    probabilityCheapest: usd === null ? null : doubt.probabilityCheapest,
    terms,
    spill: shownSpill(candidate.sizing),
    replay,
    priceSource: candidate.priceSource,
    notes: tried === null ? notes : [...notes, triedWords(tried)],
    cache: cascade === null ? cacheOf(evidence, candidate, tokens) : null,
    optimised: optimisedAt(candidate.optimised, tokens),
  }
}

const shownCascade = ({
  firstTried: _,
  firstRatio: __,
  restUsd: ___,
  ...shown
}: Cascade): NonNullable<OptionAnswer['cascade']> => shown

/** GPUs that are paid for: whole instances. */
function billedGpusAt({ terms, lease }: Candidate, tokensPerMonth: number, replica: ReplicaTerms | null) {
  const room = terms === null ? null : roomAt(terms, tokensPerMonth)
  if (room === null || replica === null || lease === null) return null
  return room * instanceOf(replica.gpusPerReplica, lease.gpusPerInstance).billedGpusPerReplica
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
  // What goes on to a second option waits twice, and for a verifier: nobody has measured how long.
  if (candidate.cascade !== null) return 'unknown'
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

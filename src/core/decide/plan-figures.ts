// A replay of a fleet of several groups and their bills in; the figures that `simulate --plan` prints, by group and in all, out.
import type { Scaling } from '../serving/fleet/autoscaler.ts'
import type { ColdStartPart } from '../serving/fleet/cold-start.ts'
import type { RouterName } from '../serving/fleet/routers.ts'
import type { GroupOutcome, Outcome } from '../serving/fleet/simulate.ts'
import { estimate } from '../statistics/estimate.ts'
import { type FleetFigures, figures, known, type Simulation } from './fleet-figures.ts'
import { billedGpuSeconds } from './instance-hours.ts'

/** One group as it was asked for, and what its GPUs cost. */
export interface GroupTerms {
  readonly gpu: string
  readonly dtype: string
  readonly engine: string
  readonly gpusPerReplica: number
  readonly lease: Omit<Simulation['lease'], 'note'>
  readonly coldStart: readonly ColdStartPart[]
  readonly scaling: Scaling | null
  /** Where it runs otherwise than asked. */
  readonly notes: readonly string[]
}

export interface GroupFigures extends GroupTerms {
  readonly name: string
  readonly completed: number
  readonly tokens: { readonly input: number; readonly output: number }
  readonly gpuHours: number
  readonly busyGpuHours: number
  readonly idleGpuHours: number
  readonly coldGpuHours: number
  readonly utilization: number | null
  /** Null = the price of its GPUs is unknown. */
  readonly usd: number | null
  readonly replicas: { readonly min: number; readonly mean: number; readonly max: number }
}

/** USD per million tokens of an API; null = unknown. */
export interface TokenRates {
  readonly input: number
  readonly output: number
}

/** What `crossline simulate` answers of a plan with groups. */
export interface FleetPlan extends FleetFigures {
  readonly simulatedRequestsPerSecond: number | null
  readonly fleet: { readonly model: string; readonly router: RouterName }
  readonly groups: readonly GroupFigures[]
  /** How often a request lost its replica and was computed anew. */
  readonly interrupted: number
  /** Completed here and answered again by a larger model. */
  readonly escalated: number
  readonly escalatedTokens: { readonly input: number; readonly output: number }
  readonly escalationUsd: number | null
  readonly objective: Simulation['objective']
  readonly spillApi: Simulation['spillApi']
  readonly escalationApi: (NonNullable<Simulation['spillApi']> & { readonly share: number | null }) | null
  /** Calls that no replica of the plan can hold, and what would; null = none. */
  readonly tooLong: { readonly calls: number; readonly note: string } | null
  /** Of caches, where prompts and answers are computed apart; null = they are not. */
  readonly transfer: {
    readonly gbPerSecond: number
    readonly milliseconds: number
    readonly bytesPerToken: number
  } | null
  readonly leftOut: number
  readonly notModelled: readonly string[]
}

type Money = Pick<FleetPlan, 'groups' | 'escalationUsd'> & { readonly figures: FleetFigures }

/**
 * Leases by group, calls sent elsewhere and calls answered again, each from its own count (law 7); what is unknown makes the
 * sum unknown (law 4).
 * @param fullTokensPerGpuSecond by group, what a saturated GPU of it serves of this traffic
 */
export function planMoney(
  outcome: Outcome,
  terms: readonly GroupTerms[],
  rates: { readonly spill: TokenRates | null; readonly escalation: TokenRates | null },
  fullTokensPerGpuSecond: readonly (number | null)[] | null = null,
): Money {
  const billed = outcome.groups.map((group, i) =>
    billedGpuSeconds(group.leases, group.gpusPerReplica, outcome.durationSeconds, terms[i]!.lease),
  )
  const usdOf = billed.map((seconds, i) => {
    const { usdPerGpuHour } = terms[i]!.lease
    return seconds === 0 ? 0 : usdPerGpuHour === null ? null : (seconds / 3600) * usdPerGpuHour
  })
  const gpuUsd = sumOf(usdOf)
  const spillUsd = costOf(outcome.spilled, outcome.spilledTokens, rates.spill)
  const escalationUsd = costOf(outcome.escalated, outcome.escalatedTokens, rates.escalation)
  const usd = sumOf([gpuUsd, spillUsd, escalationUsd])
  const gpuSeconds = billed.reduce((sum, seconds) => sum + seconds, 0)
  return {
    figures: figures(outcome, { gpuSeconds, gpuUsd, spillUsd, usd }, null, meanFull(billed, fullTokensPerGpuSecond)),
    escalationUsd: known(escalationUsd),
    groups: outcome.groups.map((group, i) => ({ ...terms[i]!, ...groupFigures(group, billed[i]!, usdOf[i]!) })),
  }
}

function groupFigures(group: GroupOutcome, gpuSeconds: number, usd: number | null) {
  const { name, completed, tokens, busyGpuSeconds, coldGpuSeconds, replicas } = group
  return {
    name,
    completed,
    tokens,
    gpuHours: estimate(gpuSeconds / 3600),
    busyGpuHours: estimate(busyGpuSeconds / 3600),
    // GPUs of an instance that no replica uses are idle too, and so is the rest of a step that is billed whole.
    idleGpuHours: estimate(Math.max(0, gpuSeconds - busyGpuSeconds - coldGpuSeconds) / 3600),
    coldGpuHours: estimate(coldGpuSeconds / 3600),
    utilization: gpuSeconds > 0 ? estimate(busyGpuSeconds / gpuSeconds) : null,
    mfu: known(group.ofPeak.mfu),
    mbu: known(group.ofPeak.mbu),
    usd: known(usd),
    replicas: { min: replicas.min, mean: estimate(replicas.mean), max: replicas.max },
  }
}

const sumOf = (parts: readonly (number | null)[]): number | null =>
  parts.reduce<number | null>((sum, part) => (sum === null || part === null ? null : sum + part), 0)

function costOf(
  calls: number,
  tokens: { readonly input: number; readonly output: number },
  rates: TokenRates | null,
): number | null {
  if (calls === 0) return 0
  return rates === null ? null : (tokens.input * rates.input + tokens.output * rates.output) / 1e6
}

/** What a GPU-second of the fleet serves saturated, each group's by its share of the GPU time; null where one is not known. */
function meanFull(gpuSeconds: readonly number[], full: readonly (number | null)[] | null): number | null {
  const tokens = sumOf(
    gpuSeconds.map((seconds, i) => (seconds === 0 ? 0 : full?.[i] == null ? null : seconds * full[i])),
  )
  const all = gpuSeconds.reduce((sum, seconds) => sum + seconds, 0)
  return tokens === null || all === 0 ? null : tokens / all
}

// A replay and its bill in; the figures that `simulate` prints of a fleet, hours and dollars, twelve digits, out.

import type { Percentiles } from '../serving/engine/quantiles.ts'
import type { Scaling } from '../serving/fleet/autoscaler.ts'
import type { ColdStartPart } from '../serving/fleet/cold-start.ts'
import type { RouterName } from '../serving/fleet/routers.ts'
import type { Outcome } from '../serving/fleet/simulate.ts'
import type { Range, Timeline } from '../serving/fleet/timeline.ts'
import { windowsMet } from '../serving/traffic/windows.ts'
import { estimate } from '../statistics/estimate.ts'
import type { Charged } from './charged.ts'
import type { BillingStep } from './instance-hours.ts'
import type { Bill, SizingName } from './sizing.ts'

/** The figures of one fleet. Null = unknown. */
export interface FleetFigures {
  readonly requests: number | null
  readonly completed: number | null
  readonly rejected: number | null
  readonly spilled: number | null
  readonly durationSeconds: number | null
  readonly gpuHours: number | null
  readonly busyGpuHours: number | null
  readonly idleGpuHours: number | null
  readonly coldGpuHours: number | null
  /** Busy ÷ leased time: a step was running, however small. */
  readonly utilization: number | null
  /** Tokens served ÷ what the leased time would serve of such traffic with a queue that never empties: the share that sets what a token costs. */
  readonly saturatedShare: number | null
  /** Work done ÷ what the leased time carries within the objective; above 1 where calls are late. Null where nobody asked what a replica carries. */
  readonly loadShare: number | null
  /** While busy: the time that its arithmetic, and that reading weights and cache, would take at the GPUs' peaks; null of several shapes. */
  readonly mfu: number | null
  readonly mbu: number | null
  /** Of completed requests. */
  readonly tokens: { readonly input: number; readonly output: number } | null
  readonly spilledTokens: { readonly input: number; readonly output: number } | null
  readonly usd: number | null
  readonly gpuUsd: number | null
  readonly spillUsd: number | null
  /** USD ÷ million tokens served, here and at the API. */
  readonly effectiveUsdPerMtok: number | null
  readonly ttftMs: Percentiles
  readonly tpotMs: Percentiles
  readonly e2eMs: Percentiles
  /** Of the requests that the fleet took on. */
  readonly lateShare: number | null
  readonly worstHourLateShare: number | null
  /** Of five-minute windows with a request in them. */
  readonly windowsMetShare: number | null
  readonly preemptions: number | null
  readonly prefixHitRate: number | null
  readonly replicas: { readonly min: number | null; readonly mean: number | null; readonly max: number | null }
  /** Where it was asked for. */
  readonly timeline?: Timeline
}

export interface SizingFigures extends FleetFigures {
  readonly sizing: SizingName
  readonly spillAbove: number | null
  readonly scaling: Scaling | null
  readonly problem: string | null
}

/** What `crossline simulate` answers. */
export interface Simulation extends FleetFigures {
  readonly simulatedRequestsPerSecond: number | null
  readonly fleet: {
    readonly model: string
    readonly gpu: string
    readonly gpusPerReplica: number
    readonly dtype: string
    readonly router: RouterName
  }
  readonly objective: { readonly ttftP95Ms: number; readonly tpotP95Ms: number; readonly source: string }
  readonly lease: {
    readonly usdPerGpuHour: number | null
    readonly source: string
    /** Whole instances are leased; null = any number of GPUs is. */
    readonly gpusPerInstance: number | null
    /** How time is billed, with its source; null = by the second, as it was stated. */
    readonly billing: (BillingStep & { readonly source: string }) | null
    /** What the bill leaves out of it for GPUs still leased at the end; null = nothing. */
    readonly note: string | null
  }
  readonly spillApi: {
    readonly name: string
    readonly usdPerMtokInput: number | null
    readonly usdPerMtokOutput: number | null
    readonly source: string
  } | null
  /** All calls at that API, no GPU; null = unknown. */
  readonly allApiUsd: number | null
  readonly coldStart: readonly ColdStartPart[]
  /** Replicas' worth of load, of what one carries within the objective. */
  readonly load: { readonly mean: number; readonly p95: number } | null
  /** Where the replica runs otherwise than asked. */
  readonly shapeNotes: readonly string[]
  /** Calls that no replica can hold, and what would; null = none. */
  readonly tooLong: { readonly calls: number; readonly note: string } | null
  /** Calls of unknown usage, which cannot be replayed. */
  readonly leftOut: number
  /** Calls of one session waited for each other: of which dimension, and how much of the time between them is known. */
  readonly closedLoop?: {
    readonly by: string
    readonly sessions: number
    /** Calls that follow another of their session. */
    readonly laterTurns: number
    /** Of these, those whose session's last answer had ended when they came, by the record's own latency. */
    readonly thinkTimeKnown: number
  }
  /** By the dimension asked for. */
  readonly charged?: Charged
  readonly sizings?: readonly SizingFigures[]
  readonly notModelled: readonly string[]
}

/** Seconds of one fully loaded replica per token, and its GPUs. */
export interface TokenCost {
  readonly secondsPerInputToken: number
  readonly secondsPerOutputToken: number
  readonly gpusPerReplica: number
}

/**
 * A replay and its bill as they are printed: hours and dollars, twelve digits.
 * @param fullTokensPerGpuSecond what a saturated GPU serves of this traffic
 */
export function figures(
  outcome: Outcome | null,
  bill: Bill,
  carried: TokenCost | null,
  fullTokensPerGpuSecond: number | null = null,
): FleetFigures {
  const { gpuSeconds, ...money } = bill
  if (outcome === null) return { ...nothing, ...money }
  const { busyGpuSeconds, coldGpuSeconds, tokens, spilledTokens, replicas } = outcome
  const met = windowsMet(outcome.late)
  const served = (tokens.input + tokens.output + spilledTokens.input + spilledTokens.output) / 1e6
  return {
    requests: outcome.requests,
    completed: outcome.completed,
    rejected: outcome.rejected,
    spilled: outcome.spilled,
    durationSeconds: estimate(outcome.durationSeconds),
    gpuHours: estimate(gpuSeconds / 3600),
    busyGpuHours: estimate(busyGpuSeconds / 3600),
    // GPUs of an instance that no replica uses are idle too, and so is the rest of a step that is billed whole.
    idleGpuHours: estimate(Math.max(0, gpuSeconds - busyGpuSeconds - coldGpuSeconds) / 3600),
    coldGpuHours: estimate(coldGpuSeconds / 3600),
    utilization: gpuSeconds > 0 ? estimate(busyGpuSeconds / gpuSeconds) : null,
    mfu: known(outcome.groups.length === 1 ? outcome.groups[0]!.ofPeak.mfu : null),
    mbu: known(outcome.groups.length === 1 ? outcome.groups[0]!.ofPeak.mbu : null),
    saturatedShare:
      fullTokensPerGpuSecond === null || gpuSeconds === 0
        ? null
        : estimate((tokens.input + tokens.output) / (fullTokensPerGpuSecond * gpuSeconds)),
    loadShare: known(loadShareOf(outcome, gpuSeconds, carried)),
    tokens,
    spilledTokens,
    usd: known(bill.usd),
    gpuUsd: known(bill.gpuUsd),
    spillUsd: known(bill.spillUsd),
    effectiveUsdPerMtok: bill.usd === null || served === 0 ? null : estimate(bill.usd / served),
    ttftMs: rounded(outcome.ttftMs),
    tpotMs: rounded(outcome.tpotMs),
    e2eMs: rounded(outcome.e2eMs),
    lateShare: known(met.lateShare),
    worstHourLateShare: known(met.worstHourLateShare),
    windowsMetShare: known(met.share),
    preemptions: outcome.preemptions,
    prefixHitRate: known(outcome.prefixHitRate),
    replicas: { min: replicas.min, mean: estimate(replicas.mean), max: replicas.max },
    ...(outcome.timeline === undefined ? {} : { timeline: shown(outcome.timeline) }),
  }
}

function shown({ durationSeconds, instants, stretches }: Timeline): Timeline {
  const range = (one: Range | null) =>
    one === null ? null : { min: estimate(one.min), mean: estimate(one.mean), max: estimate(one.max) }
  return {
    durationSeconds: estimate(durationSeconds),
    instants: instants.map(one => ({
      ...one,
      atSeconds: estimate(one.atSeconds),
      batch: range(one.batch),
      kvUse: range(one.kvUse),
    })),
    stretches: stretches.map(one => ({
      fromSeconds: estimate(one.fromSeconds),
      toSeconds: estimate(one.toSeconds),
      requestsPerSecond: estimate(one.requestsPerSecond),
      ttftP50Ms: known(one.ttftP50Ms),
      ttftP95Ms: known(one.ttftP95Ms),
    })),
  }
}

function loadShareOf({ tokens }: Outcome, gpuSeconds: number, carried: TokenCost | null): number | null {
  if (carried === null || gpuSeconds === 0) return null
  const seconds = tokens.input * carried.secondsPerInputToken + tokens.output * carried.secondsPerOutputToken
  return (seconds * carried.gpusPerReplica) / gpuSeconds
}

export const known = (value: number | null): number | null => (value === null ? null : estimate(value))

const rounded = ({ p50, p95, p99 }: Percentiles): Percentiles => ({ p50: known(p50), p95: known(p95), p99: known(p99) })

const unknownPercentiles = { p50: null, p95: null, p99: null }

const nothing = {
  requests: null,
  completed: null,
  rejected: null,
  spilled: null,
  durationSeconds: null,
  gpuHours: null,
  busyGpuHours: null,
  idleGpuHours: null,
  coldGpuHours: null,
  utilization: null,
  saturatedShare: null,
  loadShare: null,
  mfu: null,
  mbu: null,
  tokens: null,
  spilledTokens: null,
  effectiveUsdPerMtok: null,
  ttftMs: unknownPercentiles,
  tpotMs: unknownPercentiles,
  e2eMs: unknownPercentiles,
  lateShare: null,
  worstHourLateShare: null,
  windowsMetShare: null,
  preemptions: null,
  prefixHitRate: null,
  replicas: { min: null, mean: null, max: null },
} satisfies Partial<FleetFigures>

// What a plan with groups asks: the fleet, its doors and its objective, with defaults filled in where they are no one's choice.

import type { ScalingSignal } from '../core/serving/fleet/autoscaler.ts'
import type { OverflowName } from '../core/serving/fleet/overflow.ts'
import type { RouterName } from '../core/serving/fleet/routers.ts'
import type { WeekSchedule } from './schedule.ts'

/** Null or undefined = the default that the answer tells. */
export interface PlanQuestion {
  readonly model: string
  readonly groups: readonly GroupQuestion[]
  readonly router: RouterName
  /** The dimension of calls that says which session they belong to. */
  readonly sessions: string
  /** Calls that go to an API: beyond `above` on a replica, or that no replica can hold. */
  readonly overflow: {
    readonly above: number | null
    readonly policy?: OverflowName | undefined
    readonly api: string | null
  } | null
  readonly admission: { readonly above: number; readonly policy?: OverflowName | undefined } | null
  readonly cascade: {
    readonly share: number | null
    /** By call of known usage in order of time. */
    readonly flags: readonly number[] | null
    readonly api: string | null
    readonly usdPerMtok: { readonly input: number; readonly output: number } | null
  } | null
  /** Of prefill to decode groups; null = their default. */
  readonly transfer: { readonly gbPerSecond: number | null; readonly milliseconds: number | null }
  readonly objective: { readonly ttftP95Ms: number | null; readonly tpotP95Ms: number | null }
  readonly seed: number
  /** Look at the fleet over time. */
  readonly watched?: boolean
}

export interface GroupQuestion {
  readonly name: string | null
  /** Null: both. A fleet whose groups compute prompts and answers apart has both kinds and no other. */
  readonly role: 'prefill' | 'decode' | null
  readonly gpu: string
  readonly tp: number | null
  readonly pp?: number | undefined
  readonly dp?: number | undefined
  readonly ep?: number | undefined
  readonly engine: string | null
  /** `TOKENS:ACCEPTANCE[:DRAFT]`. */
  readonly speculation?: string | undefined
  readonly weights: string | null
  readonly kv: string | null
  readonly prefixCache: boolean
  readonly adapters: { readonly count: number; readonly rank: number } | null
  readonly maxBatchedTokens?: number | undefined
  readonly maxSequences?: number | undefined
  readonly memoryUtilization?: number | undefined
  readonly replicas: number | null
  readonly autoscale: {
    readonly signal: ScalingSignal
    readonly target?: number | undefined
    readonly min?: number | undefined
    readonly max?: number | undefined
    readonly start?: number | undefined
    readonly intervalSeconds?: number | undefined
    readonly tolerance?: number | undefined
    readonly upCooldownSeconds?: number | undefined
    readonly downCooldownSeconds?: number | undefined
    readonly schedule?: WeekSchedule | undefined
  } | null
  readonly spares?: number | undefined
  readonly weight?: number | undefined
  /** Seconds by part of the cold start, in place of the published ones. */
  readonly coldStart: Readonly<Record<string, number | undefined>>
  readonly failures: {
    readonly meanHoursBetween?: number | undefined
    readonly atSeconds?: readonly number[] | undefined
  } | null
  readonly spot: { readonly perHour: number; readonly noticeSeconds: number } | null
  readonly lease: {
    readonly usdPerGpuHour: number | null
    readonly term: string
    readonly gpusPerInstance: number | null
  }
}

// What a judgement of savings is: the shape that the command line prints, the API returns and a page draws.
import type { Assumption } from './evidence.ts'
import type { MeasuredBusy } from './savings-evidence.ts'
import type { Judgement } from './savings-verdict.ts'

/** The same calls elsewhere. `usd` is exact and covers the priced calls; null where there are calls and none has a price. */
export interface Elsewhere {
  readonly usd: string | null
  readonly unpricedCalls: number
}

/**
 * Money of some days and calls, exact decimal strings. `leasedUsd` = `sunkUsd` + `avoidableUsd` = `busyUsd` + `idleUsd`
 * where these are known; `loadedUsd` = `leasedUsd` + `operationsUsd`.
 */
export interface SavingsSums {
  readonly gpuHours: number
  readonly leasedUsd: string
  readonly sunkUsd: string
  readonly avoidableUsd: string
  readonly operationsUsd: string
  readonly loadedUsd: string
  /** Estimates by the serving model that add up exactly; null = unknown. */
  readonly busyUsd: string | null
  readonly idleUsd: string | null
  readonly busyShare: { readonly value: number; readonly low: number; readonly high: number } | null
  readonly calls: number
  readonly unknownUsageCalls: number
  readonly tokens: { readonly input: number; readonly output: number }
  readonly hosted: Elsewhere
  readonly frontier: Elsewhere
}

export interface SavingsDay extends SavingsSums {
  readonly date: string
  readonly fromMicros: number
  readonly toMicros: number
  /** From the first day up to and with this one. */
  readonly cumulative: {
    readonly leasedUsd: string
    readonly loadedUsd: string
    readonly hostedUsd: string | null
    readonly frontierUsd: string | null
    /** `hostedUsd` − `loadedUsd`. */
    readonly savedUsd: string | null
  }
}

/** Leases and calls of one team; leases without a team have a row of their own. */
export interface SavingsRow
  extends Pick<
    SavingsSums,
    | 'gpuHours'
    | 'leasedUsd'
    | 'sunkUsd'
    | 'avoidableUsd'
    | 'calls'
    | 'unknownUsageCalls'
    | 'tokens'
    | 'hosted'
    | 'frontier'
  > {
  readonly key: { readonly team: string | null }
}

export interface LeaseSum extends Pick<SavingsSums, 'gpuHours' | 'sunkUsd' | 'avoidableUsd'> {
  readonly line: number
  readonly gpu: string
  readonly count: number
  readonly usdPerGpuHour: string
  readonly team: string | null
  readonly usd: string
}

export interface SavingsAnswer {
  readonly currency: 'USD'
  readonly sample: boolean
  /** First moment told of, and the first one no longer told of. */
  readonly from: string
  readonly to: string
  readonly zone: string
  readonly verdict: Judgement['verdict']
  readonly sentence: string
  readonly reasons: readonly string[]
  /** Loaded cost against the hosted row; negative = lost. */
  readonly savedUsd: string | null
  readonly band: Judgement['band']
  /** Commitments aside: what could have been stopped (`avoidableUsd` + operations) against the hosted row. */
  readonly avoidable: Judgement & { readonly usd: string }
  readonly hosted: {
    readonly rows: readonly {
      readonly weights: string | null
      readonly name: string | null
      readonly source: string | null
      readonly observedAt: string | null
      readonly dated: boolean
      readonly spread: readonly { readonly name: string; readonly usd: string; readonly unpricedCalls: number }[]
    }[]
    readonly rule: string
    readonly band: { readonly low: number; readonly high: number | null }
  }
  readonly frontier: Judgement & {
    readonly name: string
    readonly source: string
    readonly chosenBy: string
    readonly tokenRatio: { readonly low: number; readonly high: number }
    readonly usdBand: { readonly low: number; readonly high: number | null }
  }
  readonly total: SavingsSums
  /**
   * By what the servers said of themselves: leased time in which no request ran, where all of it was as what was seen of it. It
   * is less than `idleUsd`, which also holds what more calls could have used beside those that ran. Null = nothing was scraped.
   */
  readonly measured: {
    readonly servers: readonly MeasuredBusy[]
    readonly seenHours: number
    readonly busyShare: number
    readonly idleUsd: number
  } | null
  readonly days: readonly SavingsDay[]
  readonly leases: readonly LeaseSum[]
  readonly by: 'team' | null
  readonly rows: readonly SavingsRow[]
  readonly callsWithoutLease: number
  readonly ownProviders: readonly string[]
  readonly notes: readonly string[]
  readonly assumptions: readonly Assumption[]
}

// One metered request to a model: who served it, what it used, what it cost, and which workload it belongs to.
import type { Money } from './money.ts'
import type { BilledUnits, Usage } from './usage.ts'

/** The dimensions that trace a call to a workload. */
export const attributionKinds = ['workload', 'feature', 'task', 'user', 'team', 'environment'] as const
export type AttributionKind = (typeof attributionKinds)[number]
export type Attribution = Readonly<Record<AttributionKind, string | null>>

/** A call that nobody attributed. */
export const nobody: Attribution = {
  workload: null,
  feature: null,
  task: null,
  user: null,
  team: null,
  environment: null,
}

export interface Call {
  /** Where the record came from: `file:<sha256>`, `gateway`, `sample`. With `id` it names the call once (law 5). */
  readonly source: string
  /** The row's own id, or its ordinal in the file as text. */
  readonly id: string
  /** Start of the call, UTC microseconds since 1970. */
  readonly atMicros: number
  readonly provider: string | null
  /** The model that served the call, as named by whoever served it. */
  readonly model: string | null
  readonly usage: Usage
  /** What else is billed, told in other units than tokens; absent = nothing was told. */
  readonly units?: BilledUnits
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
  /** `unsettled`: it began, and nobody knows yet how it ended. */
  readonly outcome: 'ok' | 'failed' | 'unknown' | 'unsettled'
  readonly ttftMs: number | null
  readonly latencyMs: number | null
  readonly attribution: Attribution
  readonly tags: Readonly<Record<string, string>>
  /** Ids of the prompt's prefix blocks where the record has them (equal id = reusable block), 64 bits signed, else null. */
  readonly prefixBlocks: readonly bigint[] | null
  /** Keyed hash of the system prompt, 16 hex digits; null or absent = none, or not known. */
  readonly systemPrompt?: string | null
  /** Keyed hash of all that an answer depends on (prompt, model asked for, settings): equal = an exact repeat. */
  readonly requestHash?: bigint | null
  /** What the provider says it charged, kept beside our own price. */
  readonly reportedUsd: Money | null
  readonly estimated: boolean
  /** What a call of unknown usage may have cost; no part of any sum of costs. Null or absent = nobody can say, or it is known. */
  readonly estimateUsd?: Money | null
  readonly price: CallPrice
}

/** The price a call had at its own time; history does not move unless `reprice` moves it (law 10). */
export type CallPrice =
  | { readonly usd: Money; readonly pricedAs: string; readonly catalogVersion: string }
  | { readonly usd: null; readonly reason: string }

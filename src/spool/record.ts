// What is kept of a call on its way to the ledger: one record when it begins, one when its usage is known.
import type { Attribution } from '../core/meter/call.ts'
import type { CallNeed } from '../core/meter/needs.ts'
import type { Usage } from '../core/meter/usage.ts'

/** Written before the request goes upstream. */
export interface Opened {
  readonly kind: 'opened'
  /** Names the call once; what settles it names it again. */
  readonly key: string
  /** When the request came, UTC microseconds. */
  readonly atMicros: number
  /** Name of the upstream in the settings. */
  readonly upstream: string
  /** As the price catalog knows it. */
  readonly provider: string
  /** What its bytes mean: a name under `src/wire`. */
  readonly wire: string
  /** As asked for; null where the body was not read. */
  readonly model: string | null
  /** Without its query. */
  readonly path: string
  readonly stream: boolean
  readonly attribution: Attribution
  readonly tags: Readonly<Record<string, string>>
  readonly needs: readonly CallNeed[]
  /** Keyed hashes of the prompt's blocks; null = none were made. */
  readonly prefix: readonly string[] | null
}

/** Written before the client gets the last of its answer. Unknown is null. */
export interface Settled {
  readonly kind: 'settled'
  readonly key: string
  readonly endMicros: number
  /** HTTP status of the upstream; null = none came. */
  readonly status: number | null
  readonly outcome: 'ok' | 'failed' | 'unknown'
  /** The provider's id of the response. */
  readonly id: string | null
  /** As served. */
  readonly model: string | null
  readonly usage: Usage
  /** Prompt and answer are both counted. */
  readonly known: boolean
  /** The event that ends an answer was seen. */
  readonly complete: boolean
  readonly estimated: boolean
  readonly tier: string | null
  readonly region: string | null
  readonly speed: string | null
  /** What the provider says it charged, decimal string. */
  readonly reportedUsd: string | null
  readonly stopReason: string | null
  /** The provider's own object of counts, as it came. */
  readonly rawUsage: unknown
  readonly ttftMs: number | null
  readonly latencyMs: number | null
  readonly error: string | null
}

export type SpoolRecord = Opened | Settled

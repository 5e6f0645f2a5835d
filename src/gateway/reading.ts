// What the gateway asks of the readers under `src/wire`, and of the spool: two small shapes, so that it knows neither's inside.

import type { CallRecord } from '../core/meter/call-record.ts'
import type { Usage } from '../core/meter/usage.ts'
import type { WireName } from './upstreams.ts'

/** What was read of an answer. Unknown is null. */
export interface Reading {
  readonly id: string | null
  readonly model: string | null
  readonly usage: Usage
  readonly known: boolean
  readonly complete: boolean
  readonly estimated: boolean
  readonly serviceTier: string | null
  readonly reportedUsd: string | null
  readonly stopReason: string | null
  readonly error: string | null
  readonly rawUsage: unknown
}

export interface Reader {
  /** Takes bytes as they came; `terminalAt` is where among them the event begins that ends the answer, null = not here. */
  push(bytes: Uint8Array): { readonly terminalAt: number | null }
  end(): Reading
}

export type StartReading = (
  wire: WireName,
  how: { readonly stream: boolean; readonly framing: 'sse' | 'json-array'; readonly provider: string },
) => Reader

/** Where records go before a call is answered. */
export interface Sink {
  append(record: CallRecord): Promise<void>
}

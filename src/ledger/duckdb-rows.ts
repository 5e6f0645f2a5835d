// Things and what each column tells of them in; their rows in a table of the DuckDB ledger, with no statement to be read, out.
import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDecimalValue,
  DuckDBMapValue,
  DuckDBTimestampValue,
  type DuckDBValue,
  listValue,
} from '@duckdb/node-api'
import { attributionKinds, type Call } from '../core/meter/call.ts'
import type { CallRecords } from '../core/meter/call-record.ts'
import { usageKinds } from '../core/meter/usage.ts'
import { emptyTable } from './sql.ts'

/** By the name of a column, what it says of a thing. */
export type Columns<T> = Readonly<Record<string, (thing: T) => DuckDBValue>>

export interface Table<T> {
  readonly name: string
  readonly isTemporary?: boolean
  readonly columns: Columns<T>
}

/** A chunk of DuckDB's holds no more. */
const rowsPerChunk = 2048

/** Appends rows within the connection's transaction. Columns go by name: in a table that was altered they have another order. */
export async function appendRows<T>(
  connection: DuckDBConnection,
  table: Table<T>,
  things: readonly T[],
): Promise<void> {
  if (things.length === 0) return
  const names = (await connection.run(emptyTable(table.name))).columnNames()
  const appender = await connection.createAppender(table.name, null, table.isTemporary ? 'temp' : null)
  try {
    const types = names.map((_, column) => appender.columnType(column))
    for (let from = 0; from < things.length; from += rowsPerChunk) {
      const some = things.slice(from, from + rowsPerChunk)
      const chunk = DuckDBDataChunk.create(types, some.length)
      names.forEach((name, column) => {
        chunk.setColumnValues(column, some.map(table.columns[name]!))
      })
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}

export interface CallRow {
  readonly call: Call
  readonly sourceKey: number
  /** Of the price. */
  readonly label: number
}

const columnsOfCalls: Columns<CallRow> = {
  source_key: ({ sourceKey }) => sourceKey,
  id: ({ call }) => call.id,
  ordinal: () => null,
  started_at: ({ call }) => timestamp(call.atMicros),
  provider: ({ call }) => call.provider,
  model: ({ call }) => call.model,
  tier: ({ call }) => call.tier,
  region: ({ call }) => call.region,
  speed: ({ call }) => call.speed,
  ...Object.fromEntries(attributionKinds.map(kind => [kind, ({ call }: CallRow) => call.attribution[kind]])),
  outcome: ({ call }) => call.outcome,
  ttft_ms: ({ call }) => call.ttftMs,
  latency_ms: ({ call }) => call.latencyMs,
  tags: ({ call }) => mapOf(Object.entries(call.tags)),
  prefix_blocks: ({ call }) => call.prefixBlocks && listValue(call.prefixBlocks),
  reported_usd: ({ call }) => usdOf(call.reportedUsd),
  estimated: ({ call }) => call.estimated,
  system_prompt: ({ call }) => call.systemPrompt ?? null,
  request_hash: ({ call }) => call.requestHash ?? null,
  units: ({ call }) => mapOf(unitsOf(call)),
  estimate_usd: ({ call }) => usdOf(call.estimateUsd ?? null),
  ...Object.fromEntries(usageKinds.map(kind => [kind, ({ call }: CallRow) => countOf(call.usage[kind])])),
  usd: ({ call }) => usdOf(call.price.usd),
  price_label: ({ label }) => label,
}

export const callsTable: Table<CallRow> = { name: 'calls', columns: columnsOfCalls }
export const incomingTable: Table<CallRow> = { name: 'incoming', isTemporary: true, columns: columnsOfCalls }

export const meteredTable: Table<readonly [key: string, CallRecords]> = {
  name: 'metered',
  columns: {
    id: ([key]) => key,
    opened: ([, { opened }]) => opened && JSON.stringify(opened),
    settled: ([, { settled }]) => settled && JSON.stringify(settled),
    provider: ([, { opened }]) => opened?.provider ?? null,
    response_id: ([, { settled }]) => settled?.id ?? null,
    began_at: ([, { opened }]) => opened && timestamp(opened.atMicros),
  },
}

const timestamp = (micros: number): DuckDBTimestampValue => new DuckDBTimestampValue(BigInt(Math.round(micros)))

const mapOf = (entries: readonly (readonly [string, DuckDBValue])[]): DuckDBMapValue | null =>
  entries.length === 0 ? null : new DuckDBMapValue(entries.map(([key, value]) => ({ key, value })))

// What no column holds was not told: no number that a stranger says becomes another one, or keeps calls out.

const mostPico = 10n ** 38n
const usdOf = (pico: bigint | null): DuckDBDecimalValue | null =>
  pico === null || pico >= mostPico || pico <= -mostPico ? null : new DuckDBDecimalValue(pico, 38, 12)

const countOf = (count: number | null): number | null =>
  count === null || Math.abs(count) >= 2 ** 31 ? null : Math.round(count)

const unitsOf = ({ units = {} }: Call): (readonly [string, bigint])[] =>
  Object.entries(units).flatMap(([unit, count]) =>
    Number.isSafeInteger(Math.round(count)) ? [[unit, BigInt(Math.round(count))] as const] : [],
  )

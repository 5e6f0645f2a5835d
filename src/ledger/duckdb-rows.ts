// Things and what each column tells of them in; their rows in a table of the DuckDB ledger, with no statement to be read, out.
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDecimalValue,
  DuckDBMapValue,
  DuckDBTimestampValue,
  type DuckDBType,
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
  /** Entries of a row's longest list or map; absent = there are none. */
  readonly entriesOf?: (thing: T) => number
}

/**
 * A chunk of DuckDB's holds no more rows, and no more entries of its lists: what is written beyond them is written over
 * something else (github.com/duckdb/duckdb-node-neo/issues/446).
 */
const mostPerChunk = 2048

/** Appends rows within the connection's transaction. Columns go by name: in a table that was altered they have another order. */
export async function appendRows<T>(
  connection: DuckDBConnection,
  table: Table<T>,
  things: readonly T[],
): Promise<void> {
  if (things.length === 0) return
  const names = (await connection.run(emptyTable(table.name))).columnNames()
  const columns = names.map(name => table.columns[name]!)
  const { entriesOf = () => 0 } = table
  const appender = await connection.createAppender(table.name, null, table.isTemporary ? 'temp' : null)
  try {
    const types = names.map((_, column) => appender.columnType(column))
    for (const some of chunksOf(things, entriesOf)) {
      if (entriesOf(some[0]!) > mostPerChunk) {
        appendAlone(
          appender,
          types,
          columns.map(tell => tell(some[0]!)),
        )
        continue
      }
      const chunk = DuckDBDataChunk.create(types, some.length)
      columns.forEach((tell, column) => {
        chunk.setColumnValues(column, some.map(tell))
      })
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}

/** Pieces that fit in a chunk; what does not fit in any is alone. */
function* chunksOf<T>(things: readonly T[], entriesOf: (thing: T) => number): Generator<readonly T[]> {
  let from = 0
  let entries = 0
  for (const [at, thing] of things.entries()) {
    const more = entriesOf(thing)
    if (at > from && (at - from === mostPerChunk || entries + more > mostPerChunk)) {
      yield things.slice(from, at)
      from = at
      entries = 0
    }
    entries += more
  }
  yield things.slice(from)
}

/** One row, value by value: slow, and of any length. */
function appendAlone(appender: DuckDBAppender, types: readonly DuckDBType[], values: readonly DuckDBValue[]): void {
  for (const [column, value] of values.entries()) {
    if (value === null) appender.appendNull()
    else appender.appendValue(value, types[column])
  }
  appender.endRow()
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

const entriesOfCall = ({ call: { tags, units, prefixBlocks } }: CallRow): number =>
  Math.max(Object.keys(tags).length, Object.keys(units ?? {}).length, prefixBlocks?.length ?? 0)

export const callsTable: Table<CallRow> = { name: 'calls', columns: columnsOfCalls, entriesOf: entriesOfCall }
export const incomingTable: Table<CallRow> = { ...callsTable, name: 'incoming', isTemporary: true }

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
  (Object.entries(units) as [string, number][]).flatMap(([unit, count]) =>
    Number.isSafeInteger(Math.round(count)) ? [[unit, BigInt(Math.round(count))] as const] : [],
  )

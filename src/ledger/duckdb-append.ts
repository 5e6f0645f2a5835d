// Calls as values in; those that the DuckDB ledger does not have yet, added in one transaction, and their number out.
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Call } from '../core/meter/call.ts'
import type { CallsPlan, KeptCalls } from '../core/meter/load.ts'
import { eachOnce } from '../core/meter/told-again.ts'
import { type LabelBook, labelBook } from './duckdb-label.ts'
import { appendRows, type CallRow, incomingTable } from './duckdb-rows.ts'
import { rowsOf, type Session } from './duckdb-session.ts'
import { type Told, tellIncoming } from './duckdb-tell.ts'
import * as sql from './sql.ts'

/** Calls per statement. */
const batch = 5000

export function appendCalls(session: Session, calls: readonly Call[]): Promise<number> {
  if (calls.length === 0) return Promise.resolve(0)
  return session.write(async connection => {
    const { added, isChanged } = await writeCalls(connection, calls)
    if (isChanged) await connection.run(sql.bumpRevision)
    return added
  })
}

/** See `CallLoader.loadCalls`. */
export function loadCalls(
  session: Session,
  plan: CallsPlan,
  batches: AsyncIterable<readonly Call[]> | Iterable<readonly Call[]>,
): Promise<KeptCalls> {
  return session.write(async connection => {
    const [known] = await rowsOf(connection, sql.sourceKeyOf, [plan.source])
    if (!known) {
      const [next] = await rowsOf(connection, sql.nextSourceKey)
      const { source, namespace, name, format, importedAtMicros, sample } = plan
      const row = [Number(next?.[0]), source, namespace, name, format, BigInt(importedAtMicros), sample]
      await connection.run(sql.addSource, row)
    }
    const kept = { added: 0, completed: 0, contradicted: 0 }
    let isChanged = !known
    for await (const calls of batches) {
      const written = await writeCalls(connection, calls)
      kept.added += written.added
      kept.completed += written.completed
      kept.contradicted += written.contradicted
      isChanged ||= written.isChanged
    }
    if (isChanged) await connection.run(sql.bumpRevision)
    return kept
  })
}

/** Within a transaction: those of the calls that are new, and the sources that they need. See `tellIncoming`. */
async function writeCalls(connection: DuckDBConnection, told: readonly Call[]): Promise<Told> {
  const { calls, contradicted } = eachOnce(told)
  const [labels, keys] = [await labelBook(connection), await sourceKeys(connection, calls)]
  const kept = { added: 0, completed: 0, contradicted, isChanged: false }
  for (let from = 0; from < calls.length; from += batch) {
    await connection.run(sql.createIncoming)
    await appendRows(connection, incomingTable, await rowsOfCalls(calls.slice(from, from + batch), keys, labels))
    const now = await tellIncoming(connection)
    kept.added += now.added
    kept.completed += now.completed
    kept.contradicted += now.contradicted
    kept.isChanged ||= now.isChanged
  }
  return kept
}

/** The keys of all sources, those of the calls among them: a new one is made. */
export async function sourceKeys(
  connection: DuckDBConnection,
  calls: readonly Call[],
): Promise<ReadonlyMap<string, number>> {
  const keys = new Map<string, number>()
  for (const [source, key] of await rowsOf(connection, sql.readSourceKeys)) keys.set(source as string, Number(key))
  for (const { source } of calls) {
    if (keys.has(source)) continue
    const key = Math.max(0, ...keys.values()) + 1
    const earliest = calls.reduce((at, call) => (call.source === source ? Math.min(at, call.atMicros) : at), Infinity)
    const sample = source === 'sample' || source.startsWith('sample:')
    await connection.run(sql.addSource, [key, source, source, source, 'calls', BigInt(Math.round(earliest)), sample])
    keys.set(source, key)
  }
  return keys
}

/** Rows of `calls`: each with the key of its source and the label of its price. */
export async function rowsOfCalls(
  calls: readonly Call[],
  keys: ReadonlyMap<string, number>,
  labels: LabelBook,
): Promise<CallRow[]> {
  const rows: CallRow[] = []
  for (const call of calls) {
    const { price } = call
    const label =
      price.usd === null ? labels(null, null, price.reason) : labels(price.pricedAs, price.catalogVersion, null)
    rows.push({ call, sourceKey: keys.get(call.source)!, label: typeof label === 'number' ? label : await label })
  }
  return rows
}

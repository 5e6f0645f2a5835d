// Calls as values in; those that the DuckDB ledger does not have yet, added in one transaction, and their number out.
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Call } from '../core/meter/call.ts'
import type { CallsPlan, KeptCalls } from '../core/meter/load.ts'
import { eachOnce } from '../core/meter/told-again.ts'
import { usageKinds } from '../core/meter/usage.ts'
import { labelBook } from './duckdb-label.ts'
import { rowsOf, type Session } from './duckdb-session.ts'
import { usdText } from './question.ts'
import * as sql from './sql.ts'
import * as telling from './sql-told.ts'

/** Calls per statement: keeps the JSON that carries them small. */
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

/**
 * Within a transaction: those of the calls that are new, and the sources that they need. What is known already is completed
 * or attributed by what is told of it again. Whoever calls says that the ledger changed.
 */
export async function writeCalls(
  connection: DuckDBConnection,
  told: readonly Call[],
): Promise<KeptCalls & { readonly isChanged: boolean }> {
  const { calls, contradicted } = eachOnce(told)
  const labels = await labelBook(connection)
  for (const source of new Set(calls.map(call => call.source))) {
    const known = await rowsOf(connection, sql.sourceKeyOf, [source])
    if (known.length) continue
    const [next] = await rowsOf(connection, sql.nextSourceKey)
    const earliest = calls.reduce((at, call) => (call.source === source ? Math.min(at, call.atMicros) : at), Infinity)
    const sample = source === 'sample' || source.startsWith('sample:')
    await connection.run(sql.addSource, [Number(next?.[0]), source, source, source, 'calls', BigInt(earliest), sample])
  }
  const kept = { added: 0, completed: 0, contradicted }
  let isChanged = false
  const run = async (statement: string): Promise<number> => {
    const { rowsChanged } = await connection.run(statement)
    isChanged ||= rowsChanged > 0
    return rowsChanged
  }
  for (let from = 0; from < calls.length; from += batch) {
    const rows = []
    for (const call of calls.slice(from, from + batch)) rows.push(await rowOf(call, labels))
    await connection.run(sql.createIncoming, [JSON.stringify(rows)])
    await connection.run(telling.findTold)
    const [counts] = await rowsOf(connection, telling.countTold)
    const [known = 0, completed = 0, contradicted = 0] = (counts ?? []).map(Number)
    if (completed > 0) {
      await connection.run(telling.lendToIncoming)
      await run(telling.deleteCompleted)
    }
    kept.added += (await run(sql.appendIncoming)) - completed
    kept.completed += completed
    kept.contradicted += contradicted
    if (known > completed) await run(telling.attributeTold)
    // Those that a gateway metered are there already: they tell what its own records do not.
    await run(sql.attributeByIncoming)
  }
  return { ...kept, isChanged }
}

async function rowOf(call: Call, labels: Awaited<ReturnType<typeof labelBook>>): Promise<Record<string, unknown>> {
  const { price } = call
  const label =
    price.usd === null
      ? await labels(null, null, price.reason)
      : await labels(price.pricedAs, price.catalogVersion, null)
  return {
    source: call.source,
    id: call.id,
    started_at: call.atMicros,
    provider: call.provider,
    model: call.model,
    tier: call.tier,
    region: call.region,
    speed: call.speed,
    ...call.attribution,
    outcome: call.outcome,
    ttft_ms: call.ttftMs,
    latency_ms: call.latencyMs,
    tags: Object.keys(call.tags).length ? call.tags : null,
    prefix_blocks: call.prefixBlocks?.map(String) ?? null,
    reported_usd: call.reportedUsd === null ? null : usdText(call.reportedUsd),
    estimated: call.estimated,
    system_prompt: call.systemPrompt ?? null,
    units: call.units && Object.keys(call.units).length > 0 ? call.units : null,
    request_hash: call.requestHash?.toString() ?? null,
    estimate_usd: call.estimateUsd == null ? null : usdText(call.estimateUsd),
    ...Object.fromEntries(usageKinds.map(kind => [kind, call.usage[kind]])),
    usd: price.usd === null ? null : usdText(price.usd),
    price_label: label,
  }
}

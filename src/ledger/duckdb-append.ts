// Calls as values in; those that the DuckDB ledger does not have yet, added in one transaction, and their number out.
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Call } from '../core/meter/call.ts'
import type { CallsPlan } from '../core/meter/load.ts'
import { usageKinds } from '../core/meter/usage.ts'
import { labelBook } from './duckdb-label.ts'
import { rowsOf, type Session } from './duckdb-session.ts'
import { usdText } from './question.ts'
import * as sql from './sql.ts'

/** Calls per statement: keeps the JSON that carries them small. */
const batch = 5000

export function appendCalls(session: Session, calls: readonly Call[]): Promise<number> {
  if (calls.length === 0) return Promise.resolve(0)
  return session.write(async connection => {
    const { added, attributed } = await writeCalls(connection, calls)
    if (added + attributed > 0) await connection.run(sql.bumpRevision)
    return added
  })
}

/** See `CallLoader.loadCalls`. */
export function loadCalls(
  session: Session,
  plan: CallsPlan,
  batches: AsyncIterable<readonly Call[]> | Iterable<readonly Call[]>,
): Promise<number> {
  return session.write(async connection => {
    const [known] = await rowsOf(connection, sql.sourceKeyOf, [plan.source])
    if (!known) {
      const [next] = await rowsOf(connection, sql.nextSourceKey)
      const { source, namespace, name, format, importedAtMicros, sample } = plan
      const row = [Number(next?.[0]), source, namespace, name, format, BigInt(importedAtMicros), sample]
      await connection.run(sql.addSource, row)
    }
    let added = 0
    let attributed = 0
    for await (const calls of batches) {
      const written = await writeCalls(connection, calls)
      added += written.added
      attributed += written.attributed
    }
    if (added + attributed > 0 || !known) await connection.run(sql.bumpRevision)
    return added
  })
}

/**
 * Within a transaction: those of the calls that are new, and the sources that they need. Returns how many, and how many
 * metered calls the others attribute. Whoever calls says that the ledger changed.
 */
export async function writeCalls(
  connection: DuckDBConnection,
  calls: readonly Call[],
): Promise<{ readonly added: number; readonly attributed: number }> {
  const labels = await labelBook(connection)
  for (const source of new Set(calls.map(call => call.source))) {
    const known = await rowsOf(connection, sql.sourceKeyOf, [source])
    if (known.length) continue
    const [next] = await rowsOf(connection, sql.nextSourceKey)
    const earliest = calls.reduce((at, call) => (call.source === source ? Math.min(at, call.atMicros) : at), Infinity)
    const sample = source === 'sample' || source.startsWith('sample:')
    await connection.run(sql.addSource, [Number(next?.[0]), source, source, source, 'calls', BigInt(earliest), sample])
  }
  let added = 0
  let attributed = 0
  for (let from = 0; from < calls.length; from += batch) {
    const rows = []
    for (const call of calls.slice(from, from + batch)) rows.push(await rowOf(call, labels))
    await connection.run(sql.createIncoming, [JSON.stringify(rows)])
    const result = await connection.run(sql.appendIncoming)
    added += result.rowsChanged
    // Those that a gateway metered are there already: they tell what its own records do not.
    attributed += (await connection.run(sql.attributeByIncoming)).rowsChanged
  }
  return { added, attributed }
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

// A gateway's records in; their calls, and how far the records reach, in one transaction, out.
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Attribution, attributionKinds } from '../core/meter/call.ts'
import {
  attributedBy,
  type CallRecord,
  type CallRecords,
  callOfRecords,
  gatewaySource,
  joinedBatch,
  type Opened,
  type PriceOfCall,
  type SpoolPositions,
} from '../core/meter/call-record.ts'
import { writeCalls } from './duckdb-append.ts'
import { rowsOf, type Session } from './duckdb-session.ts'
import * as sql from './sql.ts'

/** See `Ledger.take`. A call whose records are more than were known is written anew: what it was is not added to. */
export function takeRecords(
  session: Session,
  records: readonly CallRecord[],
  reached: SpoolPositions,
  priceOf: PriceOfCall,
): Promise<{ opened: number; settled: number }> {
  return session.write(async connection => {
    const keys = [...new Set(records.map(({ key }) => key))]
    const known = new Map<string, CallRecords>()
    for (const [id, opened, settled] of await rowsOf(connection, sql.readMetered, [JSON.stringify(keys)])) {
      known.set(String(id), { opened: parsed(opened), settled: parsed(settled) })
    }
    const { changed, opened, settled } = joinedBatch(known, records)
    if (changed.length > 0) {
      const ids = JSON.stringify(changed.map(([key]) => key))
      await connection.run(sql.deleteMetered, [ids])
      const again = changed.filter(([key]) => known.has(key)).map(([key]) => key)
      const lent = await attributionsOf(connection, again)
      if (again.length > 0) await connection.run(sql.deleteMeteredCalls, [gatewaySource, JSON.stringify(again)])
      await writeCalls(
        connection,
        changed.map(([key, records]) => {
          const call = callOfRecords(key, records, priceOf)
          const attribution = lent.get(key)
          return attribution === undefined ? call : attributedBy(call, { attribution })
        }),
      )
      const rows = changed.map(([id, { opened, settled }]) => ({
        id,
        opened: opened && JSON.stringify(opened),
        settled: settled && JSON.stringify(settled),
        provider: opened?.provider ?? null,
        response_id: settled?.id ?? null,
      }))
      await connection.run(sql.addMetered, [JSON.stringify(rows)])
      // What another source told of these calls before: the gateway's own count, the others attribute.
      const responses = JSON.stringify(rows.flatMap(({ response_id }) => response_id ?? []))
      const [others] = await rowsOf(connection, sql.countOthers, [responses])
      if (Number(others?.[0]) > 0) {
        await connection.run(sql.attributeByOthers, [responses])
        await connection.run(sql.deleteOthers, [responses])
      }
      await connection.run(sql.bumpRevision)
    }
    for (const [worker, { sequence, offset }] of Object.entries(reached)) {
      await connection.run(sql.forgetPosition, [worker])
      await connection.run(sql.addPosition, [worker, sequence, offset])
    }
    return { opened, settled }
  })
}

/** What the calls of these keys are attributed to now: by their own records, or by a log that told of them in between. */
async function attributionsOf(
  connection: DuckDBConnection,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Attribution>> {
  if (keys.length === 0) return new Map()
  const rows = await rowsOf(connection, sql.meteredAttributions, [gatewaySource, JSON.stringify(keys)])
  return new Map(
    rows.map(([id, ...values]) => [
      String(id),
      Object.fromEntries(attributionKinds.map((kind, i) => [kind, values[i] ?? null])) as unknown as Attribution,
    ]),
  )
}

const parsed = <R>(text: unknown): R | null => (text === null ? null : (JSON.parse(text as string) as R))

/** Beginnings of calls that nobody settled. */
export async function unsettledOf(session: Session, fromMicros: number): Promise<Opened[]> {
  const rows = await session.ask(sql.readUnsettled, [fromMicros])
  return rows.map(([opened]) => JSON.parse(opened as string) as Opened)
}

/** How far each worker's records were taken. */
export async function positionsOf(session: Session): Promise<SpoolPositions> {
  const rows = await session.ask(sql.readPositions)
  return Object.fromEntries(
    rows.map(([worker, sequence, offset]) => [worker, { sequence: Number(sequence), offset: Number(offset) }]),
  )
}

// A gateway's records in; their calls, and how far the records reach, in one transaction, out.
import { type DuckDBConnection, type DuckDBValue, listValue } from '@duckdb/node-api'
import {
  beganMicros,
  type CallRecord,
  type CallRecords,
  callOfRecords,
  gatewaySource,
  joinedBatch,
  type Opened,
  type PriceOfCall,
  type SpoolPositions,
} from '../core/meter/call-record.ts'
import { rowsOfCalls, sourceKeys } from './duckdb-append.ts'
import { labelBook } from './duckdb-label.ts'
import { appendRows, callsTable, meteredTable } from './duckdb-rows.ts'
import { rowsOf, type Session } from './duckdb-session.ts'
import { tellOfMetered } from './duckdb-tell.ts'
import * as sql from './sql.ts'

/** See `Ledger.take`. A call whose records are more than were known is written anew: what it was is not added to. */
export function takeRecords(
  session: Session,
  records: readonly CallRecord[],
  reached: SpoolPositions,
  priceOf: PriceOfCall,
): Promise<{ opened: number; settled: number }> {
  return session.write(async connection => {
    const known = await knownOf(connection, records)
    const { changed, opened, settled } = joinedBatch(known, records)
    if (changed.length > 0) {
      const again = changed.flatMap(([key]) => known.get(key) ?? [])
      const calls = changed.map(([key, records]) => callOfRecords(key, records, priceOf))
      const keys = await sourceKeys(connection, calls)
      const gatewayKey = keys.get(gatewaySource)!
      await takeBack(connection, again, gatewayKey)
      // Nobody else has these ids: what is known of them was looked up, and the batch names each once.
      await appendRows(connection, callsTable, await rowsOfCalls(calls, keys, await labelBook(connection)))
      await appendRows(connection, meteredTable, changed)
      const responses = changed.flatMap(([, { settled }]) => settled?.id ?? [])
      if (keys.size > 1 && responses.length > 0) await tellOfMetered(connection, textsOf(responses), gatewayKey)
      await connection.run(sql.bumpRevision)
    }
    for (const [worker, { sequence, offset }] of Object.entries(reached)) {
      await connection.run(sql.forgetPosition, [worker])
      await connection.run(sql.addPosition, [worker, sequence, offset])
    }
    return { opened, settled }
  })
}

type Known = ReadonlyMap<string, MeteredCall>
interface MeteredCall extends CallRecords {
  readonly key: string
}

/**
 * What is known of the calls of these records. They tell when their calls began, so that no more of the ledger is read than
 * what came in that time. One whose beginning should have come before and did not is looked for everywhere.
 */
async function knownOf(connection: DuckDBConnection, records: readonly CallRecord[]): Promise<Known> {
  const known = new Map<string, MeteredCall>()
  const look = async (statement: string, values: DuckDBValue[]) => {
    for (const [id, opened, settled] of await rowsOf(connection, statement, values)) {
      const key = id as string
      known.set(key, { key, opened: parsed(opened), settled: parsed(settled) })
    }
  }
  if (records.length === 0) return known
  const keys = new Set(records.map(({ key }) => key))
  await look(sql.readMetered, [textsOf(keys), ...spanOf(records.flatMap(record => beganMicros(record) ?? []))])
  const begun = new Set(records.flatMap(({ kind, key }) => (kind === 'opened' ? key : [])))
  const lost = [...keys].filter(key => !begun.has(key) && !known.has(key))
  if (lost.length > 0) await look(sql.readMeteredEver, [textsOf(lost)])
  return known
}

/** Takes calls out that are to be written anew. */
async function takeBack(
  connection: DuckDBConnection,
  calls: readonly MeteredCall[],
  gatewayKey: number,
): Promise<void> {
  if (calls.length === 0) return
  const ids = textsOf(calls.map(({ key }) => key))
  const span = spanOf(calls.map(({ opened, settled }) => opened?.atMicros ?? settled!.endMicros))
  await connection.run(sql.deleteMeteredCalls, [ids, ...span, gatewayKey])
  await connection.run(sql.deleteMetered, [ids, ...span])
  if (calls.some(({ opened }) => opened === null)) await connection.run(sql.deleteMeteredNoBeginning, [ids])
}

const textsOf = (texts: Iterable<string>): DuckDBValue => listValue([...texts])

/** The first and the last of some times, UTC microseconds. */
function spanOf(micros: readonly number[]): [bigint, bigint] {
  let [first, last] = [Infinity, -Infinity]
  for (const at of micros) {
    first = Math.min(first, at)
    last = Math.max(last, at)
  }
  return micros.length === 0 ? [0n, -1n] : [BigInt(Math.round(first)), BigInt(Math.round(last))]
}

const parsed = <R>(text: unknown): R | null => (text === null ? null : (JSON.parse(text as string) as R))

/** Beginnings of calls that nobody settled. */
export async function unsettledOf(session: Session, fromMicros: number): Promise<Opened[]> {
  const rows = await session.ask(sql.readUnsettled, [BigInt(Math.ceil(fromMicros))])
  return rows.map(([opened]) => JSON.parse(opened as string) as Opened)
}

/** How far each worker's records were taken. */
export async function positionsOf(session: Session): Promise<SpoolPositions> {
  const rows = await session.ask(sql.readPositions)
  return Object.fromEntries(
    rows.map(([worker, sequence, offset]) => [worker, { sequence: Number(sequence), offset: Number(offset) }]),
  )
}

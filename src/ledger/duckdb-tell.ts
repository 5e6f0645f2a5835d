// Rows that tell of calls in; the calls they are, each once, attributed and completed by all that tell of them, out.
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { KeptCalls } from '../core/meter/load.ts'
import { rowsOf } from './duckdb-session.ts'
import * as sql from './sql.ts'
import * as telling from './sql-told.ts'

export type Told = KeptCalls & { readonly isChanged: boolean }

/**
 * Within a transaction: the rows of `incoming` become calls. What is known already is completed or attributed by what is told
 * of it again, and where it is another source that tells it, what each told is kept. Whoever calls says that the ledger changed.
 */
export async function tellIncoming(connection: DuckDBConnection): Promise<Told> {
  let isChanged = false
  const run = async (statement: string): Promise<number> => {
    const { rowsChanged } = await connection.run(statement)
    isChanged ||= rowsChanged > 0
    return rowsChanged
  }
  const count = async (statement: string) => ((await rowsOf(connection, statement))[0] ?? []).map(Number)
  await connection.run(telling.findTold)
  await connection.run(telling.findMetered)
  const [known = 0, completed = 0, contradicted = 0, shared = 0] = await count(telling.countTold)
  const [metered = 0] = await count(telling.countMetered)
  if (shared > 0) await connection.run(telling.keepTold)
  if (metered > 0) await connection.run(telling.keepMetered)
  if (shared > 0 || metered > 0) await connection.run(telling.keepIncoming)
  if (completed > 0) {
    await connection.run(telling.lendToIncoming)
    await run(telling.deleteCompleted)
  }
  const added = (await run(telling.appendIncoming)) - completed
  if (known > completed) await run(telling.attributeTold)
  if (metered === 0) return { added, completed, contradicted, isChanged }
  // Those that a gateway metered are there already: they tell what its own records do not.
  await run(telling.attributeMetered)
  return { added, completed: completed + (await run(telling.completeMetered)), contradicted, isChanged }
}

/** What is told of the calls in `retold`, told again from the beginning: as if what is told no more never had been. */
async function retell(connection: DuckDBConnection): Promise<void> {
  for (const statement of telling.takeRetold) await connection.run(statement)
  const [rounds] = await rowsOf(connection, telling.countRounds)
  for (let nth = 1; nth <= Number(rounds?.[0]); nth++) {
    await connection.run(sql.createIncoming)
    await connection.run(telling.incomingAgain, [BigInt(nth)])
    await tellIncoming(connection)
  }
}

/** Takes all away that a source tells; calls that others tell of, too, are what those tell. */
export async function tellNoMore(connection: DuckDBConnection, sourceKey: number, removals: readonly string[]) {
  await connection.run(telling.retellOf, [sourceKey])
  const [retold] = await rowsOf(connection, telling.countRetold)
  for (const removal of removals) await connection.run(removal, removal.includes('$1') ? [sourceKey] : [])
  if (Number(retold?.[0]) > 0) await retell(connection)
}

/** What other sources told of responses that a gateway's records tell of now: the gateway's own count, the others add to them. */
export async function tellOfMetered(
  connection: DuckDBConnection,
  responses: DuckDBValue,
  gatewayKey: number,
): Promise<void> {
  const values = [responses, gatewayKey]
  const [others] = await rowsOf(connection, telling.countOthers, values)
  if (Number(others?.[0]) === 0) return
  await connection.run(telling.keepOthers, values)
  await connection.run(telling.forgetMeteredTellings, values)
  await connection.run(telling.retellResponses, [responses])
  await retell(connection)
}

// "Priced as X by catalog Y", or why not; the small number that stands for it in each call, out.
import type { DuckDBConnection } from '@duckdb/node-api'
import { rowsOf } from './duckdb-session.ts'
import { addLabel, readLabels } from './sql.ts'

export type LabelBook = (
  pricedAs: string | null,
  catalogVersion: string | null,
  reason: string | null,
) => Promise<number>

/** The labels known to this transaction; a new one is written in it. */
export async function labelBook(connection: DuckDBConnection): Promise<LabelBook> {
  const known = new Map<string, number>()
  let next = 1
  for (const [label, ...parts] of await rowsOf(connection, readLabels)) {
    known.set(JSON.stringify(parts), Number(label))
    next = Math.max(next, Number(label) + 1)
  }
  return async (pricedAs, catalogVersion, reason) => {
    const key = JSON.stringify([pricedAs, catalogVersion, reason])
    const found = known.get(key)
    if (found !== undefined) return found
    await connection.run(addLabel, [next, pricedAs, catalogVersion, reason])
    known.set(key, next)
    return next++
  }
}

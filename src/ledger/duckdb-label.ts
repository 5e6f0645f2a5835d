// "Priced as X by catalog Y", or why not; the small number that stands for it in each call, out.
import type { DuckDBConnection } from '@duckdb/node-api'
import { rowsOf } from './duckdb-session.ts'
import { addLabel, readLabels } from './sql.ts'

export type LabelBook = (
  pricedAs: string | null,
  catalogVersion: string | null,
  reason: string | null,
) => number | Promise<number>

/** The labels known to this transaction; a new one is written in it, and only then there is something to wait for. */
export async function labelBook(connection: DuckDBConnection): Promise<LabelBook> {
  const known = new Map<string, number>()
  let next = 1
  for (const [label, ...parts] of await rowsOf(connection, readLabels)) {
    known.set(JSON.stringify(parts), Number(label))
    next = Math.max(next, Number(label) + 1)
  }
  const added = async (key: string, parts: readonly (string | null)[]) => {
    const label = next++
    known.set(key, label)
    await connection.run(addLabel, [label, ...parts])
    return label
  }
  return (...parts) => {
    const key = JSON.stringify(parts)
    return known.get(key) ?? added(key, parts)
  }
}

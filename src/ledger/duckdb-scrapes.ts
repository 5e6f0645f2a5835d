// What model servers said of themselves in; kept once for each moment in the DuckDB ledger, and those of any period back out.
import type { Scrape, ScrapeBatch } from '../core/meter/scrape.ts'
import { type Reader, rowsOf, type Session } from './duckdb-session.ts'
import type { Period } from './ledger.ts'
import * as sql from './sql.ts'

const batch = 2000

/** Adds those of moments not known yet; without any the source is not made. Answers about calls stay as they are. */
export function addScrapes(
  session: Session,
  { source, name, format, importedAtMicros, scrapes: all }: ScrapeBatch,
): Promise<number> {
  // A file may tell of one moment twice.
  const once = new Map(all.map(one => [JSON.stringify([one.server, one.engine, one.model, one.atMicros]), one]))
  const added = [...once.values()]
  return session.write(async connection => {
    const counted = async () => Number((await rowsOf(connection, sql.countScrapes))[0]?.[0])
    const [known] = await rowsOf(connection, sql.sourceKeyOf, [source])
    const key = Number(known?.[0] ?? (await rowsOf(connection, sql.nextSourceKey))[0]?.[0])
    const before = await counted()
    for (let from = 0; from < added.length; from += batch) {
      const rows = added.slice(from, from + batch).map(({ server, engine, model, atMicros, ...said }) => ({
        source_key: key,
        server,
        engine,
        model,
        scraped_at: atMicros,
        said: JSON.stringify(said),
      }))
      await connection.run(sql.addScrapes, [JSON.stringify(rows)])
    }
    const fresh = (await counted()) - before
    if (fresh === 0) return 0
    if (known === undefined)
      await connection.run(sql.addSource, [key, source, source, name, format, BigInt(importedAtMicros), false])
    return fresh
  })
}

export async function scrapes(session: Reader, { fromMicros, toMicros }: Period): Promise<Scrape[]> {
  const bound = (micros: number | undefined) => (micros === undefined ? null : BigInt(Math.ceil(micros)))
  const found = await session.ask(sql.readScrapes, [bound(fromMicros), bound(toMicros)])
  return found.map(row => ({
    server: row[0] as string,
    engine: row[1] as string,
    model: (row[2] ?? null) as string | null,
    atMicros: Number(row[3]),
    ...(JSON.parse(row[4] as string) as Omit<Scrape, 'server' | 'engine' | 'model' | 'atMicros'>),
  }))
}

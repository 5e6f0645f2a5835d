// A bill in; its lines in the DuckDB ledger, all or none, and the lines of any period back out.
import type { DuckDBDecimalValue } from '@duckdb/node-api'
import type { BilledLine, ChargeBatch, ChargeCategory } from '../core/meter/charge.ts'
import { fromPico } from '../core/meter/money.ts'
import { type Reader, rowsOf, type Session } from './duckdb-session.ts'
import type { Period } from './ledger.ts'
import { usdText } from './question.ts'
import * as sql from './sql.ts'

const batch = 5000

/** Keeps the lines as a source of their own; false when it is there already. */
export function addCharges(session: Session, bill: ChargeBatch): Promise<boolean> {
  return session.write(async connection => {
    const [known] = await rowsOf(connection, sql.sourceKeyOf, [bill.source])
    if (known) return false
    const [next] = await rowsOf(connection, sql.nextSourceKey)
    const key = Number(next?.[0])
    const { source, name, format, importedAtMicros, sample } = bill
    await connection.run(sql.addSource, [key, source, source, name, format, BigInt(importedAtMicros), sample])
    for (let from = 0; from < bill.charges.length; from += batch) {
      const rows = bill.charges.slice(from, from + batch).map((charge, i) => ({
        source_key: key,
        ordinal: from + i + 1,
        provider: charge.provider,
        from_at: charge.fromMicros,
        to_at: charge.toMicros,
        usd: usdText(charge.usd),
        category: charge.category,
        description: charge.description,
        model: charge.model,
      }))
      await connection.run(sql.addCharges, [JSON.stringify(rows)])
    }
    await connection.run(sql.bumpRevision)
    return true
  })
}

export async function charges(session: Reader, { fromMicros, toMicros }: Period): Promise<BilledLine[]> {
  const bound = (micros: number | undefined) => (micros === undefined ? null : BigInt(Math.ceil(micros)))
  const found = await session.ask(sql.readCharges, [bound(fromMicros), bound(toMicros)])
  return found.map(row => ({
    source: row[0] as string,
    ordinal: Number(row[1]),
    name: row[2] as string,
    importedAtMicros: Number(row[3]),
    provider: row[4] as string,
    fromMicros: Number(row[5]),
    toMicros: Number(row[6]),
    usd: fromPico((row[7] as DuckDBDecimalValue).value),
    category: row[8] as ChargeCategory,
    description: (row[9] ?? null) as string | null,
    model: (row[10] ?? null) as string | null,
  }))
}

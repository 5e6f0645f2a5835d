// A slice of the DuckDB ledger in; the prefix blocks of its calls, chunk by chunk as flat arrays, out.
import type { DuckDBListVector } from '@duckdb/node-api'
import type { Reader, Value } from './duckdb-session.ts'
import type { PrefixPiece, Slice } from './ledger.ts'
import { checkSlice } from './question.ts'
import * as sql from './sql.ts'

/** As `Ledger.prefixBlocks`. A chunk has at most 2,048 calls, and its lists are read where they lie. */
export async function prefixBlocks(
  session: Reader,
  slice: Slice,
  take: (piece: PrefixPiece) => void | Promise<void>,
): Promise<number> {
  checkSlice(slice)
  const values: Value[] = []
  const where = sql.within(slice, value => `$${values.push(value)}`)
  return session.apart(async connection => {
    const [row] = (await connection.runAndReadAll(sql.countPrefixes(where), values)).getRows()
    const some = Number(row?.[0] ?? 0)
    if (some === 0) return 0
    const stream = await connection.stream(sql.prefixBlocks(where), values)
    for (let chunk = await stream.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await stream.fetchChunk()) {
      await take(pieceOf(chunk.getColumnVector(0) as DuckDBListVector, chunk.rowCount))
    }
    return some
  })
}

function pieceOf(lists: DuckDBListVector, n: number): PrefixPiece {
  const offsets = new Int32Array(n + 1)
  for (let k = 0; k < n; k++) offsets[k + 1] = offsets[k]! + lists.getEntryLength(k)
  const blocks = new Float64Array(offsets[n]!)
  const { items } = lists.childVector as unknown as { items: BigInt64Array }
  const halves = new Int32Array(items.buffer, items.byteOffset, 2 * items.length)
  for (let k = 0; k < n; k++) {
    const from = lists.getEntryOffset(k)
    for (let i = 0; i < lists.getEntryLength(k); i++) {
      const [low, high] = [halves[2 * (from + i)]! >>> 0, halves[2 * (from + i) + 1]!]
      blocks[offsets[k]! + i] = ((high << 11) >> 11) * 2 ** 32 + low
    }
  }
  return { n, offsets, blocks }
}

// A file of plain rows, CSV by RFC 4180 or JSON Lines, gzipped or not, in; its records with their lines, and what could not be read, out.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { PlainRecord } from './cells.ts'
import { type CsvRow, csvRows } from './csv-rows.ts'

export type PlainFileRecord =
  | { readonly line: number; readonly record: PlainRecord }
  | { readonly line: number; readonly reason: string; readonly raw: string }

/**
 * The file's records in batches, as they are read: it is never held whole. A file that is named so, or begins with a brace,
 * is JSON Lines; any other a CSV, whose trimmed head `onHead` gets before a record comes. Throws what the system says of the file.
 */
export async function* plainRecords(
  path: string,
  onHead: (columns: readonly string[]) => void,
): AsyncGenerator<readonly PlainFileRecord[]> {
  const texts = textOf(path, await isGzip(path))
  let start = ''
  for (let next = await texts.next(); !next.done; next = await texts.next()) {
    start += next.value
    if (start.trim() !== '') break
  }
  const all = resumed(start, texts)
  if (isNamedJsonLines(path) || start.trimStart().startsWith('{')) yield* jsonLines(all)
  else yield* tableRows(all, onHead)
}

/** Its first line may be spoilt. */
const isNamedJsonLines = (path: string): boolean => /\.(?:jsonl|ndjson)(?:\.gz)?$/i.test(path)

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

async function* textOf(path: string, gzip: boolean): AsyncGenerator<string, undefined> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  const pieces = gzip ? pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => {}) : file
  // The decoder takes a byte order mark off by itself.
  const decoder = new TextDecoder()
  for await (const piece of pieces) yield decoder.decode(piece as Buffer, { stream: true })
  yield decoder.decode()
}

async function* resumed(start: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield start
  yield* rest
}

async function* tableRows(
  texts: AsyncIterable<string>,
  onHead: (columns: readonly string[]) => void,
): AsyncGenerator<PlainFileRecord[]> {
  let columns: readonly string[] | null = null
  const recordOf = ({ line, cells, reason, raw }: CsvRow): PlainFileRecord[] => {
    if (cells === null) return [{ line, reason: reason ?? '', raw }]
    if (columns === null) {
      columns = cells.map(name => name.trim())
      onHead(columns)
      return []
    }
    if (cells.length !== columns.length) {
      return [{ line, reason: `expected ${columns.length} cells, got ${cells.length}`, raw }]
    }
    return [{ line, record: Object.fromEntries(columns.map((name, i) => [name, cells[i]])) }]
  }
  for await (const rows of csvRows(texts)) yield rows.flatMap(recordOf)
}

async function* jsonLines(texts: AsyncIterable<string>): AsyncGenerator<PlainFileRecord[]> {
  let rest = ''
  let line = 0
  for await (const text of texts) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield lines.flatMap(each => lineRecord(each, ++line))
  }
  yield lineRecord(rest, ++line)
}

function lineRecord(text: string, line: number): PlainFileRecord[] {
  if (text.trim() === '') return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return [{ line, reason: 'not JSON', raw: text }]
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return [{ line, record: value as PlainRecord }]
  return [{ line, reason: 'not a JSON object', raw: text }]
}

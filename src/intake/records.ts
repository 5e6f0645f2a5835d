// A file in; its records one by one (lines, items of a document, rows of a table), or one document as a whole, out. Only one record is held.
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { Fault } from '../core/fault/fault.ts'
import type { CallsReading } from './importer.ts'
import { jsonItems } from './json-items.ts'

export interface FileOfRecords {
  readonly path: string
  readonly gzip: boolean
  /** Decompressed. */
  readonly bytes: number
}

/** `value`, or why the line has none. `line` is null for a document. */
export type FileRecord =
  | { readonly line: number | null; readonly value: unknown }
  | { readonly line: number | null; readonly reason: string }

/** A document and what is made of it are in memory at once. */
const longestDocument = 256 * 1024 * 1024

/** The file's records in its order. Faults: DOCUMENT_TOO_LONG, FILE_UNREADABLE, both naming `where`. */
export async function* recordsOf(
  file: FileOfRecords,
  { records, delimiter = ',' }: Pick<CallsReading, 'records' | 'delimiter'>,
  where: string,
): AsyncGenerator<FileRecord> {
  const pieces = bytesOf(file)
  if (records === 'lines') return yield* linesOf(pieces)
  if (records === 'items') return yield* itemsOf(pieces)
  if (records === 'rows') return yield* rowsOf(pieces, delimiter, where)
  if (file.bytes > longestDocument) {
    throw new Fault('DOCUMENT_TOO_LONG', `one document of more than ${longestDocument / 1024 / 1024} MiB`, {
      where,
      fix: 'write it as JSON Lines, one record a line, or in several files',
    })
  }
  const whole: Buffer[] = []
  for await (const piece of pieces) whole.push(piece)
  const bytes = Buffer.concat(whole)
  yield { line: null, value: records === 'bytes' ? bytes : parsedDocument(bytes, where) }
}

function bytesOf({ path, gzip }: FileOfRecords): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  // What goes wrong with it comes out of the stream that is read.
  return gzip ? pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => {}) : file
}

function parsedDocument(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(textOf(bytes))
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Fault('FILE_UNREADABLE', 'not one JSON document', { where, fix: `repair it: ${jsonPlace(message)}` })
  }
}

/** Where JSON breaks, without the text around it: that may be a prompt. */
const jsonPlace = (message: string): string => /at position \d+/.exec(message)?.[0] ?? 'it ends too early'

async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  let line = 0
  let begun: Buffer[] = []
  for await (const piece of pieces) {
    let from = 0
    // Only `\n` ends a line: JSON may hold other line separators as they are.
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, from)) {
      begun.push(piece.subarray(from, at))
      from = at + 1
      line++
      yield* recordOf(begun, line)
      begun = []
    }
    if (from < piece.length) begun.push(piece.subarray(from))
  }
  yield* recordOf(begun, line + 1)
}

function* recordOf(pieces: readonly Buffer[], line: number): Generator<FileRecord> {
  const text = textOf(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)).trim()
  if (text === '') return
  try {
    yield { line, value: JSON.parse(text) }
  } catch {
    yield { line, reason: 'not JSON' }
  }
}

async function* itemsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  const items = jsonItems()
  const decoder = new TextDecoder()
  for await (const piece of pieces) {
    for (const text of items.push(decoder.decode(piece, { stream: true }))) yield itemOf(text)
  }
  if (items.rest() !== null) yield { line: null, reason: 'the document ends within this record' }
}

function itemOf(text: string): FileRecord {
  try {
    return { line: null, value: JSON.parse(text) }
  } catch {
    return { line: null, reason: 'not JSON' }
  }
}

/** What csv-parse tells of a row; its types leave out the error of a row of another length. */
interface RowInfo {
  readonly lines: number
  readonly columns: readonly unknown[]
  readonly error?: Error
}

/** Rows by column. Only `"` quotes, doubled inside; what else is wrong with a table ends it. */
async function* rowsOf(pieces: AsyncIterable<Buffer>, delimiter: string, where: string): AsyncGenerator<FileRecord> {
  const rows = parse({
    columns: true,
    delimiter,
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
    info: true,
  })
  const piped = pipeline(pieces, rows, () => {})
  try {
    for await (const { record, info } of piped as AsyncIterable<{ record: unknown; info: RowInfo }>) {
      const { lines: line, error, columns } = info
      if (error === undefined) yield { line, value: record }
      else yield { line, reason: `more or fewer cells than its ${columns.length} columns` }
    }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    const line = typeof thrown.lines === 'number' ? `:${thrown.lines}` : ''
    throw new Fault(
      'FILE_UNREADABLE',
      'a quote opens here and does not close as it should',
      { where: `${where}${line}`, fix: 'remove it, or double it inside a quoted cell; nothing of this file was added' },
      { cause: thrown },
    )
  }
}

const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\uFEFF/, '')

// A file in; its JSON values one by one, line by line or as one document, out. No more of a file of lines is held than one line.
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Fault } from '../core/fault/fault.ts'
import type { CallsReading } from './importer.ts'

export interface FileOfRecords {
  readonly path: string
  readonly gzip: boolean
  /** Decompressed. */
  readonly bytes: number
}

/** `value`, or why the line has none. `line` is null for a document. */
export type FileRecord =
  | { readonly line: number | null; readonly value: unknown }
  | { readonly line: number; readonly reason: string }

/** A document and what is made of it are in memory at once. */
const longestDocument = 256 * 1024 * 1024

/** The file's records in its order. Faults: DOCUMENT_TOO_LONG, FILE_UNREADABLE, both naming `where`. */
export async function* recordsOf(
  file: FileOfRecords,
  records: CallsReading['records'],
  where: string,
): AsyncGenerator<FileRecord> {
  const pieces = bytesOf(file)
  if (records === 'lines') {
    yield* linesOf(pieces)
    return
  }
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

const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\uFEFF/, '')

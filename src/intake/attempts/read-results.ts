// A file of another tool's results, gzipped or not, in; the tries that it tells of, and what it is, out.
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Fault } from '../../core/fault/fault.ts'
import { formatOf } from './formats.ts'
import type { ReadOptions, ResultsFile, ToldResults } from './told.ts'
import { isZip } from './zip.ts'

export interface ReadFile {
  readonly name: string
  readonly format: string
  readonly title: string
  readonly sha256: string
  readonly results: ToldResults
}

/** A document and what is made of it are in memory at once. */
const longestFile = 512 * 1024 * 1024

/** @throws Fault FILE_UNREADABLE, DOCUMENT_TOO_LONG, FILE_EMPTY, FORMAT_UNKNOWN */
export function readResults(path: string, format: string | null, options: ReadOptions): ReadFile {
  const name = basename(path)
  if (statSync(path).size > longestFile) throw tooLong(name)
  let bytes: Buffer = readFileSync(path)
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = unzipped(bytes, name)
  if (bytes.length === 0) throw new Fault('FILE_EMPTY', 'the file is empty', { where: name })
  const file = fileOf(name, bytes)
  const read = formatOf(file, format, Object.keys(options.map).length > 0)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { name, format: read.name, title: read.title, sha256, results: read.read(file, options) }
}

function unzipped(bytes: Buffer, name: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: longestFile })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(name)
    throw new Fault('FILE_UNREADABLE', 'broken gzip data', { where: name, fix: 'fetch it again' }, { cause: thrown })
  }
}

const tooLong = (name: string): Fault =>
  new Fault('DOCUMENT_TOO_LONG', `more than ${longestFile / 1024 / 1024} MiB`, {
    where: name,
    fix: 'import it in several files',
  })

function fileOf(name: string, bytes: Buffer): ResultsFile {
  if (isZip(bytes)) return { name, bytes, text: '', json: undefined, lines: null }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  const first = text.trimStart()[0]
  if (first !== '{' && first !== '[') return { name, bytes, text, json: undefined, lines: null }
  const json = parsed(text)
  // One row on a line is a document too: its file's name says that it is a row.
  const isOneRow = json !== undefined && /\.(jsonl|ndjson)(\.gz)?$/i.test(name) && !Array.isArray(json)
  if (isOneRow) return { name, bytes, text, json, lines: [{ line: 1, value: json }] }
  if (json !== undefined) return { name, bytes, text, json, lines: null }
  const lines = text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [{ line: i + 1, value: parsed(line) }]))
  if (lines.every(({ value }) => value === undefined)) {
    throw new Fault('FILE_UNREADABLE', 'neither a JSON document nor JSON Lines', { where: name, fix: 'repair it' })
  }
  return { name, bytes, text, json: undefined, lines }
}

/** Some tools write NaN as it is, which is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (!/[:[,]\s*(NaN|-?Infinity)\s*[,}\]]/.test(text)) return undefined
    try {
      return JSON.parse(text.replace(/([:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,}\]])/g, '$1null'))
    } catch {
      return undefined
    }
  }
}

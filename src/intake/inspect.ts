// A file in; what it is made of (hash of its decompressed bytes, first lines, longest line), or why it cannot be read, out.
import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { Fault } from '../core/fault/fault.ts'

export interface Inspection {
  readonly sha256: string
  readonly gzip: boolean
  readonly parquet: boolean
  /** It begins as messages in a message do, with bytes that no text has. */
  readonly protobuf: boolean
  /** Decompressed. */
  readonly bytes: number
  readonly lineBreaks: number
  readonly longestLineBytes: number
  /** Which line that is, 1-based. */
  readonly longestLineAt: number
  /** The first decompressed bytes as text, whole lines only. */
  readonly head: string
}

/** No row is longer than this; a longer line is not a line of a table. */
const longestRow = 8 * 1024 * 1024
/** A line of JSON may be a document that holds many calls, prompts and all; a list is read item by item, however long it is. */
const longestJson = { '{': 256 * 1024 * 1024, '[': Number.POSITIVE_INFINITY }
const headBytes = 1024 * 1024

/**
 * Reads the whole file once (errors call it `name`), holding no more than a chunk and the head. `progress` gets compressed bytes read and in all.
 * Faults: FILE_NOT_FOUND, FILE_EMPTY, FILE_TRUNCATED, FILE_UNREADABLE, FILE_BINARY, LINE_TOO_LONG, IMPORT_STOPPED.
 */
export async function inspectFile(
  path: string,
  name: string,
  progress: (read: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Inspection> {
  const total = sizeOf(path)
  const stop = new AbortController()
  const input = createReadStream(path, { highWaterMark: 1 << 20, signal: stop.signal })
  let read = 0
  let gzip = false
  let parquet = false
  let protobuf = false
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let bytes = 0
  let lineBreaks = 0
  let sinceBreak = 0
  let longestLineBytes = 0
  let longestLineAt = 1
  let allowed = longestRow

  const take = (chunk: Buffer): void => {
    hash.update(chunk)
    if (bytes < headBytes) head.push(Buffer.from(chunk.subarray(0, headBytes - bytes)))
    if (bytes === 0) protobuf = !parquet && beginsProtobuf(chunk)
    bytes += chunk.length
    if (parquet || protobuf) return
    if (chunk.includes(0)) throw binary(name)
    if (bytes === chunk.length) allowed = longestJson[firstCharacter(chunk) as '{'] ?? longestRow
    const longer = (length: number): void => {
      if (length <= longestLineBytes) return
      longestLineBytes = length
      longestLineAt = lineBreaks + 1
    }
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      longer(sinceBreak + at - from)
      lineBreaks++
      sinceBreak = 0
      from = at + 1
    }
    sinceBreak += chunk.length - from
    longer(sinceBreak)
    if (longestLineBytes > allowed) throw lineTooLong(name, longestLineAt, allowed)
  }

  try {
    let inflate: ReturnType<typeof createGunzip> | null = null
    let inflated: Promise<void> | null = null
    for await (const piece of input) {
      const chunk = piece as Buffer
      if (read === 0) {
        gzip = chunk[0] === 0x1f && chunk[1] === 0x8b
        parquet = chunk.subarray(0, 4).toString('latin1') === 'PAR1'
        refuseOther(chunk, name)
        if (gzip) {
          inflate = createGunzip({ chunkSize: 1 << 18 })
          const stream = inflate
          inflated = (async () => {
            for await (const part of stream) take(part as Buffer)
          })()
          inflated.catch(() => undefined)
        }
      }
      read += chunk.length
      if (signal?.aborted)
        throw new Fault('IMPORT_STOPPED', 'the import was stopped; nothing of this file was added', {
          where: name,
          kind: 'no',
        })
      if (!inflate) take(chunk)
      else if (!inflate.write(chunk)) await Promise.race([new Promise(done => inflate?.once('drain', done)), inflated])
      progress(read, total)
    }
    inflate?.end()
    await inflated
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : unreadable(thrown, name)
  } finally {
    stop.abort()
    input.destroy()
  }
  if (bytes === 0) throw new Fault('FILE_EMPTY', 'the file is empty', { where: name })
  const lines = wholeLines(head, bytes)
  if (!parquet && !protobuf && hasControls(lines.slice(0, 4096))) throw binary(name)
  return {
    sha256: hash.digest('hex'),
    gzip,
    parquet,
    protobuf,
    bytes,
    lineBreaks,
    longestLineBytes,
    longestLineAt,
    head: lines,
  }
}

/** A table is read row by row, however long the lines of documents may be. @throws Fault LINE_TOO_LONG */
export function checkRows(name: string, { parquet, longestLineBytes, longestLineAt }: Inspection): void {
  if (!parquet && longestLineBytes > longestRow) throw lineTooLong(name, longestLineAt, longestRow)
}

const lineTooLong = (name: string, line: number, allowed: number): Fault =>
  new Fault('LINE_TOO_LONG', `line ${line} is longer than ${allowed / 1024 / 1024} MiB`, {
    where: name,
    fix: 'records are one per line; check that the file is CSV or JSON Lines',
  })

const firstCharacter = (chunk: Buffer): string =>
  /^\uFEFF?\s*(.?)/.exec(chunk.subarray(0, 1024).toString('utf8'))?.[1] ?? ''

/** A first field that holds a message of which the first field holds one too; its length may stand in four bytes before it. */
function beginsProtobuf(chunk: Buffer): boolean {
  const message = chunk[0] === 0 && chunk.length > 4 ? chunk.subarray(4) : chunk
  if (message[0] !== 0x0a) return false
  let at = 1
  while (at < 6 && message[at]! >= 0x80) at++
  const inside = message[at + 1]
  return (inside === 0x0a || inside === 0x12) && hasControls(message.subarray(0, 4096).toString('latin1'))
}

/** Control characters other than white space and escape: no table begins with one. */
const hasControls = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 && !(code >= 9 && code <= 13) && code !== 27) return true
  }
  return false
}

function wholeLines(head: readonly Buffer[], bytes: number): string {
  const text = Buffer.concat(head)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  if (bytes <= headBytes) return text
  const last = text.lastIndexOf('\n')
  return last < 0 ? text : text.slice(0, last + 1)
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new Fault('FILE_NOT_FOUND', 'no such file', { where: path })
  if (found.isDirectory())
    throw new Fault('FILE_NOT_FOUND', 'this is a folder', { where: path, fix: 'name the files in it' })
  return found.size
}

/** Containers that people send, by their first bytes, and what to do about each. */
const others: readonly (readonly [beginning: string, what: string, fix: string])[] = [
  ['PK\x03\x04', 'a zip archive (or a spreadsheet)', 'unpack it, or save the sheet as CSV in UTF-8'],
  ['\x28\xb5\x2f\xfd', 'compressed with zstd', 'unpack it: zstd -d FILE'],
  ['BZh', 'compressed with bzip2', 'unpack it: bunzip2 FILE'],
  ['\xfd7zXZ', 'compressed with xz', 'unpack it: unxz FILE'],
  ['\xff\xfe', 'UTF-16 text', 'turn it into UTF-8: iconv -f UTF-16 -t UTF-8 FILE'],
  ['\xfe\xff', 'UTF-16 text', 'turn it into UTF-8: iconv -f UTF-16 -t UTF-8 FILE'],
]

function refuseOther(chunk: Buffer, name: string): void {
  const begins = chunk.subarray(0, 8).toString('latin1')
  const other = others.find(([beginning]) => begins.startsWith(beginning))
  if (other) throw new Fault('FILE_BINARY', `the file is ${other[1]}`, { where: name, fix: other[2] })
}

const binary = (name: string): Fault =>
  new Fault('FILE_BINARY', 'the file is not text', {
    where: name,
    fix: 'import CSV or JSON Lines in UTF-8, gzipped or not, or Parquet',
  })

function unreadable(thrown: unknown, name: string): Fault {
  const { code = '', message = String(thrown) } = thrown as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR') {
    return new Fault(
      'FILE_TRUNCATED',
      'the gzip data ends too early',
      { where: name, fix: 'fetch the file again; nothing of this file was added' },
      { cause: thrown },
    )
  }
  return new Fault(
    'FILE_UNREADABLE',
    code.startsWith('Z_') ? `broken gzip data: ${message}` : message,
    { where: name },
    { cause: thrown },
  )
}

// Rows that could not be read in; a file of them with line and reason, out. Nothing is written while nothing is rejected.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Reject } from '../core/meter/load.ts'

export interface RejectFile {
  readonly add: (reject: Reject) => void
  /** Null when there was nothing to write. */
  readonly path: () => string | null
  /** `line 3: ContextTokens: …`, for a message. */
  readonly first: () => string
  readonly close: () => void
}

/** `<dataDir>/rejects/<name>.rejects.jsonl`, written anew by each import of a file of this name. */
export function openRejects(dataDir: string, name: string): RejectFile {
  const folder = join(dataDir, 'rejects')
  const path = join(folder, `${name.replace(/[^\w.-]+/g, '_')}.rejects.jsonl`)
  let file: number | null = null
  let first = ''
  let waiting = ''
  const flush = () => {
    if (waiting === '') return
    if (file === null) {
      mkdirSync(folder, { recursive: true })
      file = openSync(path, 'w')
    }
    writeSync(file, waiting)
    waiting = ''
  }
  return {
    add: ({ line, reason, raw }) => {
      if (first === '') first = `${line === null ? '' : `line ${line}: `}${reason}`
      waiting += `${JSON.stringify({ line, reason, raw: shortened(raw) })}\n`
      if (waiting.length > 1 << 16) flush()
    },
    path: () => (first === '' ? null : path),
    first: () => first,
    close: () => {
      flush()
      if (file !== null) closeSync(file)
      file = null
    },
  }
}

/** Names of several files that are read as one, by which the rows of each are rejected: those of one name are numbered. */
export function namesApart(paths: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return paths.map(path => {
    const name = basename(path)
    const n = (seen.get(name) ?? 0) + 1
    seen.set(name, n)
    return n === 1 ? name : `${name}-${n}`
  })
}

/** At most 1 KiB of UTF-8, cut between characters. */
function shortened(raw: string): string {
  const bytes = Buffer.from(raw)
  return bytes.length <= 1024
    ? raw
    : `${bytes
        .subarray(0, 1020)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')}…`
}

// Captures of a data folder, or a user's own file, in; what each call said, by its id, out.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { type CapturedCall, readCaptures } from '../../server/capture/capture-files.ts'
import { captureKeys } from '../../server/capture/capture-key.ts'
import { wireOf } from '../../tasks/replay/prompts.ts'
import type { CallContent } from '../../tasks/replay/replay-suite.ts'
import { checkFile } from '../unreadable.ts'

export interface Contents {
  has(id: string): boolean
  of(id: string): CallContent | null
  readonly size: number
  /** What could not be read, in words. */
  readonly problems: readonly string[]
}

/** Only answers that came whole and well: others are no reference. */
export function capturedContents(dataDir: string, keyFile: string | undefined): Contents {
  const calls = new Map<string, CapturedCall>()
  const reasons = new Map<string, number>()
  for (const read of readCaptures(dataDir, captureKeys(dataDir, keyFile))) {
    if ('reason' in read) reasons.set(read.reason, (reasons.get(read.reason) ?? 0) + 1)
    else if (read.call.isWhole && read.call.status === 200) calls.set(read.call.key, read.call)
  }
  return {
    has: id => calls.has(id),
    size: calls.size,
    problems: [...reasons].map(([reason, times]) => `captures: ${reason} (${many(times, 'time')})`),
    of(id) {
      const call = calls.get(id)
      if (call === undefined) return null
      const answer = decoded(call.answer, call.contentEncoding)
      return {
        wire: call.wire,
        request: parsed(call.request.toString('utf8')),
        answer: answer?.toString('utf8') ?? null,
      }
    },
  }
}

function decoded(bytes: Buffer, encoding: string | null): Buffer | null {
  try {
    if (encoding === null || encoding === 'identity') return bytes
    if (encoding === 'gzip') return gunzipSync(bytes)
    if (encoding === 'br') return brotliDecompressSync(bytes)
    return encoding === 'deflate' ? inflateSync(bytes) : null
  } catch {
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * `{"id": …, "request": …, "answer": …}` a line: `id` is the call's in the ledger, `request` the body as it was sent, `answer` the
 * body that came (or a stream's text), `wire` where the request alone does not tell it. @throws Fault DATASET_INVALID
 */
export function datasetContents(path: string): Contents {
  checkFile(path)
  const rows = new Map<string, CallContent>()
  const wrong: string[] = []
  for (const [i, line] of readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue
    const row = parsed(line) as {
      id?: unknown
      request?: unknown
      answer?: unknown
      response?: unknown
      wire?: unknown
    } | null
    const wire = typeof row?.wire === 'string' ? row.wire : wireOf(row?.request)
    if (row === null || (typeof row.id !== 'string' && typeof row.id !== 'number') || wire === null) {
      wrong.push(`line ${i + 1}: expected {"id", "request", "answer"}`)
      continue
    }
    const answer = row.answer ?? row.response ?? null
    const told = answer === null || typeof answer === 'string' ? answer : JSON.stringify(answer)
    rows.set(String(row.id), { wire, request: row.request, answer: told })
  }
  if (rows.size === 0) {
    throw new Fault('DATASET_INVALID', wrong[0] ?? 'no rows', { where: path, fix: 'write one object a line' })
  }
  return {
    has: id => rows.has(id),
    of: id => rows.get(id) ?? null,
    size: rows.size,
    problems: wrong.length === 0 ? [] : [`${path}: ${many(wrong.length, 'line')} left out; the first: ${wrong[0]}`],
  }
}

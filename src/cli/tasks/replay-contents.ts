// Captures of a data folder, or a user's own file, in; what each call said, by its id, out.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { type CapturedCall, expireCaptures, readCaptures } from '../../server/capture/capture-files.ts'
import { captureKeys } from '../../server/capture/capture-key.ts'
import { promptOf, wireOf } from '../../tasks/replay/prompts.ts'
import { recordedAnswer } from '../../tasks/replay/recorded-answer.ts'
import type { CallContent } from '../../tasks/replay/replay-suite.ts'
import { checkFile } from '../unreadable.ts'

export interface Contents {
  /** Whether the call can be tried elsewhere: what it asked and what it was answered is at hand, and can be read. */
  has(id: string): boolean
  /** What these calls said. */
  of(ids: ReadonlySet<string>): ReadonlyMap<string, CallContent>
  readonly size: number
  /** Calls whose content is there and cannot be used. */
  readonly unusable: number
  /** What could not be read, in words. */
  readonly problems: readonly string[]
}

export interface CaptureTerms {
  readonly keyFile?: string | undefined
  readonly keepDays?: number | null | undefined
}

/**
 * Captures are read twice, since what a sample needs of them is little and all of them may be more than memory holds: first for
 * which calls can be tried, then for what the drawn ones said.
 */
export function capturedContents(dataDir: string, { keyFile, keepDays = null }: CaptureTerms): Contents {
  // What has expired is gone, whether or not a server ran since.
  expireCaptures(dataDir, keepDays, Date.now())
  const keys = captureKeys(dataDir, keyFile)
  const usable = new Set<string>()
  const reasons = new Map<string, number>()
  let unusable = 0
  for (const read of readCaptures(dataDir, keys)) {
    if ('reason' in read) reasons.set(read.reason, (reasons.get(read.reason) ?? 0) + 1)
    else if (isUsable(contentOf(read.call))) usable.add(read.call.key)
    else unusable++
  }
  return {
    has: id => usable.has(id),
    size: usable.size,
    unusable,
    problems: [...reasons].map(([reason, times]) => `captures: ${reason} (${many(times, 'time')})`),
    of(ids) {
      const found = new Map<string, CallContent>()
      for (const read of readCaptures(dataDir, keys)) {
        if (!('call' in read) || !ids.has(read.call.key)) continue
        const content = contentOf(read.call)
        if (isUsable(content)) found.set(read.call.key, content)
      }
      return found
    },
  }
}

/** Only answers that came whole and well are a reference. */
function contentOf(call: CapturedCall): CallContent {
  const isAnswer = call.isWhole && call.status === 200
  const answer = isAnswer ? decoded(call.answer, call.contentEncoding) : null
  return { wire: call.wire, request: parsed(call.request.toString('utf8')), answer: answer?.toString('utf8') ?? null }
}

function isUsable({ wire, request, answer }: CallContent): boolean {
  const said = answer === null ? null : recordedAnswer(wire, answer)
  return said !== null && (said.text !== '' || said.toolCalls.length > 0) && promptOf(wire, request) !== null
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
  const usable = new Set([...rows].flatMap(([id, content]) => (isUsable(content) ? [id] : [])))
  return {
    has: id => usable.has(id),
    of: () => rows,
    size: rows.size,
    unusable: rows.size - usable.size,
    problems: wrong.length === 0 ? [] : [`${path}: ${many(wrong.length, 'line')} left out; the first: ${wrong[0]}`],
  }
}

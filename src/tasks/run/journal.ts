// A run's folder in; what it knows already, and a place where each next thing is written before anything rests on it, out.
import { createHash } from 'node:crypto'
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { AttemptRow } from '../../core/decide/quality/attempt-row.ts'
import { Fault } from '../../core/fault/fault.ts'
import type { Usage } from '../../core/meter/usage.ts'
import type { ToolCall } from '../task.ts'
import { entryOf, lineOf } from './journal-line.ts'

/** What one request came to, without its words. Money as decimal strings, unknown as null. */
export interface ToldEntry {
  readonly kind: 'told'
  readonly step: string
  readonly id: string
  /** Whether it is asked again: then this is what the failed request cost. */
  readonly isRetried: boolean
  readonly usage: Usage | null
  readonly usd: string | null
  readonly unpriced: string | null
  readonly seconds: number
  /** Requests that this stands for: a command makes any number. */
  readonly calls: number
  readonly model: string | null
  readonly stopReason: string | null
  readonly exitStatus: number | null
  readonly status: number | null
  /** Null = it was answered: the words are in the run's `answers`. */
  readonly unanswered: 'refused' | 'limited' | 'unavailable' | 'broken' | null
  readonly problem: string | null
}

export type Entry =
  /** A request goes out now: whoever finds this and no word of its end knows that it may have been paid. */
  | { readonly kind: 'asking'; readonly step: string; readonly id: string; readonly mostUsd: string | null }
  | ToldEntry
  | { readonly kind: 'graded'; readonly row: AttemptRow }

export interface Words {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
}

export interface Journal {
  /** As they were found, oldest first. */
  readonly found: readonly Entry[]
  /** Lines that were not whole: skipped. */
  readonly corrupt: number
  append(entry: Entry): void
  /** What was answered, on disk before it is said to be there. */
  keepWords(step: string, words: Words): void
  wordsOf(step: string): Words | null
  /** The try is graded: nobody needs its words any more. */
  dropWords(steps: Iterable<string>): void
  close(): void
}

/** Opens a run's journal; the torn end that a killed process left is cut off. @throws Fault RUN_UNWRITABLE */
export function openJournal(folder: string): Journal {
  const path = join(folder, 'journal')
  const answers = join(folder, 'answers')
  mkdirSync(answers, { recursive: true, mode: 0o700 })
  const { found, corrupt, whole } = read(path)
  const file = openSync(path, 'a', 0o600)
  truncateSync(path, whole)
  const place = (step: string) => join(answers, createHash('sha256').update(step).digest('hex').slice(0, 32))
  const written = (work: () => void) => {
    try {
      work()
    } catch (thrown) {
      const message = `the run cannot be written down: ${(thrown as Error).message}`
      const fix = 'make room, then run it again: it goes on where it stopped'
      throw new Fault('RUN_UNWRITABLE', message, { where: folder, fix, kind: 'outside' }, { cause: thrown })
    }
  }
  return {
    found,
    corrupt,
    append(entry) {
      written(() => {
        const line = lineOf(entry)
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at)
        // What was paid for outlives a power cut.
        if (entry.kind !== 'asking') fdatasyncSync(file)
      })
    },
    keepWords(step, words) {
      written(() => {
        const path = place(step)
        writeFileSync(`${path}.new`, JSON.stringify({ step, ...words }), { mode: 0o600, flush: true })
        renameSync(`${path}.new`, path)
      })
    },
    wordsOf(step) {
      try {
        const { text, toolCalls } = JSON.parse(readFileSync(place(step), 'utf8')) as Words
        return { text, toolCalls }
      } catch {
        return null
      }
    },
    dropWords(steps) {
      for (const step of steps) rmSync(place(step), { force: true })
    },
    close: () => closeSync(file),
  }
}

function read(path: string): { found: Entry[]; corrupt: number; whole: number } {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return { found: [], corrupt: 0, whole: 0 }
    throw thrown
  }
  const found: Entry[] = []
  let corrupt = 0
  let whole = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, whole)) {
    const entry = entryOf(bytes.subarray(whole, end)) as Entry | null
    if (entry === null) corrupt++
    else found.push(entry)
    whole = end + 1
  }
  return { found, corrupt, whole }
}

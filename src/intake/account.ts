// What happened to a file: the one shape of every import's result, and when a file is refused as a whole.

import { Fault } from '../core/fault/fault.ts'
import { many } from '../core/fault/many.ts'
import type { LoadPlan, LoadResult } from '../core/meter/load.ts'
import type { RejectFile } from './rejects.ts'

/** What every import says of its file, whatever is in it. */
export type About = Pick<LoadPlan, 'name' | 'where' | 'format' | 'source' | 'sample' | 'importedAtMicros'>

export interface ImportResult {
  readonly source: string
  readonly name: string
  readonly format: string
  readonly rows: number
  readonly added: number
  /** Calls that were there with a usage that nobody had told, and are known now; left out where there are none. */
  readonly completed?: number
  readonly duplicates: number
  readonly rejected: number
  readonly rejectFile: string | null
  /** ISO times of the first and last call of the file; null when it has none. */
  readonly firstAt: string | null
  readonly lastAt: string | null
  /** Sums over the file's good rows: the whole prompt, and all that was generated. */
  readonly tokens: { readonly input: number; readonly output: number }
  readonly unpricedCalls: number
  /** Rows of the file that are no calls, by why. */
  readonly leftOut: LoadResult['leftOut']
  /** Of a bill: its lines are `added` instead of calls, and their sum is here; null for everything else. */
  readonly billed: { readonly usd: string; readonly providers: readonly string[] } | null
  readonly notes: readonly string[]
}

/** Throws when a file has nothing that could be kept. */
export function acceptable(
  counts: { good: number; rejected: number; leftOut: number },
  { where }: Pick<LoadPlan, 'where'>,
  rejects: RejectFile,
): void {
  if (counts.good > 0) return
  if (counts.rejected === 0 && counts.leftOut > 0)
    throw new Fault('NO_CALLS', `none of its ${counts.leftOut} rows is a call to a model`, { where })
  if (counts.rejected === 0) throw new Fault('FILE_EMPTY', 'the file has a header and no rows', { where })
  const first = rejects.first()
  // A spreadsheet's 10/01/2026 may be January or October: it is not guessed at.
  const times = first.includes('expected a date and time')
    ? 'write times year first, as 2026-10-31T08:30:00Z, or as seconds since 1970; '
    : ''
  throw new Fault('ALL_REJECTED', `all ${counts.rejected} rows were rejected; the first: ${first}`, {
    where,
    fix: `${times}see ${rejects.path()}; nothing of this file was added`,
  })
}

export const iso = (micros: number | null): string | null =>
  micros === null ? null : new Date(micros / 1000).toISOString()

/** A load as the result of its import; `notes` come before those on what was found. */
export function accountOf(
  plan: About,
  found: LoadResult,
  notes: readonly string[],
  rejectFile: string | null,
): ImportResult {
  return {
    source: plan.source,
    name: plan.name,
    format: plan.format,
    rows: found.rows,
    added: found.added,
    ...(found.completed ? { completed: found.completed } : {}),
    duplicates: found.duplicates,
    rejected: found.rejected,
    rejectFile,
    firstAt: iso(found.firstAtMicros),
    lastAt: iso(found.lastAtMicros),
    tokens: found.tokens,
    unpricedCalls: found.unpricedCalls,
    leftOut: found.leftOut,
    billed: null,
    notes: [...notes, ...notesOn(found)],
  }
}

function notesOn(found: LoadResult): string[] {
  const notes = found.leftOut.map(({ why, rows }) => `${many(rows, 'row')} left out: ${why}`)
  if (found.added === 0 && !found.completed) notes.push('nothing added: every row is in the ledger already')
  if (found.outOfOrder > 0)
    notes.push(`${many(found.outOfOrder, 'row')} earlier than the row before: taken at their own time`)
  for (const { model, calls, reason } of found.unpricedModels.slice(0, 5)) {
    notes.push(`${many(calls, 'call')} without a price (${model ?? 'no model'}): ${reason}`)
  }
  return notes
}

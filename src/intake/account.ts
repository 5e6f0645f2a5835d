// What happened to a file: the one shape of every import's result, and when a file is refused as a whole.
import { Fault } from '../core/fault/fault.ts'
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
  throw new Fault('ALL_REJECTED', `all ${counts.rejected} rows were rejected; the first: ${rejects.first()}`, {
    where,
    fix: `see ${rejects.path()}; nothing of this file was added`,
  })
}

export const iso = (micros: number | null): string | null =>
  micros === null ? null : new Date(micros / 1000).toISOString()

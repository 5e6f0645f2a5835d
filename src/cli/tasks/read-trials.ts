// Files of plain rows that a command line names → one table of tries, with what was left out and why.
import { basename } from 'node:path'
import { type TrialTable, trialCollector } from '../../core/decide/quality/trial-table.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import type { Money } from '../../core/meter/money.ts'
import { plainRecords } from '../../intake/attempts/plain-file.ts'
import {
  neededFields,
  type PlainAttempt,
  type PlainRecord,
  plainAttempt,
  plainFields,
} from '../../intake/attempts/plain-row.ts'
import { openRejects } from '../../intake/rejects.ts'
import type { CommandFrame } from '../command.ts'
import { checkFile, unreadable } from '../unreadable.ts'

export interface RowsRead {
  readonly read: number
  /** Told twice in the same words, and counted once. */
  readonly repeated: number
  readonly rejected: number
  readonly reasons: readonly { readonly reason: string; readonly rows: number; readonly first: string }[]
  readonly rejectFiles: readonly string[]
}

interface Reading {
  readonly map: Readonly<Record<string, string>>
  /** Where the files of rejected rows go. */
  readonly data: string
  readonly frame: CommandFrame
  /** What a try cost that tells no price, by its record; absent or null = unknown. */
  readonly priceOf?: (attempt: PlainAttempt, record: PlainRecord) => Money | null
}

/** All files as one table. @throws Fault FILE_UNREADABLE, COLUMN_MISSING, NO_ROWS */
export async function readTrials(
  files: readonly string[],
  { map, data, frame, priceOf = () => null }: Reading,
): Promise<{ table: TrialTable; rows: RowsRead }> {
  for (const path of files) checkFile(path)
  const collector = trialCollector()
  const tally = { read: 0, repeated: 0, rejected: 0 }
  const reasons = new Map<string, { rows: number; first: string }>()
  const rejectFiles: string[] = []
  for (const path of files) {
    const rejects = openRejects(data, basename(path))
    const reject = (line: number, reason: string, raw: string) => {
      rejects.add({ line, reason, raw })
      tally.rejected++
      const kind = reason.replace(/, got .*/s, '')
      const known = reasons.get(kind)
      if (known === undefined) reasons.set(kind, { rows: 1, first: `${path}:${line}` })
      else known.rows++
    }
    try {
      for await (const batch of plainRecords(path, columns => checkHead(columns, map, path))) {
        for (const one of batch) {
          tally.read++
          if (!('record' in one)) {
            reject(one.line, one.reason, one.raw)
            continue
          }
          const record = renamed(one.record, map)
          const told = plainAttempt(record)
          if (typeof told === 'string') {
            reject(one.line, told, JSON.stringify(one.record))
            continue
          }
          const attempt = told.usd === null ? { ...told, usd: priceOf(told, record) } : told
          const taken = collector.add(attempt)
          if (taken === 'repeated') tally.repeated++
          if (taken === 'contradicted') {
            reject(one.line, 'told before with another outcome or cost: the first stands', JSON.stringify(one.record))
          }
        }
        frame.output.progress(`${many(tally.read, 'row')} read`)
      }
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : unreadable(path, thrown)
    } finally {
      rejects.close()
    }
    const rejectFile = rejects.path()
    if (rejectFile !== null) rejectFiles.push(rejectFile)
  }
  frame.output.progress(null)
  const table = collector.table()
  if (table.options.length === 0) {
    const [first] = reasons
    throw new Fault('NO_ROWS', first === undefined ? 'no row to rank' : `no row can be used: ${first[0]}`, {
      where: first?.[1].first ?? files.join(', '),
      fix: 'write rows of option,task,attempt,passed,usd under that head, or an object with these a line',
    })
  }
  return {
    table,
    rows: { ...tally, reasons: [...reasons].map(([reason, told]) => ({ reason, ...told })), rejectFiles },
  }
}

/** Refuses a table that lacks what is needed, or has a column that looks like a slip of one that is not there. */
function checkHead(columns: readonly string[], map: Reading['map'], path: string): void {
  for (const field of plainFields) {
    const name = map[field] ?? field
    if (columns.includes(name)) continue
    const near = nearestName(
      name,
      columns.filter(column => column.length > 2 && !(plainFields as readonly string[]).includes(column)),
    )
    const isNeeded = (neededFields as readonly string[]).includes(field) || map[field] !== undefined
    if (!isNeeded && near === null) continue
    throw new Fault('COLUMN_MISSING', `no column "${name}"`, {
      where: `${path}:1`,
      fix:
        near === null ? `say which holds it: --map ${field}=COLUMN` : `did you mean "${near}"? --map ${field}=${near}`,
    })
  }
}

function renamed(record: PlainRecord, map: Reading['map']): PlainRecord {
  const pairs = Object.entries(map)
  return pairs.length === 0
    ? record
    : { ...record, ...Object.fromEntries(pairs.map(([field, column]) => [field, record[column]])) }
}

// Files of plain rows that a command line names → one table of tries (or options' sums), with what was left out and why.
import type { Attempt } from '../../core/decide/quality/attempt.ts'
import type { OptionSums } from '../../core/decide/quality/sums.ts'
import { type TrialTable, trialCollector } from '../../core/decide/quality/trial-table.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import type { Money } from '../../core/meter/money.ts'
import type { PlainRecord } from '../../intake/attempts/cells.ts'
import { plainRecords } from '../../intake/attempts/plain-file.ts'
import { neededFields, type PlainAttempt, plainAttempt } from '../../intake/attempts/plain-row.ts'
import { optionSums } from '../../intake/attempts/sums-row.ts'
import { namesApart, openRejects } from '../../intake/rejects.ts'
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

export interface Reading {
  readonly map: Readonly<Record<string, string>>
  /** Where the files of rejected rows go. */
  readonly data: string
  readonly frame: CommandFrame
  /** What a try cost that tells no price, by its record; absent or null = unknown. */
  readonly priceOf?: (attempt: PlainAttempt, record: PlainRecord) => Money | null
  /** Another name for a file's options, by the file's place. */
  readonly optionName?: (option: string, place: number) => string
  /** Each try that is taken, once. */
  readonly onAttempt?: (attempt: Attempt) => void
}

export interface ReadTrials {
  /** Null where rows are sums. */
  readonly table: TrialTable | null
  readonly sums: readonly OptionSums[]
  readonly rows: RowsRead
}

/** All files as one. @throws Fault FILE_UNREADABLE, COLUMN_MISSING, ROWS_MIXED, NO_ROWS */
export async function readTrials(files: readonly string[], reading: Reading): Promise<ReadTrials> {
  const { data, frame } = reading
  for (const path of files) checkFile(path)
  const rows = rowTaker(reading)
  const tally = { read: 0, repeated: 0, rejected: 0 }
  const reasons = new Map<string, { rows: number; first: string }>()
  const rejectFiles: string[] = []
  const names = namesApart(files)
  for (const [place, path] of files.entries()) {
    const rejects = openRejects(data, names[place]!)
    let unwritten: string | null = null
    /** A data folder that cannot be written costs the file of rejected rows, and no row that is good. */
    const written = (work: () => void) => {
      try {
        if (unwritten === null) work()
      } catch (thrown) {
        unwritten = (thrown as Error).message
        frame.output.note(`rejected rows of ${path} are in no file: ${unwritten}`)
      }
    }
    const reject = (line: number, reason: string, raw: string) => {
      written(() => rejects.add({ line, reason, raw }))
      tally.rejected++
      const kind = reason.replace(/, got .*/s, '')
      const known = reasons.get(kind)
      if (known === undefined) reasons.set(kind, { rows: 1, first: `${path}:${line}` })
      else known.rows++
    }
    try {
      for await (const batch of plainRecords(path, columns => checkHead(columns, reading, path))) {
        for (const one of batch) {
          tally.read++
          const problem = 'record' in one ? rows.take(one.record, place) : one.reason
          if (problem === 'repeated') tally.repeated++
          else if (problem !== null) reject(one.line, problem, 'record' in one ? JSON.stringify(one.record) : one.raw)
        }
        frame.output.progress(`${many(tally.read, 'row')} read`)
      }
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : unreadable(path, thrown)
    } finally {
      written(() => rejects.close())
    }
    const rejectFile = unwritten === null ? rejects.path() : null
    if (rejectFile !== null) rejectFiles.push(rejectFile)
  }
  frame.output.progress(null)
  const read = rows.read()
  if (read.table === null && read.sums.length === 0) {
    const [first] = reasons
    throw new Fault('NO_ROWS', first === undefined ? 'no row to rank' : `no row can be used: ${first[0]}`, {
      where: first?.[1].first ?? files.join(', '),
      fix: 'write rows of option,task,attempt,passed,usd under that head, or an object with these a line',
    })
  }
  if (read.table !== null && read.sums.length > 0) {
    throw new Fault('ROWS_MIXED', 'some rows are of tries and some are sums: they cannot be ranked as one', {
      where: files.join(', '),
      fix: 'rank them apart',
    })
  }
  return {
    ...read,
    rows: { ...tally, reasons: [...reasons].map(([reason, told]) => ({ reason, ...told })), rejectFiles },
  }
}

interface RowTaker {
  /** Null when it was taken, `repeated`, or why it was not. */
  take(record: PlainRecord, place: number): string | null
  read(): Pick<ReadTrials, 'table' | 'sums'>
}

function rowTaker({ map, priceOf = () => null, optionName = name => name, onAttempt }: Reading): RowTaker {
  const collector = trialCollector()
  const sums = new Map<string, OptionSums>()
  const counted = new Map<string, number>()
  /** Of a row that does not number its try. */
  const next = ({ option, task }: Pick<PlainAttempt, 'option' | 'task'>): number => {
    const key = JSON.stringify([option, task])
    const n = (counted.get(key) ?? 0) + 1
    counted.set(key, n)
    return n
  }
  const pairs = Object.entries(map)
  const renamed = (record: PlainRecord): PlainRecord =>
    pairs.length === 0
      ? record
      : { ...record, ...Object.fromEntries(pairs.map(([field, column]) => [field, record[column]])) }
  const takeSums = (record: PlainRecord): string | null => {
    const told = optionSums(record)
    if (typeof told === 'string') return told
    const isSame = (other: OptionSums) =>
      other.tasks === told.tasks && other.passes === told.passes && other.usd === told.usd
    // Another row of the same name is another run: it stands beside the first under a name of its own.
    for (let n = 1; ; n++) {
      const name = n === 1 ? told.option : `${told.option} (${n})`
      const before = sums.get(name)
      if (before !== undefined && isSame(before)) return 'repeated'
      if (before !== undefined) continue
      sums.set(name, { ...told, option: name })
      return null
    }
  }
  return {
    take(raw, place) {
      const named = renamed(raw)
      const { option } = named
      const record = typeof option === 'string' ? { ...named, option: optionName(option, place) } : named
      if (isSums(Object.keys(record))) return takeSums(record)
      const told = plainAttempt(record)
      if (typeof told === 'string') return told
      const { dollars, ...plain } = told
      const attempt = plain.usd === null ? { ...plain, usd: priceOf(told, record) } : plain
      const taken = collector.add({ ...attempt, dollars })
      if (taken === 'added' && onAttempt !== undefined)
        onAttempt({ ...attempt, attempt: attempt.attempt ?? next(attempt) })
      if (taken === 'contradicted') return 'told before with another outcome or cost: the first stands'
      return taken === 'repeated' ? taken : null
    },
    read() {
      const table = collector.table()
      return { table: table.options.length === 0 ? null : table, sums: [...sums.values()] }
    },
  }
}

/** A row that counts passes is of sums; one of a try says whether it passed. */
const isSums = (fields: readonly string[]): boolean => fields.includes('passes') && !fields.includes('passed')

/** Refuses a table that lacks what is needed, or whose columns of costs or tries look like slips. */
function checkHead(columns: readonly string[], { map, frame }: Reading, path: string): void {
  const [fields, needed]: [readonly string[], readonly string[]] = isSums([...columns, ...Object.keys(map)])
    ? [
        ['option', 'tasks', 'passes', 'usd'],
        ['option', 'tasks', 'passes'],
      ]
    : [['option', 'task', 'passed', 'attempt', 'usd'], neededFields]
  for (const field of new Set([...fields, ...Object.keys(map)])) {
    const name = map[field] ?? field
    if (columns.includes(name)) {
      if (columns.indexOf(name) === columns.lastIndexOf(name)) continue
      throw new Fault('COLUMN_REPEATED', `two columns are named "${name}"`, {
        where: `${path}:1`,
        fix: 'rename one of them: nothing says which holds',
      })
    }
    const others = columns.filter(column => !fields.includes(column) && !Object.values(map).includes(column))
    const near = nearestName(name, others)
    if (near === null && !needed.includes(field) && map[field] === undefined) {
      if (field === 'usd')
        frame.output.note(`${path} has no column "usd": costs are unknown (--map usd=COLUMN names one)`)
      continue
    }
    throw new Fault('COLUMN_MISSING', `no column "${name}"`, {
      where: `${path}:1`,
      fix:
        near === null ? `say which holds it: --map ${field}=COLUMN` : `did you mean "${near}"? --map ${field}=${near}`,
    })
  }
}

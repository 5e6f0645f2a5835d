// A team's list of leased GPUs as CSV in; leases, each cell checked, out.
import { parse } from 'csv-parse/sync'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { parseDecimal } from '../core/meter/money.ts'

/** One line of the list. Plain: what an hour costs stays the decimal text. */
export interface LeaseLine {
  readonly line: number
  readonly gpu: string
  readonly count: number
  readonly fromMicros: number
  readonly toMicros: number | null
  readonly usdPerGpuHour: string
  readonly committedUntilMicros: number | null
  readonly team: string | null
}

/** How names and times of the list are understood; each throws a Fault for what it cannot. */
export interface LeaseReading {
  /** Name as in the catalog, from an id or an alias. */
  readonly gpuId: (name: string) => string
  /** A date as the first moment of its day in the zone in use, or an instant, as UTC microseconds. */
  readonly micros: (text: string) => number
}

const columns = ['gpu', 'count', 'from', 'to', 'usdPerHour', 'committedUntil', 'team'] as const
type Column = (typeof columns)[number]
const needed: readonly Column[] = ['gpu', 'count', 'from', 'usdPerHour']

/** Header spellings that mean the same: `usd_per_hour`, `USD per hour`. */
const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '')

/**
 * Reads the list. `usdPerHour` is for one GPU; an empty `to` means still running, an empty `committedUntil` no commitment.
 * A line that cannot be read refuses the whole list, for a lease left out would make own GPUs look cheaper than they are.
 * @throws Fault LEASES_EMPTY, LEASES_COLUMN, LEASE_INVALID naming file, line and field
 */
export function readLeases(name: string, text: string, reading: LeaseReading): LeaseLine[] {
  const records = recordsOf(name, text)
  const [header, ...rows] = records
  if (header === undefined) throw empty(name)
  const at = columnsOf(name, header)
  const leases: LeaseLine[] = []
  const faults: Fault[] = []
  for (const { cells, line } of rows) {
    try {
      leases.push(leaseOf(`${name}:${line}`, line, column => cells[at.get(column) ?? -1]?.trim() ?? '', reading))
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      faults.push(thrown)
    }
  }
  const [first] = faults
  if (first !== undefined) {
    const more =
      faults.length === 1 ? '' : ` (and ${faults.length - 1} more bad ${faults.length === 2 ? 'line' : 'lines'})`
    throw new Fault(first.code, `${first.message}${more}`, {
      where: first.where ?? undefined,
      fix: first.fix ?? undefined,
    })
  }
  if (leases.length === 0) throw empty(name)
  return leases
}

interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

function recordsOf(name: string, text: string): Row[] {
  const first = text.slice(0, text.search(/[\r\n]|$/))
  const delimiter = [',', ';', '\t'].reduce((a, b) => (first.split(b).length > first.split(a).length ? b : a))
  try {
    const rows = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as {
      record: string[]
      info: { lines: number }
    }[]
    // `lines` counts to the end of the record; its cells hold no line breaks.
    return rows
      .map(({ record, info }) => ({ cells: record, line: info.lines }))
      .filter(({ cells }) => cells.some(cell => cell.trim() !== ''))
  } catch (thrown) {
    const { lines, message } = thrown as { lines?: number; message: string }
    throw new Fault('LEASES_UNREADABLE', `not readable as CSV: ${message.split('\n')[0]}`, {
      where: lines === undefined ? name : `${name}:${lines}`,
      fix: `write the columns ${columns.join(',')}`,
    })
  }
}

function columnsOf(name: string, header: Row): Map<Column, number> {
  const at = new Map<Column, number>()
  header.cells.forEach((cell, i) => {
    if (cell.trim() === '') return
    const column = columns.find(known => plain(known) === plain(cell))
    if (column === undefined) {
      const near = nearestName(cell, columns)
      throw new Fault('LEASES_COLUMN', `unknown column "${cell.trim()}"`, {
        where: `${name}:${header.line}`,
        fix: near === null ? `use ${columns.join(', ')}` : `did you mean "${near}"?`,
      })
    }
    if (at.has(column)) {
      throw new Fault('LEASES_COLUMN', `two columns are named "${column}"`, {
        where: `${name}:${header.line}`,
        fix: 'remove one of them',
      })
    }
    at.set(column, i)
  })
  const missing = needed.find(column => !at.has(column))
  if (missing !== undefined) {
    throw new Fault('LEASES_COLUMN', `the column "${missing}" is missing`, {
      where: `${name}:${header.line}`,
      fix: `write the columns ${columns.join(',')}`,
    })
  }
  return at
}

function leaseOf(where: string, line: number, cell: (column: Column) => string, reading: LeaseReading): LeaseLine {
  const bad = (column: Column, expected: string) =>
    new Fault('LEASE_INVALID', `${column}: expected ${expected}, got "${cell(column)}"`, {
      where,
      fix: `correct ${column} and run again`,
    })
  const read = <T>(column: Column, expected: string, as: (text: string) => T): T => {
    try {
      return as(cell(column))
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      throw new Fault('LEASE_INVALID', `${column}: expected ${expected}, got "${cell(column)}"`, {
        where,
        fix: thrown.fix ?? `correct ${column} and run again`,
      })
    }
  }
  const moment = (column: Column) => read(column, 'a date or time such as 2026-11-01', reading.micros)
  const gpu = read('gpu', 'a GPU of the catalog', reading.gpuId)
  if (!/^\d{1,7}$/.test(cell('count')) || Number(cell('count')) === 0) throw bad('count', 'a whole number from 1')
  const price = parseDecimal(cell('usdPerHour'))
  if (price === null || price.unscaled < 0n) throw bad('usdPerHour', 'US dollars for one GPU and hour, such as 2.49')
  const fromMicros = moment('from')
  const toMicros = cell('to') === '' ? null : moment('to')
  if (toMicros !== null && toMicros <= fromMicros)
    throw bad('to', `a time after ${cell('from')}, or nothing while it runs`)
  return {
    line,
    gpu,
    count: Number(cell('count')),
    fromMicros,
    toMicros,
    usdPerGpuHour: cell('usdPerHour'),
    committedUntilMicros: cell('committedUntil') === '' ? null : moment('committedUntil'),
    team: cell('team') === '' ? null : cell('team'),
  }
}

function empty(name: string): Fault {
  return new Fault('LEASES_EMPTY', 'the file lists no leases', {
    where: name,
    fix: `write the columns ${columns.join(',')} and one line for each lease`,
  })
}

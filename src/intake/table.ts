// Any CSV, JSON Lines or Parquet table with a time and token counts, its columns mapped by name or by `--map`.
import { Fault } from '../core/fault/fault.ts'
import type { CountReading, NumberReading, TextField, TimeReading } from '../core/meter/load.ts'
import type { UsageKind } from '../core/meter/usage.ts'
import {
  type Content,
  defaultStartMicros,
  givenText,
  type Head,
  type Importer,
  type ImportOptions,
  startNote,
  uncachedNote,
} from './importer.ts'
import { columnsOf, listed, type TableColumns } from './table-columns.ts'

const table = (container: Head['container'], title: string): Importer => ({
  name: container,
  title,
  container,
  matches: head => {
    if (head.container !== container) return false
    const columns = columnsOf(head, {})
    return columns.time !== undefined && columns.input !== undefined && columns.output !== undefined
  },
  content,
})

export const csv: Importer = table('csv', 'CSV of calls')
export const jsonl: Importer = table('jsonl', 'JSON Lines of calls')
export const parquet: Importer = table('parquet', 'Parquet of calls')

function content(head: Head, options: ImportOptions): Content {
  const columns = columnsOf(head, options.map ?? {})
  const missing = (['time', 'input', 'output'] as const).filter(field => columns[field] === undefined)
  if (missing.length) {
    throw new Fault('COLUMNS_MISSING', `no column for ${missing.join(', ')} among ${listed(head.columns)}`, {
      where: head.name,
      fix: `say which with ${missing.map(field => `--map ${field}=COLUMN`).join(' ')}`,
    })
  }
  const notes: string[] = []
  const time = timeReading(head, columns.time!, options, notes)
  const { counts, none } = countReadings(columns, notes)
  const number = (field: 'latencyMs' | 'ttftMs'): NumberReading | null =>
    columns[field] === undefined ? null : { column: columns[field], scale: 1 }
  const text = { ...givenText(options) }
  for (const field of [
    'provider',
    'model',
    'tier',
    'region',
    'speed',
    'workload',
    'feature',
    'task',
    'user',
    'team',
    'environment',
  ] as const satisfies readonly TextField[]) {
    if (columns[field] !== undefined) text[field] = { column: columns[field], fallback: text[field]?.fallback ?? null }
  }
  return {
    kind: 'rows',
    reading: {
      time,
      id: columns.id ?? null,
      text,
      counts,
      none,
      latencyMs: number('latencyMs'),
      ttftMs: number('ttftMs'),
      reportedUsd: columns.usd ?? null,
      outcome: columns.outcome === undefined ? null : { kind: 'status', column: columns.outcome },
      tags: columns.tags,
      prefixBlocks: null,
      notes,
    },
  }
}

const apart = [
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheWrite30m',
  'cacheWrite12h',
  'reasoning',
  'inputImage',
  'outputImage',
  'searches',
] as const

/** `prompt_tokens_details.audio_tokens`: a detail is a part of the count that it details. */
const isDetail = (column: string): boolean => /_details\./i.test(column)

/**
 * A provider's own usage object leaves out, or writes as null, the parts of which there are none. Providers spell them
 * `cache_read_input_tokens`; in a usage of this program's own kinds (`cacheRead`) null is unknown.
 */
const leavesOutNone = (column: string): boolean => isDetail(column) || /(^|\.)usage\.\w*_tokens$/i.test(column)

/**
 * Token counts. Caches beside `prompt_tokens` (or a column named cached…) are parts of it, as OpenAI counts; beside
 * `input_tokens`, columns named cache_read… and cache_creation… are counted apart from it, as Anthropic does.
 */
function countReadings(columns: TableColumns, notes: string[]) {
  const inside = /prompt|context/i.test(columns.input!)
  const minus: string[] = []
  const counts: Partial<Record<UsageKind, CountReading>> = {}
  const reads = columns.cached ?? columns.cacheRead
  const part = (column: string | undefined, isInside: boolean, kind: UsageKind) => {
    if (column === undefined) return
    if (isInside) minus.push(column)
    counts[kind] = { column, minus: [], required: false, emptyIsZero: leavesOutNone(column) }
  }
  part(reads, columns.cached !== undefined || inside, 'cacheRead')
  part(columns.cacheWrite, inside, 'cacheWrite')
  if (minus.length) notes.push(`${minus.join(', ')}: taken as part of ${columns.input}`)
  else if (reads !== undefined) notes.push(`${reads}: counted apart from ${columns.input}`)
  else notes.push(uncachedNote)
  const audio = (kind: 'inputAudio' | 'outputAudio', parts: string[]) => {
    const column = columns[kind]
    if (column === undefined) return
    counts[kind] = { column, minus: [], required: false, emptyIsZero: isDetail(column) }
    if (isDetail(column)) parts.push(column)
  }
  const outputParts: string[] = []
  audio('inputAudio', minus)
  audio('outputAudio', outputParts)
  counts.input = { column: columns.input!, minus, required: false }
  counts.output = { column: columns.output!, minus: outputParts, required: false }
  for (const kind of apart) part(columns[kind], false, kind)
  // Writes told only by time to live are all the writes there are.
  const ttl = (['cacheWrite5m', 'cacheWrite1h', 'cacheWrite30m', 'cacheWrite12h'] as const).filter(
    kind => columns[kind],
  )
  if (ttl.length && columns.cacheWrite === undefined) {
    const [first = '', ...plus] = ttl.map(kind => columns[kind]!)
    counts.cacheWrite = { column: first, minus: [], plus, required: false }
  }
  const others = [
    'cacheRead',
    'cacheWrite',
    'inputAudio',
    'inputImage',
    'outputAudio',
    'outputImage',
    'searches',
  ] as const
  return { counts, none: others.filter(kind => counts[kind] === undefined) }
}

const year2000Micros = 946_684_800e6

/** How the time column counts, by what its first cells look like: a date and time, an epoch of some unit, or seconds from a start. */
function timeReading(head: Head, column: string, options: ImportOptions, notes: string[]): TimeReading {
  const cells = head.rows.map(row => row[column]).filter(cell => cell !== undefined && cell !== '')
  const numbers = cells.map(Number)
  if (cells.length === 0 || numbers.filter(Number.isFinite).length * 2 < cells.length) {
    return { kind: 'iso', column, spreadMicros: null }
  }
  const largest = numbers.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, b) : a), 0)
  const units = [
    [1e17, 1e-3],
    [1e14, 1],
    [1e11, 1e3],
    [1e8, 1e6],
  ] as const
  const epoch = units.find(([from]) => largest >= from)
  if (epoch) {
    const [, unitMicros] = epoch
    return { kind: 'epoch', column, unitMicros, originMicros: 0, notBeforeMicros: year2000Micros, spreadMicros: null }
  }
  const unitMicros = /(_|\b)(ms|millis)/i.test(column) ? 1e3 : 1e6
  notes.push(startNote(options))
  return {
    kind: 'epoch',
    column,
    unitMicros,
    originMicros: options.startMicros ?? defaultStartMicros,
    spreadMicros: null,
  }
}

// A reading in; the columns of the file that it looks at, and the file as a store must open it, out.
import { Fault } from '../core/fault/fault.ts'
import type { CellSource, LoadFile } from '../core/meter/load.ts'
import type { Head, Importer, Reading } from './importer.ts'
import type { Inspection } from './inspect.ts'
import { listed } from './table-columns.ts'

/** A format must find its columns. */
export function checkColumns(head: Head, importer: Importer, reading: Reading): void {
  const missing = [...new Set(columnsRead(reading))].filter(
    column => !head.columns.includes(column) && !reading.optional?.includes(column),
  )
  if (missing.length === 0) return
  throw new Fault('COLUMNS_MISSING', `no column ${missing.join(', ')} among ${listed(head.columns)}`, {
    where: head.name,
    fix: `the ${importer.title} format needs it; leave --format out to have the format detected`,
  })
}

/** The file with the columns that are read, and where they lie. */
export function fileOf(path: string, head: Head, inspection: Inspection, reading: Reading): LoadFile {
  if (head.container === 'json' || head.container === 'protobuf' || head.container === 'metrics')
    throw new Fault('INTERNAL', 'the file is read as a whole', { where: head.name })
  const about = {
    path,
    container: head.container,
    gzip: inspection.gzip,
    delimiter: head.delimiter,
    longestLineBytes: inspection.longestLineBytes,
    lineBreaks: inspection.lineBreaks,
    headerLines: head.container === 'csv' ? head.linesBefore + 1 : 0,
  }
  if (head.container === 'csv') return { ...about, columns: head.columns, paths: [] }
  // Only what is read: extracting from JSON and decoding Parquet cost by the column.
  const used = new Set(columnsRead(reading))
  const kept = head.columns
    .map((column, i) => ({ column, path: head.paths[i] ?? [column] }))
    .filter(({ column }) => used.has(column))
  if (head.container === 'jsonl') {
    for (const column of used) if (!head.columns.includes(column)) kept.push({ column, path: [column] })
  }
  return { ...about, columns: kept.map(k => k.column), paths: kept.map(k => k.path) }
}

/** The file's own columns behind everything that a reading names. */
function columnsRead(reading: Reading): string[] {
  const { time, id, text, counts, ttftMs, latencyMs, reportedUsd, outcome, tags, prefixBlocks } = reading
  const { derived = [], tagList = null, leaveOut = [], shown = [] } = reading
  const spans = [ttftMs, latencyMs].flatMap(span =>
    span === null ? [] : 'from' in span ? [span.from, span.to, span.unless] : [span.column],
  )
  const some = [
    time.column,
    id,
    ...Object.values(text).map(t => t.column),
    ...Object.values(counts).flatMap(c => [
      c.column,
      ...c.minus,
      ...(c.plus ?? []),
      c.unknownIfZero,
      ...(c.inOrBeside?.parts ?? []),
      ...(c.inOrBeside?.totals.flatMap(({ total, of }) => [total, ...of]) ?? []),
    ]),
    ...spans,
    reportedUsd,
    outcome?.column,
    ...Object.values(tags),
    prefixBlocks,
    tagList,
    ...leaveOut.map(({ column }) => column),
    ...shown,
  ]
  const names = some.filter(column => column !== null && column !== undefined)
  const sources = new Map(derived.map(({ name, from }) => [name, from.flatMap(columnsOfSource)]))
  return names.flatMap(name => sources.get(name) ?? [name])
}

const columnsOfSource = (source: CellSource): string[] =>
  'behind' in source && source.behind !== null ? [source.column, source.behind] : [source.column]

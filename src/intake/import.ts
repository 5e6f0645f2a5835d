// A file of somebody else's records in; its calls in the ledger, each once and priced, and an account of what happened, out.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Fault, nearestName } from '../core/fault/fault.ts'
import type {
  CallLoader,
  DemandShape,
  LoadFile,
  LoadPlan,
  LoadResult,
  PriceCalls,
  RepriceResult,
} from '../core/meter/load.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { writeDrawing } from './drawing.ts'
import { readHead } from './head.ts'
import type { Head, Importer, ImportOptions, Reading } from './importer.ts'
import { generic, importers, published } from './importers.ts'
import { type Inspection, inspectFile } from './inspect.ts'
import { pricesOf } from './prices.ts'
import { openRejects, type RejectFile } from './rejects.ts'
import { listed } from './table-columns.ts'

export interface ImportContext {
  /** Null: calls go in without prices. */
  readonly book: PriceBook | null
  /** Where reject files go: `<dataDir>/rejects/`. */
  readonly dataDir: string
  readonly progress?: (step: ImportProgress) => void
  readonly signal?: AbortSignal
  /** When the import happened; now unless given. */
  readonly nowMicros?: number
}

/** `read`: bytes of the file looked through. `load`: the store is parsing, checking and pricing. */
export type ImportProgress =
  | { readonly phase: 'read'; readonly bytes: number; readonly totalBytes: number }
  | { readonly phase: 'load'; readonly rows: number }

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
  readonly notes: readonly string[]
}

/** What an import needs of a ledger. */
export type ImportLedger = CallLoader

/**
 * Imports one file. Throws a Fault and leaves the ledger as it was when the file cannot be read, has the wrong columns,
 * or has no good row; rejected rows are written beside the ledger with line and reason.
 */
export async function importFile(
  ledger: ImportLedger,
  path: string,
  options: ImportOptions,
  context: ImportContext,
): Promise<ImportResult> {
  const { progress, signal } = context
  const name = options.name ?? basename(path)
  const forced = options.format === undefined ? null : importerNamed(options.format)
  const inspection = await inspectFile(
    path,
    name,
    (bytes, totalBytes) => progress?.({ phase: 'read', bytes, totalBytes }),
    signal,
  )
  const head = await headOf(ledger, path, name, inspection)
  if (forced) checkContainer(head, forced)
  const importer = forced ?? detect(head, options)
  const content = importer.content(head, options)
  const about: About = {
    name,
    format: importer.name,
    source: `file:${inspection.sha256}`,
    sample: options.sample ?? false,
    importedAtMicros: context.nowMicros ?? Date.now() * 1000,
  }
  const text = (): string => (inspection.gzip ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString('utf8')
  if (content.kind === 'shape') return keepShape(ledger, about, content.shape(text()))
  progress?.({ phase: 'load', rows: Math.max(0, inspection.lineBreaks) })
  if (content.kind === 'rows') {
    checkColumns(head, importer, content.reading)
    const file = fileOf(path, head, inspection, content.reading)
    const plan = { ...about, namespace: namespaceOf(about, content.reading, options), file, ...content.reading }
    return load(ledger, plan, content.reading.notes, context)
  }
  const folder = mkdtempSync(join(tmpdir(), 'crossline-draw-'))
  try {
    const drawing = content.draw(text())
    const { file, reading } = await writeDrawing(join(folder, 'drawn.csv'), drawing, options, signal)
    const source = `${about.source}#seed=${drawing.seed}`
    return await load(ledger, { ...about, source, namespace: source, file, ...reading }, drawing.notes, context)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Prices history again by today's catalog, from and to in UTC microseconds; says what changed, and on a dry run only that. */
export function repriceLedger<Slice>(
  ledger: { reprice(slice: Slice, prices: PriceCalls, dryRun: boolean): Promise<RepriceResult> },
  slice: Slice,
  { book, dryRun }: { book: PriceBook; dryRun: boolean },
): Promise<RepriceResult> {
  return ledger.reprice(slice, pricesOf(book), dryRun)
}

type About = Pick<LoadPlan, 'name' | 'format' | 'source' | 'sample' | 'importedAtMicros'>

function importerNamed(format: string): Importer {
  const found = importers.find(importer => importer.name === format)
  if (found) return found
  const names = importers.map(importer => importer.name)
  const nearest = nearestName(format, names)
  throw new Fault('UNKNOWN_FORMAT', `unknown format "${format}"`, {
    where: '--format',
    fix: nearest ? `did you mean ${nearest}?` : `use one of ${names.join(', ')}`,
  })
}

async function headOf(ledger: ImportLedger, path: string, name: string, inspection: Inspection): Promise<Head> {
  if (!inspection.parquet) return readHead(name, inspection)
  const columns = await ledger.parquetColumns(path)
  return { name, container: 'parquet', delimiter: '', linesBefore: 0, columns, paths: [], rows: [] }
}

function detect(head: Head, options: ImportOptions): Importer {
  if (options.map === undefined) {
    const matches = published.filter(importer => importer.matches(head))
    if (matches.length === 1) return matches[0]!
    if (matches.length > 1) {
      throw new Fault('FORMAT_AMBIGUOUS', `the file may be ${matches.map(m => m.title).join(' or ')}`, {
        where: head.name,
        fix: `say which with --format ${matches.map(m => m.name).join('|')}`,
      })
    }
  }
  const table = generic.find(importer => importer.name === head.container)!
  if (options.map !== undefined || table.matches(head)) return table
  const tried = importers.filter(importer => importer.name !== 'lengths').map(importer => importer.name)
  throw new Fault('FORMAT_UNKNOWN', `no format reads the columns ${listed(head.columns)} (tried ${tried.join(', ')})`, {
    where: head.name,
    fix: 'name the columns: --map time=COLUMN --map input=COLUMN --map output=COLUMN',
  })
}

const containerNames = { csv: 'CSV', jsonl: 'JSON Lines', parquet: 'Parquet' } as const

/** A format that was asked for by name must find its kind of file … */
function checkContainer(head: Head, importer: Importer): void {
  if (head.container === importer.container) return
  const [is, wanted] = [containerNames[head.container], containerNames[importer.container]]
  throw new Fault('FORMAT_WRONG', `the file is ${is}, and the ${importer.name} format is ${wanted}`, {
    where: head.name,
    fix: 'leave --format out to have the format detected',
  })
}

/** … and its columns. */
function checkColumns(head: Head, importer: Importer, reading: Reading): void {
  const missing = [...new Set(columnsRead(reading))].filter(column => !head.columns.includes(column))
  if (missing.length === 0) return
  throw new Fault('COLUMNS_MISSING', `no column ${missing.join(', ')} among ${listed(head.columns)}`, {
    where: head.name,
    fix: `the ${importer.title} format needs it; leave --format out to have the format detected`,
  })
}

function fileOf(path: string, head: Head, inspection: Inspection, reading: Reading): LoadFile {
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
  return { ...about, columns: kept.map(k => k.column), paths: kept.map(k => k.path) }
}

function columnsRead(reading: Reading): string[] {
  const { time, id, text, counts, ttftMs, latencyMs, reportedUsd, outcome, tags, prefixBlocks } = reading
  const some = [
    time.column,
    id,
    ...Object.values(text).map(t => t.column),
    ...Object.values(counts).flatMap(c => [c.column, ...c.minus, ...(c.plus ?? [])]),
    ttftMs?.column,
    latencyMs?.column,
    reportedUsd,
    outcome?.column,
    ...Object.values(tags),
    prefixBlocks,
  ]
  return some.filter(column => column !== null && column !== undefined)
}

/** Exports of one log overlap, so tables with ids share one space of ids; other rows are known by file and place. */
const namespaceOf = (about: About, reading: Reading, options: ImportOptions): string =>
  reading.id === null ? about.source : `ids:${options.idSpace ?? 'records'}`

async function load(
  ledger: ImportLedger,
  plan: LoadPlan,
  notes: readonly string[],
  context: ImportContext,
): Promise<ImportResult> {
  const rejects = openRejects(context.dataDir, plan.name)
  try {
    const found = await ledger.load(plan, pricesOf(context.book), {
      onReject: rejects.add,
      accept: counts => acceptable(counts, plan, rejects),
      signal: context.signal,
    })
    return accountOf(plan, found, [...notes, ...notesOn(found)], rejects.path())
  } finally {
    rejects.close()
  }
}

function acceptable(counts: { good: number; rejected: number }, plan: LoadPlan, rejects: RejectFile): void {
  if (counts.good > 0) return
  if (counts.rejected === 0) throw new Fault('FILE_EMPTY', 'the file has a header and no rows', { where: plan.name })
  throw new Fault('ALL_REJECTED', `all ${counts.rejected} rows were rejected; the first: ${rejects.first()}`, {
    where: plan.name,
    fix: `see ${rejects.path()}; the ledger is unchanged`,
  })
}

const iso = (micros: number | null): string | null => (micros === null ? null : new Date(micros / 1000).toISOString())

function accountOf(
  plan: LoadPlan,
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
    duplicates: found.duplicates,
    rejected: found.rejected,
    rejectFile,
    firstAt: iso(found.firstAtMicros),
    lastAt: iso(found.lastAtMicros),
    tokens: found.tokens,
    unpricedCalls: found.unpricedCalls,
    notes,
  }
}

const many = (n: number, noun: string): string => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`

function notesOn(found: LoadResult): string[] {
  const notes: string[] = []
  if (found.added === 0) notes.push('nothing added: every row is in the ledger already')
  if (found.outOfOrder > 0)
    notes.push(`${many(found.outOfOrder, 'row')} earlier than the row before: taken at their own time`)
  for (const { model, calls, reason } of found.unpricedModels.slice(0, 5)) {
    notes.push(`${many(calls, 'call')} without a price (${model ?? 'no model'}): ${reason}`)
  }
  return notes
}

async function keepShape(
  ledger: ImportLedger,
  about: About,
  found: Pick<DemandShape, 'startMicros' | 'seconds' | 'requestsPerSecond'> & { readonly notes: readonly string[] },
): Promise<ImportResult> {
  const { notes, ...shape } = found
  if (shape.seconds.length === 0) throw new Fault('FILE_EMPTY', 'the rate curve has no windows', { where: about.name })
  const added = await ledger.addShape({ ...about, ...shape })
  const at = (second: number) => iso(shape.startMicros + second * 1e6)
  return {
    source: about.source,
    name: about.name,
    format: about.format,
    rows: shape.seconds.length,
    added: 0,
    duplicates: 0,
    rejected: 0,
    rejectFile: null,
    firstAt: at(shape.seconds[0]!),
    lastAt: at(shape.seconds.at(-1)!),
    tokens: { input: 0, output: 0 },
    unpricedCalls: 0,
    notes: added ? notes : [...notes, 'nothing added: this curve is in the ledger already'],
  }
}

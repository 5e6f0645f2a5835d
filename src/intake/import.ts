// A file of somebody else's records in; its calls in the ledger, each once and priced, and an account of what happened, out.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Fault } from '../core/fault/fault.ts'
import type { CallLoader, DemandShape, LoadPlan, PriceCalls, RepriceResult } from '../core/meter/load.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { type ArrivalProfile, flatProfile } from '../core/statistics/arrival-profile.ts'
import { type About, acceptable, accountOf, type ImportResult, iso } from './account.ts'
import { checkColumns, fileOf } from './columns-read.ts'
import { checkProfile, importerNamed, type Recognised, recognised } from './detect.ts'
import { writeDrawing } from './drawing.ts'
import { readHead } from './head.ts'
import {
  type Drawing,
  type Head,
  type Importer,
  type ImportOptions,
  type ProfileName,
  type Reading,
  startNote,
} from './importer.ts'
import { checkRows, type Inspection, inspectFile } from './inspect.ts'
import { keepBill } from './keep-bill.ts'
import { keepCalls, responsesNamespace } from './keep-calls.ts'
import { keepScrapes } from './keep-scrapes.ts'
import { listNote, writeLines } from './listed-lines.ts'
import { pricesOf } from './prices.ts'
import { openRejects } from './rejects.ts'

export interface ImportContext {
  /** Null: calls go in without prices. */
  readonly book: PriceBook | null
  /** Shapes of traffic by name, for sums without arrivals; without it every one is flat. */
  readonly profile?: (name: ProfileName) => ArrivalProfile
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
  const where = options.name ?? path
  if (options.format !== undefined) importerNamed(options.format)
  const inspection = await inspectFile(
    path,
    where,
    (bytes, totalBytes) => progress?.({ phase: 'read', bytes, totalBytes }),
    signal,
  )
  checkProfile(options)
  const found = recognised(await headOf(ledger, path, where, inspection), options)
  const source = `file:${inspection.sha256}`
  if (!found.isList) return importAs(ledger, { path, source, inspection, ...found }, options, context)
  const folder = mkdtempSync(join(tmpdir(), 'crossline-list-'))
  try {
    const lines = join(folder, 'records.jsonl')
    await writeLines(lines, { path, ...inspection }, where)
    const opened = { path: lines, source, inspection: await inspectFile(lines, where, undefined, signal), ...found }
    return await importAs(ledger, opened, options, context)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Opened extends Recognised {
  readonly path: string
  /** What its file is known by in the ledger. */
  readonly source: string
  readonly inspection: Inspection
}

async function importAs(
  ledger: ImportLedger,
  { path, source, inspection, head, importer, isList }: Opened,
  options: ImportOptions,
  context: ImportContext,
): Promise<ImportResult> {
  const { progress } = context
  const where = options.name ?? head.name
  const forced = options.format === undefined ? null : importer
  const content = importer.content(head, options)
  const about: About = {
    // Known by its name alone, wherever it lay.
    name: basename(where),
    where,
    format: importer.name,
    source,
    sample: options.sample ?? false,
    importedAtMicros: context.nowMicros ?? Date.now() * 1000,
  }
  const text = (): string => (inspection.gzip ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString('utf8')
  if (content.kind === 'shape') return keepShape(ledger, about, content.shape(text()))
  if (content.kind === 'bill') return keepBill(ledger, about, content.bill(text()), context.dataDir)
  if (content.kind === 'scrapes') return keepScrapes(ledger, about, content.scrapes(text()), context.dataDir)
  progress?.({ phase: 'load', rows: Math.max(0, inspection.lineBreaks) })
  if (content.kind === 'calls') {
    const plan = { ...about, namespace: responsesNamespace(options.idSpace) }
    const kept = keepCalls(ledger, plan, content.calls, { path, ...inspection }, options, context)
    return forced?.matches(head) === false ? kept.catch(thrown => otherFormat(thrown, forced, where)) : kept
  }
  if (content.kind === 'rows') {
    checkRows(where, inspection)
    checkColumns(head, importer, content.reading)
    const file = fileOf(path, head, inspection, content.reading)
    const plan = { ...about, namespace: namespaceOf(about, content.reading, options), file, ...content.reading }
    const { notes } = content.reading
    return load(ledger, plan, [...notes, ...(isList ? [listNote] : []), ...unusedStart(notes, options)], context)
  }
  const drawing = content.draw(text(), context.profile ?? (() => flatProfile))
  return keepDrawing(ledger, about, drawing, options, context)
}

async function keepDrawing(
  ledger: ImportLedger,
  about: About,
  drawing: Drawing,
  options: ImportOptions,
  context: ImportContext,
): Promise<ImportResult> {
  const source = drawing.variant === null ? about.source : `${about.source}#${drawing.variant}`
  const { estimated, sums } = drawing
  // Sums are known by the stretch of time that they cover, whatever file they came in.
  const namespace = drawing.reading.id == null ? source : `sums:${about.format}:${options.idSpace ?? ''}`
  const found = sums === undefined ? null : sums.since(await ledger.drawn(namespace, sums))
  const there = found?.there ?? 0
  if (found?.isAll) return nothingNew({ ...about, source }, there, drawing)
  const folder = mkdtempSync(join(tmpdir(), 'crossline-draw-'))
  try {
    const slots = found?.slots ?? drawing.slots
    const { file, reading } = await writeDrawing(join(folder, 'drawn.csv'), { ...drawing, slots }, context.signal)
    const notes = [
      ...drawing.notes,
      ...(found?.isGrown ? [grownNote] : []),
      ...(found?.isCutOtherwise ? [cutOtherwiseNote] : []),
    ]
    const plan = { ...about, source, namespace, file, ...reading, estimated }
    const loaded = await load(ledger, plan, notes, context)
    const tokens = sums?.tokens ?? loaded.tokens
    return { ...loaded, rows: loaded.rows + there, duplicates: loaded.duplicates + there, tokens }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const grownNote =
  'sums that are in the ledger and have grown since, as that of a day that was not over, gain what is new of them'

const cutOtherwiseNote =
  'the ledger has sums of the same time from a report that was cut otherwise (by hour, project, user …): both tell of the same requests, which now count twice; `crossline import undo` takes one out'

/** What a report of sums that are all there comes to. */
function nothingNew(about: About, there: number, { sums, notes }: Drawing): ImportResult {
  const found = { rows: there, added: 0, completed: 0, duplicates: there, rejected: 0, outOfOrder: 0 }
  const times = { firstAtMicros: sums?.fromMicros ?? null, lastAtMicros: sums?.toMicros ?? null }
  const none = { tokens: sums?.tokens ?? { input: 0, output: 0 }, leftOut: [], unpricedCalls: 0, unpricedModels: [] }
  return accountOf(about, { ...found, ...times, ...none }, notes, null)
}

/** Prices history again by today's catalog, from and to in UTC microseconds; says what changed, and on a dry run only that. */
export function repriceLedger<Slice>(
  ledger: { reprice(slice: Slice, prices: PriceCalls, dryRun: boolean): Promise<RepriceResult> },
  slice: Slice,
  { book, dryRun }: { book: PriceBook; dryRun: boolean },
): Promise<RepriceResult> {
  return ledger.reprice(slice, pricesOf(book), dryRun)
}

/** A file without a call that does not look like the format asked for is of another one. */
function otherFormat(thrown: unknown, { name, title }: Importer, where: string): never {
  if (!(thrown instanceof Fault) || !['NO_CALLS', 'FILE_EMPTY', 'ALL_REJECTED'].includes(thrown.code)) throw thrown
  throw new Fault('FORMAT_WRONG', `the file holds no ${title} (--format ${name}): ${thrown.message}`, {
    where,
    fix: 'leave --format out to have the format detected',
  })
}

/** A start that moves nothing is said, not swallowed: the file's own times stand. */
const unusedStart = (notes: readonly string[], options: ImportOptions): string[] =>
  options.startMicros === undefined || notes.includes(startNote(options))
    ? []
    : ['--start moves nothing: the file states dates, and they stand']

async function headOf(ledger: ImportLedger, path: string, name: string, inspection: Inspection): Promise<Head> {
  const { parquet, protobuf } = inspection
  if (!parquet && !protobuf) return readHead(name, inspection)
  const columns = parquet ? await ledger.parquetColumns(path) : []
  const container = parquet ? 'parquet' : 'protobuf'
  return { name, container, delimiter: '', linesBefore: 0, columns, paths: [], rows: [], text: '' }
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
    return accountOf(plan, found, notes, rejects.path())
  } finally {
    rejects.close()
  }
}

async function keepShape(
  ledger: ImportLedger,
  about: About,
  found: Pick<DemandShape, 'startMicros' | 'seconds' | 'requestsPerSecond'> & { readonly notes: readonly string[] },
): Promise<ImportResult> {
  const { notes, ...shape } = found
  const { where, ...source } = about
  if (shape.seconds.length === 0) throw new Fault('FILE_EMPTY', 'the rate curve has no windows', { where })
  const added = await ledger.addShape({ ...source, ...shape })
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
    leftOut: [],
    billed: null,
    notes: added ? notes : [...notes, 'nothing added: this curve is in the ledger already'],
  }
}

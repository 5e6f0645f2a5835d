// The ledger in an embedded DuckDB file: each method binds its statement from sql.ts and turns rows into plain values.
import type { DuckDBDataChunk, DuckDBDecimalValue } from '@duckdb/node-api'
import type { Demand } from '../core/decide/demand.ts'
import { Fault } from '../core/fault/fault.ts'
import type { Call } from '../core/meter/call.ts'
import { gatewaySource } from '../core/meter/call-record.ts'
import { type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { isCalendarUnit, knownZone, periodName } from './calendar.ts'
import { appendCalls, loadCalls } from './duckdb-append.ts'
import { addCharges, charges } from './duckdb-charges.ts'
import { drawnSums } from './duckdb-drawn.ts'
import { addShape, loadFile, parquetColumns } from './duckdb-load.ts'
import { prefixBlocks } from './duckdb-prefixes.ts'
import { repriceSlice } from './duckdb-price.ts'
import { addScrapes, scrapes } from './duckdb-scrapes.ts'
import { openSession, type Reader, type Row, type Session, type Value } from './duckdb-session.ts'
import { positionsOf, takeRecords, unsettledOf } from './duckdb-take.ts'
import { tellNoMore } from './duckdb-tell.ts'
import type {
  CallColumns,
  CallLabels,
  FramedCall,
  Ledger,
  LedgerLoader,
  LedgerReads,
  Repeats,
  ReportRow,
  Slice,
  SourceRow,
  UsageGroup,
} from './ledger.ts'
import {
  beside,
  byKey,
  checkDimension,
  checkSlice,
  exactCount,
  findSource,
  labelBook,
  totalOf,
  usdText,
  withinFrame,
} from './question.ts'
import * as sql from './sql.ts'

/** Opens the ledger at `path`, creating it when missing. Faults and `spill` as `openSession`. */
export async function openDuckdb(path: string, spill?: string): Promise<Ledger & LedgerLoader> {
  const session = await openSession(path, spill)
  const ledger: Ledger & LedgerLoader = {
    ...readsOf(session),
    still: read => session.still(state => read(readsOf(state))),
    append: (calls: readonly Call[]) => appendCalls(session, calls),
    take: (records, reached, priceOf) => takeRecords(session, records, reached, priceOf),
    unsettled: fromMicros => unsettledOf(session, fromMicros),
    reached: () => positionsOf(session),
    undo: asked => undo(session, asked),
    reprice: (slice, prices, dryRun) => {
      checkSlice(slice)
      return repriceSlice(session, slice, prices, dryRun)
    },
    load: (plan, prices, hooks) => loadFile(session, plan, prices, hooks),
    loadCalls: (plan, batches) => loadCalls(session, plan, batches),
    drawn: (namespace, span) => drawnSums(session, namespace, span),
    parquetColumns: file => parquetColumns(session, file),
    addShape: shape => addShape(session, shape),
    addCharges: bill => addCharges(session, bill),
    addScrapes: batch => addScrapes(session, batch),
    close: () => session.close(),
  }
  return ledger
}

const readsOf = (state: Reader): LedgerReads => ({
  report: (slice, by, zone) => report(state, slice, by, zone),
  demand: (slice, windowSeconds) => demand(state, slice, windowSeconds),
  columns: slice => columns(state, slice),
  labels: (slice, dimension) => labels(state, slice, dimension),
  frame: (slice, most) => frame(state, slice, most),
  prefixBlocks: (slice, take) => prefixBlocks(state, slice, take),
  repeats: slice => repeats(state, slice),
  usageGroups: (slice, options) => usageGroups(state, slice, options),
  sources: () => sources(state),
  shapes: () => shapes(state),
  charges: period => charges(state, period),
  scrapes: period => scrapes(state, period),
  version: async () => {
    const [id] = await state.ask(sql.readMeta('ledger'))
    const [revision] = await state.ask(sql.readMeta('revision'))
    return `${id?.[0]}-${revision?.[0]}`
  },
})

const count = (value: unknown): number => exactCount((value ?? null) as bigint | null) ?? 0
const micros = (value: unknown): number => Number(value)
const pico = (value: unknown): bigint => (value === null ? 0n : (value as DuckDBDecimalValue).value)

function bindings(): { values: Value[]; bind: (value: string | bigint) => string } {
  const values: Value[] = []
  return { values, bind: value => `$${values.push(value)}` }
}

const usageAt = (row: Row, from: number): Record<UsageKind, number | null> =>
  Object.fromEntries(
    usageKinds.map((kind, i) => [kind, exactCount((row[from + i] ?? null) as bigint | null)]),
  ) as Record<UsageKind, number | null>

async function report(session: Reader, slice: Slice, by: readonly string[], zone: string) {
  checkSlice(slice)
  for (const dimension of by) checkDimension(dimension)
  const { values, bind } = bindings()
  const found = await session.ask(sql.report(slice, by, knownZone(zone), bind), values)
  const rows = found.map(row => {
    let at = 0
    const key: Record<string, string | null> = {}
    for (const dimension of by) {
      const value = row[at++] ?? null
      if (!isCalendarUnit(dimension)) key[dimension] = value as string | null
      else key[dimension] = periodName(dimension, micros(value), dimension === 'hour' ? Number(row[at++]) : 0)
    }
    const rest = at + 1 + usageKinds.length
    const usdPico = pico(row[rest] ?? null)
    return {
      key,
      calls: count(row[at]),
      usage: usageAt(row, at + 1),
      usd: usdText(usdPico),
      unpricedCalls: count(row[rest + 1]),
      estimatedCalls: count(row[rest + 2]),
      unknownUsageCalls: count(row[rest + 3]),
      unsettledCalls: count(row[rest + 4]),
      beside: {
        estimate: row[rest + 5] === null ? null : pico(row[rest + 5]),
        reportedCalls: count(row[rest + 6]),
        reported: pico(row[rest + 7]),
        priced: pico(row[rest + 8]),
      },
      pico: usdPico,
    }
  })
  const total = totalOf(rows)
  const plain: ReportRow[] = rows
    .map(({ pico: _, beside: sums, ...row }) => ({ ...row, ...beside(sums) }))
    .sort((a, b) => byKey(a.key, b.key, by))
  return { rows: by.length === 0 && total.calls === 0 ? [] : plain, total }
}

/** More windows than this are a mistake in somebody's dates, not traffic. */
const windowLimit = 2_000_000

async function demand(session: Reader, slice: Slice, windowSeconds: number): Promise<Demand | null> {
  checkSlice(slice)
  const { values, bind } = bindings()
  const where = sql.within(slice, bind)
  const [total] = await session.ask(sql.demandTotals(where), values)
  if (!total || count(total[0]) === 0) return null
  const first = total[1] as bigint
  const windowMicros = BigInt(Math.round(windowSeconds * 1e6))
  const length = Number(((total[2] as bigint) - first) / windowMicros) + 1
  if (length > windowLimit) {
    throw new Fault('PERIOD_TOO_LONG', `the calls span ${length} windows of ${windowSeconds} s`, {
      fix: 'narrow the period with --from and --to; `crossline report --by month` shows where calls lie',
    })
  }
  const windows = {
    calls: new Array<number>(length).fill(0),
    input: new Array<number>(length).fill(0),
    output: new Array<number>(length).fill(0),
  }
  for (const row of await session.ask(sql.demandWindows(where, first, windowMicros), values)) {
    const k = Number(row[0])
    windows.calls[k] = count(row[1])
    windows.input[k] = count(row[2])
    windows.output[k] = count(row[3])
  }
  const usage = usageAt(total, 5)
  const rest = 5 + usageKinds.length
  return {
    calls: count(total[0]),
    tokens: { input: count(total[3]), output: count(total[4]) },
    usage: Object.fromEntries(usageKinds.map(kind => [kind, usage[kind] ?? 0])) as Record<UsageKind, number>,
    unknownUsageCalls: count(total[rest]),
    failedCalls: count(total[rest + 1]),
    firstAtMicros: micros(first),
    lastAtMicros: micros(total[2]),
    windowSeconds,
    windows,
    hoursOfWeek: count(total[rest + 2]),
  }
}

/** A chunk's column as the array it lies in: value by value, a million rows take ten times as long. Columns without nulls only. */
const raw = <T>(chunk: DuckDBDataChunk, column: number): T =>
  (chunk.getColumnVector(column) as unknown as { items: T }).items

async function columns(session: Reader, slice: Slice): Promise<CallColumns> {
  checkSlice(slice)
  const { values, bind } = bindings()
  const where = sql.within(slice, bind)
  return session.apart(async connection => {
    const [row] = (await connection.runAndReadAll(sql.countCalls(where), values)).getRows()
    const n = count(row?.[0])
    const result = {
      n,
      atMicros: new Float64Array(n),
      inputTokens: new Int32Array(n),
      outputTokens: new Int32Array(n),
      needs: new Uint8Array(n),
      ttftMs: new Float32Array(n),
      latencyMs: new Float32Array(n),
    }
    const stream = await connection.stream(sql.columns(where), values)
    let at = 0
    for (let chunk = await stream.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await stream.fetchChunk()) {
      const times = raw<BigInt64Array>(chunk, 0)
      for (let i = 0; i < chunk.rowCount; i++) result.atMicros[at + i] = Number(times[i])
      result.inputTokens.set(raw<Int32Array>(chunk, 1), at)
      result.outputTokens.set(raw<Int32Array>(chunk, 2), at)
      result.needs.set(raw<Int32Array>(chunk, 3), at)
      result.ttftMs.set(raw<Float32Array>(chunk, 4), at)
      result.latencyMs.set(raw<Float32Array>(chunk, 5), at)
      at += chunk.rowCount
    }
    if (at !== n)
      throw new Fault('LEDGER_READ_SHORT', `read ${at} of ${n} calls`, { kind: 'outside', fix: 'run it again' })
    return result
  })
}

async function labels(session: Reader, slice: Slice, dimension: string): Promise<CallLabels> {
  checkSlice(slice)
  checkDimension(dimension)
  const { values, bind } = bindings()
  const where = sql.within(slice, bind)
  const book = labelBook()
  return session.apart(async connection => {
    const stream = await connection.stream(sql.labels(where, dimension, bind), values)
    for (let chunk = await stream.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await stream.fetchChunk()) {
      for (const value of chunk.getColumnValues(0)) book.add((value ?? null) as string | null)
    }
    return book.whole()
  })
}

async function frame(session: Reader, slice: Slice, most: number): Promise<FramedCall[]> {
  checkSlice(slice)
  const { values, bind } = bindings()
  const rows = await session.ask(sql.frame(sql.within(slice, bind), most), values)
  return withinFrame(
    rows.map(
      ([
        source,
        id,
        at,
        provider,
        model,
        workload,
        feature,
        task,
        promptTokens,
        needs,
        outcome,
        usd,
        sameAs,
        run,
      ]): FramedCall => ({
        source: source as string,
        id: id as string,
        atMicros: count(at),
        provider: provider as string | null,
        model: model as string | null,
        workload: workload as string | null,
        feature: feature as string | null,
        task: task as string | null,
        promptTokens: promptTokens as number | null,
        needs: count(needs),
        outcome: outcome as FramedCall['outcome'],
        usd: usd as string | null,
        sameAs: sameAs as string | null,
        run: run as string | null,
      }),
    ),
    most,
  )
}

async function repeats(session: Reader, slice: Slice): Promise<Repeats> {
  checkSlice(slice)
  const { values, bind } = bindings()
  const [row] = await session.ask(sql.repeats(sql.within(slice, bind)), values)
  return { known: count(row?.[0]), repeated: count(row?.[1]), usd: usdText(pico(row?.[2] ?? null)) }
}

async function usageGroups(
  session: Reader,
  slice: Slice,
  options: { windowSeconds?: number | null; promptFrom?: readonly number[]; bucket?: 'hour' | 'day' | null },
): Promise<UsageGroup[]> {
  checkSlice(slice)
  const { values, bind } = bindings()
  const where = sql.within(slice, bind)
  let window: { first: bigint; micros: bigint } | null = null
  if (options.windowSeconds) {
    const [row] = await session.ask(sql.countCalls(where), values)
    if (count(row?.[0]) === 0) return []
    window = { first: row?.[1] as bigint, micros: BigInt(Math.round(options.windowSeconds * 1e6)) }
  }
  const found = await session.ask(
    sql.usageGroups(where, window, options.promptFrom ?? [], options.bucket ?? null),
    values,
  )
  return found.map(row => {
    const text = (i: number) => (row[i] ?? null) as string | null
    const whole = (i: number) => (row[i] == null ? null : Number(row[i]))
    return {
      window: whole(0),
      promptClass: Number(row[1]),
      bucketMicros: whole(2),
      provider: text(3),
      model: text(4),
      tier: text(5),
      region: text(6),
      speed: text(7),
      outcome: text(8) as UsageGroup['outcome'],
      calls: count(row[9]),
      unknownUsageCalls: count(row[10]),
      maxPrompt: Number(row[11]),
      maxOutput: Number(row[12]),
      usage: usageAt(row, 13),
      usd: usdText(pico(row[13 + usageKinds.length] ?? null)),
    }
  })
}

async function sources(session: Reader): Promise<SourceRow[]> {
  const found = await session.ask(sql.readSources)
  return found.map(row => ({
    source: row[0] as string,
    name: row[1] as string,
    format: row[2] as string,
    calls: count(row[3]),
    importedAtMicros: micros(row[4]),
    sample: row[5] as boolean,
    billedLines: count(row[6]),
    billedUsd: usdText(pico(row[7] ?? null)),
    scrapes: count(row[8]),
  }))
}

async function shapes(session: Reader) {
  const found = await session.ask(sql.readShapes)
  return found.map(row => ({
    source: row[0] as string,
    name: row[1] as string,
    format: row[2] as string,
    sample: row[3] as boolean,
    importedAtMicros: micros(row[4]),
    startMicros: micros(row[5]),
    seconds: JSON.parse(row[6] as string) as number[],
    requestsPerSecond: JSON.parse(row[7] as string) as number[],
  }))
}

/** Removes what a source told. Calls that another table of the same ids repeated, word for word, go with it: import that file again to have them back. */
async function undo(session: Session, asked: string): Promise<number> {
  const source = findSource(asked, await sources(session))
  return session.write(async connection => {
    const [row] = (await connection.runAndReadAll(sql.sourceKeyOf, [source.source])).getRows()
    const key = Number(row?.[0])
    const isGateway = source.source === gatewaySource
    await tellNoMore(connection, key, [...sql.removals, ...(isGateway ? [sql.forgetMetered] : [])])
    await connection.run(sql.bumpRevision)
    return source.calls + source.billedLines + source.scrapes
  })
}

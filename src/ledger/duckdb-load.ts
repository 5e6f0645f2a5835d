// A file and the plan of reading it in; its new calls in the ledger, each priced, in one transaction; what happened, out.
import type { DuckDBConnection } from '@duckdb/node-api'
import { Fault } from '../core/fault/fault.ts'
import type { CallLoader, DemandShape, LoadPlan, LoadResult, PriceCalls, Reject } from '../core/meter/load.ts'
import { layOutRates } from './duckdb-price.ts'
import { memoryLimit, roomyMemoryLimit, rowsOf, type Session, threads } from './duckdb-session.ts'
import { type Told, tellIncoming } from './duckdb-tell.ts'
import { exactCount } from './question.ts'
import * as sql from './sql.ts'
import * as loading from './sql-load.ts'
import { nameSellers } from './sql-seller.ts'

/** The store's side of `CallLoader.load`. */
export async function loadFile(
  session: Session,
  plan: LoadPlan,
  prices: PriceCalls,
  hooks: Parameters<CallLoader['load']>[2],
): Promise<LoadResult> {
  const loaded = session.write(async connection => {
    let running = true
    hooks.signal?.addEventListener('abort', () => running && connection.interrupt())
    try {
      for (const setting of settingsFor(plan.file)) await connection.run(setting.during)
      return await load(connection, plan, prices, hooks)
    } catch (thrown) {
      if (hooks.signal?.aborted) {
        throw new Fault('IMPORT_STOPPED', 'the import was stopped; nothing of this file was added', {
          where: plan.where,
          kind: 'no',
        })
      }
      throw thrown
    } finally {
      running = false
    }
  })
  // Only when the transaction has ended: a limit that cannot be lowered yet must not take the load with it.
  return loaded.finally(async () => {
    for (const setting of settingsFor(plan.file)) await session.ask(setting.after).catch(() => undefined)
  })
}

/** What a file asks of the database while it is read, and what holds again afterwards. */
function settingsFor(file: LoadPlan['file']): readonly { readonly during: string; readonly after: string }[] {
  const room = { during: sql.setMemoryLimit(roomyMemoryLimit), after: sql.setMemoryLimit(memoryLimit) }
  // Two threads give back a large file's lines out of order when what is made of them is dear (JSON); cells are cheap.
  const inOrder = { during: sql.setThreads(1), after: sql.setThreads(threads) }
  return [...(needsRoom(file) ? [room] : []), ...(file.container === 'jsonl' ? [inOrder] : [])]
}

const needsRoom = ({ container, columns, longestLineBytes }: LoadPlan['file']): boolean =>
  container === 'parquet' || columns.length > 100 || longestLineBytes > 16_384

async function load(
  connection: DuckDBConnection,
  plan: LoadPlan,
  prices: PriceCalls,
  hooks: Parameters<CallLoader['load']>[2],
): Promise<LoadResult> {
  await stage(connection, plan)
  if (plan.text.provider?.column) await connection.run(nameSellers('staged_rows'))
  if (plan.time.spreadMicros !== null) {
    await connection.run(loading.spread(plan.time.spreadMicros))
    await connection.run(loading.applySpread)
  }
  const base = (await rowsOf(connection, sql.firstRow('staged')))[0]?.[0] as bigint
  const [known] = await rowsOf(connection, sql.sourceKeyOf, [plan.source])
  const [next] = await rowsOf(connection, sql.nextSourceKey)
  const sourceKey = Number((known ?? next)?.[0])
  const keysIn = async (namespace: string) =>
    (await rowsOf(connection, loading.namespaceKeys, [namespace])).map(row => Number(row[0]))
  let [repeated, telling] = [0, 0]
  if (known || plan.id !== null) {
    const [rows, responses] = [await keysIn(plan.namespace), await keysIn(sql.responsesOf(plan.namespace))]
    await connection.run(loading.duplicates(base, sourceKey, rows, responses, plan))
    if (plan.id !== null) await connection.run(loading.refuseConflicts)
    ;[repeated = 0, telling = 0] = ((await rowsOf(connection, loading.countRepeated))[0] ?? []).map(Number)
  }
  const [summary] = await rowsOf(connection, loading.stagedSummary)
  const whole = (i: number) => exactCount((summary?.[i] ?? null) as bigint | null)
  const good = whole(0) ?? 0
  const broken = plan.file.container === 'parquet' ? [] : await rowsOf(connection, loading.brokenRows)
  refuseSwallowed(plan, broken)
  const rejected = (whole(1) ?? 0) + broken.length
  if (rejected > 0)
    await tellRejects(connection, plan, base, broken, good + (whole(1) ?? 0) + (whole(2) ?? 0), hooks.onReject)
  const leftOut = (await rowsOf(connection, loading.leftOutRows)).map(row => ({
    why: String(row[0]),
    rows: Number(row[1]),
  }))
  hooks.accept?.({ good, rejected, leftOut: leftOut.reduce((sum, { rows }) => sum + rows, 0) })

  if (!known) {
    await connection.run(sql.addSource, [
      sourceKey,
      plan.source,
      plan.namespace,
      plan.name,
      plan.format,
      BigInt(plan.importedAtMicros),
      plan.sample,
    ])
  }
  const use = await layOutRates(connection, 'staged', 'WHERE reason IS NULL', prices)
  const rows = { base, sourceKey, use, estimated: plan.estimated ?? false }
  const told = telling > 0 ? await tellStaged(connection, rows) : null
  const added = (await connection.run(loading.insertStaged(rows, repeated > 0))).rowsChanged
  if (added > 0 || !known || told?.isChanged) await connection.run(sql.bumpRevision)
  const unpriced = await rowsOf(connection, loading.unpricedOf, [sourceKey])
  const [disorder] = await rowsOf(connection, loading.outOfOrder)
  return {
    rows: good + rejected,
    added,
    completed: told?.completed ?? 0,
    duplicates: good - added - (told?.completed ?? 0),
    rejected,
    firstAtMicros: whole(3),
    lastAtMicros: whole(4),
    tokens: { input: whole(5) ?? 0, output: whole(6) ?? 0 },
    outOfOrder: Number(disorder?.[0]),
    leftOut,
    unpricedCalls: unpriced.reduce((n, row) => n + Number(row[1]), 0),
    unpricedModels: unpriced.map(row => ({
      model: row[0] as string | null,
      calls: Number(row[1]),
      reason: row[2] as string,
    })),
  }
}

async function tellStaged(connection: DuckDBConnection, rows: loading.StagedRows): Promise<Told> {
  await connection.run(sql.createIncoming)
  await connection.run(loading.insertTelling(rows))
  return tellIncoming(connection)
}

async function stage(connection: DuckDBConnection, plan: LoadPlan): Promise<void> {
  try {
    for (const statement of loading.stage(plan)) await connection.run(statement)
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    if (!/CSV|Invalid Input|parquet|JSON|decompress|gzip/i.test(message)) throw thrown
    const first = message.split('\n')[0] ?? ''
    const mixed = /state machine/.test(message)
    throw new Fault(
      'FILE_UNREADABLE',
      mixed ? 'a quote is never closed, or line endings are mixed (\\r\\n and \\n)' : first,
      { where: plan.where, fix: 'repair the file; nothing of this file was added' },
      { cause: thrown },
    )
  }
}

/** A quote that opens and never closes hides the rows behind it, good ones too: how many, the reader cannot tell. */
function refuseSwallowed(plan: LoadPlan, broken: Awaited<ReturnType<typeof rowsOf>>): void {
  const open = broken.find(row => row[4] === true)
  if (open === undefined) return
  throw new Fault('FILE_UNREADABLE', 'a quote opens here and does not close as it should', {
    where: `${plan.where}:${open[0]}`,
    fix: 'remove it, or double it inside a quoted cell; nothing of this file was added',
  })
}

/** Rows in file order; a row's line counts the lines that the reader could not split before it. */
async function tellRejects(
  connection: DuckDBConnection,
  plan: LoadPlan,
  base: bigint,
  broken: Awaited<ReturnType<typeof rowsOf>>,
  stagedRows: number,
  onReject: (reject: Reject) => void,
): Promise<void> {
  const { file } = plan
  const countable = file.container === 'parquet' || file.lineBreaks <= stagedRows + broken.length + file.headerLines
  const lines = broken.map(row => Number(row[0]))
  for (const row of broken) {
    const raw = String(row[3] ?? '')
    onReject({
      line: countable ? Number(row[0]) : null,
      reason: brokenReason(String(row[1]), file.columns.length),
      raw,
    })
  }
  let before = 0
  for (const row of await rowsOf(connection, loading.badRows(base))) {
    let line = Number(row[0]) + 1 + file.headerLines + before
    while (before < lines.length && lines[before]! <= line) {
      before++
      line++
    }
    onReject({ line: countable ? line : null, reason: String(row[1]), raw: String(row[2] ?? '') })
  }
}

function brokenReason(kind: string, columns: number): string {
  if (kind === 'MISSING COLUMNS') return `fewer than ${columns} columns`
  if (kind === 'TOO MANY COLUMNS') return `more than ${columns} columns`
  if (kind === 'INVALID ENCODING') return 'not UTF-8 text'
  if (kind === 'UNQUOTED VALUE') return 'a quote is never closed'
  return kind.toLowerCase()
}

/** Column names of a Parquet file; FILE_UNREADABLE when it is none. */
export async function parquetColumns(session: Session, path: string): Promise<readonly string[]> {
  try {
    const found = await session.ask(
      `DESCRIBE SELECT * FROM read_parquet(${sql.pathLiteral(path)}, hive_partitioning = false)`,
    )
    return found.map(row => row[0] as string)
  } catch (thrown) {
    const first = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
    throw new Fault(
      'FILE_UNREADABLE',
      `not a readable Parquet file: ${first}`,
      { where: path, fix: 'export it again' },
      { cause: thrown },
    )
  }
}

/** Keeps a demand shape as a source without calls; false when it is there already. */
export function addShape(session: Session, shape: DemandShape): Promise<boolean> {
  return session.write(async connection => {
    const [known] = await rowsOf(connection, sql.sourceKeyOf, [shape.source])
    if (known) return false
    const [next] = await rowsOf(connection, sql.nextSourceKey)
    const key = Number(next?.[0])
    await connection.run(sql.addSource, [
      key,
      shape.source,
      shape.source,
      shape.name,
      shape.format,
      BigInt(shape.importedAtMicros),
      shape.sample,
    ])
    await connection.run(sql.addShape, [
      key,
      BigInt(shape.startMicros),
      JSON.stringify(shape.seconds),
      JSON.stringify(shape.requestsPerSecond),
    ])
    await connection.run(sql.bumpRevision)
    return true
  })
}

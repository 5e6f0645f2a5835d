// A path in; a DuckDB database with the ledger's schema out, with one writer at a time and errors that a person can act on.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api'
import { Fault } from '../core/fault/fault.ts'
import { hasMeta, migrations, readMeta, schemaVersion, setSchema } from './sql.ts'

export type Row = DuckDBValue[]
export type Value = string | bigint | number | boolean | null

export interface Reader {
  /** All rows of one statement, on a connection that no load uses. */
  ask(sql: string, values?: readonly Value[]): Promise<Row[]>
  /** A connection that nobody else asks until `work` ends, and one state of the data: streams need both. */
  apart<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>
}

export interface Session extends Reader {
  /** Any number of reads of one state, one after the other. */
  still<T>(work: (state: Reader) => Promise<T>): Promise<T>
  /** One transaction, after all others: everything that `work` did is kept, or nothing of it. */
  write<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Rows of one statement on a given connection. */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  values: readonly DuckDBValue[] = [],
): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql, [...values])
  return reader.getRows()
}

export const threads = 2
/** Each checkpoint packs the newest rows again: after 16 MB of log, as is usual, that is a quarter of what metering costs. */
const checkpointEvery = '64MB'
/** Twice as much made no import faster, and with five million calls broke the promise of 1 GiB for the whole process. */
export const memoryLimit = '256MB'
/** Rows of many columns or of whole prompts, of which the reader holds two thousand at once, cannot be spilled. */
export const roomyMemoryLimit = '640MB'

/**
 * Opens or creates the database at `path` (`:memory:` for one that is gone when closed). What does not fit in memory goes
 * to the folder `spill` meanwhile.
 * Faults: LEDGER_LOCKED and LEDGER_BROKEN (kind outside), LEDGER_TOO_NEW.
 */
export async function openSession(path: string, spill: string = join(dirname(path), 'spill')): Promise<Session> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const options: Record<string, string> = {
    memory_limit: memoryLimit,
    threads: String(threads),
    checkpoint_threshold: checkpointEvery,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: spill,
  }
  let instance: DuckDBInstance
  try {
    instance = await DuckDBInstance.create(path, options)
  } catch (thrown) {
    throw openFault(path, thrown)
  }
  const reader = await instance.connect()
  await reader.run(`SET TimeZone = 'UTC'`)
  const session = sessionOf(instance, reader, path)
  try {
    await migrate(session, path)
  } catch (thrown) {
    await session.close()
    throw thrown instanceof Fault ? thrown : openFault(path, thrown)
  }
  return session
}

function sessionOf(instance: DuckDBInstance, reader: DuckDBConnection, path: string): Session {
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  const alive = () => {
    if (closed) throw new Fault('LEDGER_CLOSED', 'the ledger was closed while it was still in use', { kind: 'outside' })
  }
  const apart = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    alive()
    const connection = await instance.connect()
    try {
      await connection.run(`SET TimeZone = 'UTC'`)
      return await work(connection)
    } catch (thrown) {
      throw storeFault(thrown, path)
    } finally {
      connection.closeSync()
    }
  }
  const transaction = <T>(work: (connection: DuckDBConnection) => Promise<T>) =>
    apart(async connection => {
      await connection.run('BEGIN')
      try {
        const result = await work(connection)
        await connection.run('COMMIT')
        return result
      } catch (thrown) {
        await connection.run('ROLLBACK').catch(() => undefined)
        throw thrown
      }
    })
  const reading = <T>(work: (connection: DuckDBConnection) => Promise<T>) =>
    apart(async connection => {
      await connection.run('BEGIN')
      try {
        return await work(connection)
      } finally {
        await connection.run('ROLLBACK').catch(() => undefined)
      }
    })
  return {
    ask: async (sql, values) => {
      alive()
      return rowsOf(reader, sql, values).catch(thrown => {
        throw storeFault(thrown, path)
      })
    },
    apart: reading,
    still: work =>
      reading(connection =>
        work({ ask: (sql, values) => rowsOf(connection, sql, values), apart: on => on(connection) }),
      ),
    write: work => {
      const turn = last.then(() => transaction(work))
      last = turn.catch(() => undefined)
      return turn
    },
    close: async () => {
      if (closed) return
      await last
      closed = true
      reader.closeSync()
      instance.closeSync()
    },
  }
}

async function migrate(session: Session, path: string): Promise<void> {
  const [meta] = await session.ask(hasMeta)
  let version = 0
  if (Number(meta?.[0]) > 0) {
    const [row] = await session.ask(readMeta('schema'))
    version = Number(row?.[0])
  }
  if (version > schemaVersion) {
    throw new Fault('LEDGER_TOO_NEW', `the ledger has schema version ${version}, this program knows ${schemaVersion}`, {
      where: path,
      fix: 'use the newer crossline that wrote it, or another --data folder',
    })
  }
  if (version === schemaVersion) return
  await session.write(async connection => {
    for (const steps of migrations.slice(version)) for (const step of steps) await connection.run(step)
    await connection.run(setSchema(schemaVersion))
  })
}

function openFault(path: string, thrown: unknown): Fault {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const first = message.split('\n')[0] ?? message
  if (/could not set lock|conflicting lock|being used by another process|already (open|attached)/i.test(message)) {
    return new Fault(
      'LEDGER_LOCKED',
      'the ledger is in use by another process',
      { where: path, fix: 'wait for it to end, or use another --data folder', kind: 'outside' },
      { cause: thrown },
    )
  }
  const fix = existsSync(path)
    ? 'move the file away or restore a backup; a new one is made when it is missing'
    : undefined
  return new Fault(
    'LEDGER_BROKEN',
    `the ledger cannot be read: ${first}`,
    { where: path, fix, kind: 'outside' },
    { cause: thrown },
  )
}

/** What the store itself fails with once it is open: damage, or no room. Anything else is passed on. */
function storeFault(thrown: unknown, path: string): unknown {
  if (thrown instanceof Fault || !(thrown instanceof Error)) return thrown
  const first = thrown.message.split('\n')[0] ?? ''
  if (/corrupt database|checksum|database has been invalidated/i.test(first)) return openFault(path, thrown)
  if (!/No space left|could not write|Out of Memory/i.test(thrown.message)) return thrown
  return new Fault(
    'LEDGER_FULL',
    `the ledger ran out of room: ${first}`,
    { kind: 'outside', fix: 'free disk space and run it again; nothing was changed' },
    { cause: thrown },
  )
}

// A data folder → one process that may write in it: a lock file that names its holder and, for a server, its address.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '../core/fault/fault.ts'

export interface LockRecord {
  readonly pid: number
  /** Kernel start time of the process where it can be read: a pid alone may have been given to another by now. */
  readonly processStart: string | null
  readonly host: string
  readonly command: string
  /** Address of the server that holds the folder; null for a command, or for a server that is still starting. */
  readonly url: string | null
  readonly startedAt: string
}

export interface Lock {
  /** Publishes the server's address once it listens. */
  announce(url: string): void
  release(): void
}

export interface LockOptions {
  readonly command: string
  readonly waitMs?: number
  /** Told once, when the folder is held by another. */
  readonly onWait?: (holder: LockRecord) => void
}

export const lockWaitMs = 10_000

/** Who holds the folder now; null when nobody, or only a process that is gone. */
export function readLock(dataDir: string): LockRecord | null {
  const record = read(lockFile(dataDir))
  return record !== null && isAlive(record) ? record : null
}

/**
 * Takes the folder's lock, creating the folder. Waits for a command to finish; returns the holder instead when that is
 * a server, for then the work goes through it.
 * @throws Fault LEDGER_BUSY (outside) when another command still holds it after the wait
 */
export async function takeLock(dataDir: string, options: LockOptions): Promise<Lock | LockRecord> {
  makeFolder(dataDir)
  const deadline = Date.now() + (options.waitMs ?? lockWaitMs)
  let told = false
  for (;;) {
    const mine = tryTake(dataDir, options.command)
    if (mine !== null) return mine
    const holder = read(lockFile(dataDir))
    if (holder !== null && !isAlive(holder)) {
      takeOver(dataDir, holder)
      continue
    }
    if (holder?.url) return holder
    if (Date.now() >= deadline) {
      throw new Fault('LEDGER_BUSY', `the ledger is held by another process (${describe(holder)})`, {
        where: dataDir,
        fix: 'wait for it to finish, or give another folder with --data',
        kind: 'outside',
      })
    }
    if (!told && holder !== null) {
      options.onWait?.(holder)
      told = true
    }
    await sleep(50)
  }
}

export function isLock(taken: Lock | LockRecord): taken is Lock {
  return 'release' in taken
}

export function describe(holder: LockRecord | null): string {
  return holder === null ? 'unknown' : `crossline ${holder.command}, pid ${holder.pid}`
}

function lockFile(dataDir: string): string {
  return join(dataDir, 'lock.json')
}

function makeFolder(dataDir: string): void {
  try {
    // Whose calls these are is nobody else's affair.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw new Fault('DATA_FOLDER', `the data folder cannot be made: ${(thrown as Error).message}`, {
      where: dataDir,
      fix: 'give a writable folder with --data',
    })
  }
}

function tryTake(dataDir: string, command: string): Lock | null {
  const path = lockFile(dataDir)
  const record: LockRecord = {
    pid: process.pid,
    processStart: processFacts(process.pid)?.start ?? null,
    host: hostname(),
    command,
    url: null,
    startedAt: new Date().toISOString(),
  }
  try {
    writeFileSync(path, JSON.stringify(record), { flag: 'wx', mode: 0o600 })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw new Fault('DATA_FOLDER', `the data folder cannot be written: ${(thrown as Error).message}`, {
      where: dataDir,
      fix: 'give a writable folder with --data',
    })
  }
  return {
    announce(url) {
      const beside = `${path}.${process.pid}`
      writeFileSync(beside, JSON.stringify({ ...record, url }), { mode: 0o600 })
      renameSync(beside, path)
    },
    release() {
      if (read(path)?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}

/** Removes a dead holder's lock, one process at a time, so that nobody removes the lock of the one who was quicker. */
function takeOver(dataDir: string, dead: LockRecord): void {
  const guard = `${lockFile(dataDir)}.takeover`
  try {
    writeFileSync(guard, '', { flag: 'wx' })
  } catch {
    const made = statSync(guard, { throwIfNoEntry: false })?.mtimeMs
    if (made !== undefined && Date.now() - made > 5000) rmSync(guard, { force: true })
    return
  }
  const now = read(lockFile(dataDir))
  if (now?.pid === dead.pid && now.startedAt === dead.startedAt) rmSync(lockFile(dataDir), { force: true })
  rmSync(guard, { force: true })
}

function read(path: string): LockRecord | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockRecord
  } catch {
    // A lock that was cut short by a crash while written: after a moment it is as good as none.
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (made !== undefined && Date.now() - made > 5000) rmSync(path, { force: true })
    return null
  }
}

function isAlive(record: LockRecord): boolean {
  // A pid means nothing on another machine or in another container; there DuckDB's own file lock is the last word.
  if (record.host !== hostname()) return false
  try {
    process.kill(record.pid, 0)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = processFacts(record.pid)
  // A killed process that nobody has waited for still has a pid, and holds nothing.
  if (now !== null && /[ZX]/.test(now.state)) return false
  return record.processStart === null || now?.start === record.processStart
}

/** State and start time (fields 3 and 22 of /proc/PID/stat, counted after the name in parentheses); null off Linux. */
function processFacts(pid: number): { readonly state: string; readonly start: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '' }
  } catch {
    return null
  }
}

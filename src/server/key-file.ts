// A data folder in; the keys that were given out, changed by one process at a time, and watched by those who check them, out.
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import { attributionKinds } from '../core/meter/call.ts'
import type { Key, Keys } from '../gateway/keys.ts'
import { isLock, takeLock } from './lock.ts'
import type { Say } from './log.ts'

/** A key as it is kept: its hash instead of its secret. */
export interface KeptKey extends Key {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string
  readonly createdAt: string
}

const instant = z.iso.datetime()
const fileShape = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      id: z.string().min(1),
      name: z.string().min(1),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      createdAt: instant,
      expiresAt: instant.nullable(),
      revokedAt: instant.nullable(),
      attribution: z.partialRecord(z.enum(attributionKinds), z.string().min(1)),
      tags: z.record(z.string(), z.string()),
      upstreams: z.array(z.string()).nullable(),
    }),
  ),
})

const fileOf = (dataDir: string): string => join(dataDir, 'keys.json')

/**
 * All keys ever made here, revoked and expired ones too.
 * @throws Fault KEYS_UNREADABLE
 */
export function readKeys(dataDir: string): readonly KeptKey[] {
  const path = fileOf(dataDir)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unreadable(path, (thrown as Error).message)
  }
  try {
    return fileShape.parse(JSON.parse(text)).keys as readonly KeptKey[]
  } catch (thrown) {
    const issue = thrown instanceof z.ZodError ? thrown.issues[0] : undefined
    throw unreadable(path, issue === undefined ? 'it is not JSON' : `${issue.path.join('.')}: ${issue.message}`)
  }
}

const unreadable = (path: string, why: string): Fault =>
  new Fault('KEYS_UNREADABLE', `the keys cannot be read: ${why}`, {
    where: path,
    fix: 'put it back from a backup, or remove it to begin without keys',
  })

/**
 * Changes the keys: what one process changes, none overwrites. The file is whole at any moment, whoever is killed.
 * @throws Fault KEYS_BUSY (outside) while another process changes them
 */
export async function changeKeys(
  dataDir: string,
  change: (keys: readonly KeptKey[]) => readonly KeptKey[],
): Promise<void> {
  const lock = await takeLock(join(dataDir, 'keys.lock'), { command: 'keys' }).catch((thrown: unknown) => {
    if (!(thrown instanceof Fault) || thrown.code !== 'LEDGER_BUSY') throw thrown
    throw new Fault('KEYS_BUSY', 'another process changes the keys', {
      where: fileOf(dataDir),
      fix: 'run it again',
      kind: 'outside',
    })
  })
  try {
    write(fileOf(dataDir), change(readKeys(dataDir)))
  } finally {
    if (isLock(lock)) lock.release()
  }
}

function write(path: string, keys: readonly KeptKey[]): void {
  const beside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(beside, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
    // A key that was shown, or revoked, must not come undone with a power cut.
    const file = openSync(beside, 'r')
    fsyncSync(file)
    closeSync(file)
    renameSync(beside, path)
  } catch (thrown) {
    rmSync(beside, { force: true })
    throw thrown
  }
}

/** A change of the file is noticed by the first request after so long. */
const lookEveryMs = 250

/** Keys as the file says now. While it cannot be read, the last that could be hold, which is said. */
export function watchKeys(dataDir: string, say: Say, nowMs = () => performance.now()): Keys {
  const path = fileOf(dataDir)
  let byHash: ReadonlyMap<string, Key> = new Map()
  let stamp = ''
  let lookedMs = Number.NEGATIVE_INFINITY
  const look = () => {
    lookedMs = nowMs()
    const now = stampOf(path)
    if (now === stamp) return
    stamp = now
    try {
      byHash = new Map(readKeys(dataDir).map(key => [key.hash, key]))
    } catch (thrown) {
      say(`keys are as they were before: ${(thrown as Error).message} (${path})`, 'error')
    }
  }
  return {
    find(hash) {
      // A key that is not known may have been made just now, and is to be of use at once.
      if (nowMs() - lookedMs >= lookEveryMs || !byHash.has(hash)) look()
      return byHash.get(hash) ?? null
    },
  }
}

/** Changes when the file is replaced, written, made or removed. */
function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
}

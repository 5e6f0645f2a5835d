// Environment and key file in; the keys that captures are sealed with, the newest first, out.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Fault } from '../../core/fault/fault.ts'
import { putOnce } from '../put-once.ts'

export interface CaptureKey {
  /** Tells keys apart and says nothing of them. */
  readonly id: string
  readonly secret: Buffer
}

export const keyVariable = 'CROSSLINE_CAPTURE_KEY'
/** Keys that were in force before, by commas: what they sealed is still read. */
export const formerKeysVariable = 'CROSSLINE_CAPTURE_KEYS_FORMER'

const keyOf = (secret: Buffer): CaptureKey => ({
  id: createHash('sha256').update('crossline capture key').update(secret).digest('hex').slice(0, 12),
  secret,
})

export const keyFileOf = (dataDir: string, keyFile: string | undefined): string =>
  keyFile === undefined ? join(dataDir, 'capture.key') : resolve(keyFile)

/**
 * The key to seal with first, then all that may open: of the environment, former ones, then the file's, which is made
 * (0600) where `make` is set and nobody gave one. @throws Fault CAPTURE_KEY_INVALID, CAPTURE_KEY_OPEN
 */
export function captureKeys(
  dataDir: string,
  keyFile: string | undefined,
  { environment = process.env, make = false }: { environment?: NodeJS.ProcessEnv; make?: boolean } = {},
): CaptureKey[] {
  const stated = environment[keyVariable]
  const former = (environment[formerKeysVariable] ?? '').split(',').filter(text => text.trim() !== '')
  const keys = [
    ...(stated ? [keyOf(secretOf(stated, keyVariable))] : []),
    ...former.map(text => keyOf(secretOf(text, formerKeysVariable))),
  ]
  const path = keyFileOf(dataDir, keyFile)
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined
  if (isThere) return [...keys, keyOf(readKeyFile(path))]
  if (stated || !make) return keys
  return [keyOf(madeKeyFile(path)), ...keys]
}

function secretOf(text: string, where: string): Buffer {
  const plain = text.trim()
  const secret = /^[0-9a-f]{64}$/i.test(plain) ? Buffer.from(plain, 'hex') : Buffer.from(plain, 'base64')
  if (secret.length === 32) return secret
  throw new Fault('CAPTURE_KEY_INVALID', 'a capture key has 32 bytes, in base64 or hex', {
    where,
    fix: 'make one: openssl rand -base64 32',
  })
}

function readKeyFile(path: string): Buffer {
  const { mode } = statSync(path)
  // Windows has no such bits.
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw new Fault('CAPTURE_KEY_OPEN', 'others on this machine can read the capture key', {
      where: path,
      fix: `chmod 600 ${path}`,
    })
  }
  return secretOf(readFileSync(path, 'utf8'), path)
}

/** Of several processes that begin at once all get the same one: the file is there whole, or not at all. */
function madeKeyFile(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true })
  putOnce(path, `${randomBytes(32).toString('base64')}\n`)
  return readKeyFile(path)
}

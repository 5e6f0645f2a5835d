// A data folder in; the key of its fingerprints out: made once, read by nobody else.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { putOnce } from './put-once.ts'

/** 32 bytes. Of several processes that begin at once all get the same ones: the file is there whole, or not at all. */
export function fingerprintKey(dataDir: string): Buffer {
  const path = join(dataDir, 'fingerprint.key')
  mkdirSync(dataDir, { recursive: true })
  try {
    return readFileSync(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  }
  putOnce(path, randomBytes(32))
  return readFileSync(path)
}

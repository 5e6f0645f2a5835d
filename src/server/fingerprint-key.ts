// A data folder in; the key of its fingerprints out: made once, read by nobody else.
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** 32 bytes. Of several processes that begin at once all get the same ones: the file is there whole, or not at all. */
export function fingerprintKey(dataDir: string): Buffer {
  const path = join(dataDir, 'fingerprint.key')
  mkdirSync(dataDir, { recursive: true })
  try {
    return readFileSync(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  }
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  writeFileSync(draft, randomBytes(32), { flag: 'wx', mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(path)
}

// A path and a secret in; a file that its owner alone may read out, whole or not at all, the first of several that write it.
import { randomBytes } from 'node:crypto'
import { linkSync, rmSync, writeFileSync } from 'node:fs'

/** Writes a file that nobody else may read, unless it is there: whoever comes second finds the first one's. */
export function putOnce(path: string, contents: string | Uint8Array): void {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  writeFileSync(draft, contents, { flag: 'wx', mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
  } finally {
    rmSync(draft, { force: true })
  }
}

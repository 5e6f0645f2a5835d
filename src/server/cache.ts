// An expensive value and what it was computed from → the same value from disk, as long as nothing of that has changed.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Cache {
  /** The value for these inputs; computed once when several ask at the same time. A cache that cannot be written is none. */
  remember<T>(inputs: readonly unknown[], compute: () => Promise<T>): Promise<T>
}

const kept = 100

/** Values as JSON files in a folder, named by the hash of their inputs and of this build; the oldest go first. */
export function openCache(folder: string, build: string): Cache {
  const underWay = new Map<string, Promise<unknown>>()
  return {
    remember<T>(inputs: readonly unknown[], compute: () => Promise<T>): Promise<T> {
      const key = createHash('sha256')
        .update(JSON.stringify([build, ...inputs]))
        .digest('hex')
        .slice(0, 32)
      const running = underWay.get(key)
      if (running !== undefined) return running as Promise<T>
      const path = join(folder, `${key}.json`)
      const found = read(path)
      if (found !== undefined) return Promise.resolve(found as T)
      const made = compute()
        .then(value => {
          write(folder, path, value)
          return value
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, made)
      return made
    },
  }
}

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function write(folder: string, path: string, value: unknown): void {
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(value))
    renameSync(`${path}.${process.pid}`, path)
    const files = readdirSync(folder).map(name => join(folder, name))
    if (files.length <= kept) return
    const byAge = files.map(file => ({ file, at: statSync(file).mtimeMs })).sort((a, b) => a.at - b.at)
    for (const { file } of byAge.slice(0, files.length - kept)) rmSync(file, { force: true })
  } catch {
    // A full or read-only disk costs time on the next start, nothing else.
  }
}

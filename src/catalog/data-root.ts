// This module's own place in; the package's data/ folder out, whether it runs from src/ or from a bundle in dist/.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '../core/fault/fault.ts'

let found: string | null = null

/**
 * Absolute path of the facts that ship with the package: the nearest data/gpus.json above this module.
 * Throws DATA_MISSING when the installation is incomplete.
 */
export function dataRoot(): string {
  if (found !== null) return found
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; ; folder = dirname(folder)) {
    const data = join(folder, 'data')
    if (existsSync(join(data, 'gpus.json'))) {
      found = data
      return data
    }
    if (dirname(folder) === folder) break
  }
  throw new Fault('DATA_MISSING', 'the data folder that ships with crossline was not found', {
    where: start,
    fix: 'reinstall the package: data/ belongs beside dist/',
  })
}

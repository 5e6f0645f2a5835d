// A spool's folder in; the segments of each worker, oldest first, out.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Segment {
  readonly worker: string
  readonly sequence: number
  readonly path: string
}

export const segmentName = (sequence: number): string => `${String(sequence).padStart(8, '0')}.spool`

/** Segments of one worker; none where the folder is not there. */
export function segmentsOf(folder: string, worker: string): Segment[] {
  return namesIn(join(folder, worker))
    .flatMap(name => (/^\d{8}\.spool$/.test(name) ? [Number(name.slice(0, 8))] : []))
    .sort((a, b) => a - b)
    .map(sequence => ({ worker, sequence, path: join(folder, worker, segmentName(sequence)) }))
}

/** Workers that have a folder, by name. */
export const workersIn = (folder: string): string[] => namesIn(folder).sort()

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT' || (thrown as NodeJS.ErrnoException).code === 'ENOTDIR')
      return []
    throw thrown
  }
}

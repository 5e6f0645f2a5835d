// Files of load generators → their load points together, and what was rejected in files of their own.
import { readBenchmark } from '../intake/benchmarks/read-benchmark.ts'
import type { MeasuredPoint } from '../intake/benchmarks/reader.ts'
import { namesApart, openRejects } from '../intake/rejects.ts'

export interface RecordsRead {
  readonly file: string
  readonly format: string
  readonly points: number
  readonly notes: readonly string[]
  readonly rejected: { readonly count: number; readonly first: string; readonly path: string } | null
}

/** @throws Fault those of readBenchmark */
export function readRecords(
  files: readonly string[],
  format: string | undefined,
  dataDir: string,
): { readonly points: readonly MeasuredPoint[]; readonly reads: readonly RecordsRead[] } {
  const points: MeasuredPoint[] = []
  const names = namesApart(files)
  const reads = files.map((file, at): RecordsRead => {
    const read = readBenchmark(file, format)
    points.push(...read.points)
    const rejects = openRejects(dataDir, names[at]!)
    for (const reject of read.rejects) rejects.add(reject)
    rejects.close()
    const [path, first] = [rejects.path(), rejects.first()]
    const rejected = path === null ? null : { count: read.rejects.length, first, path }
    return { file, format: read.format, points: read.points.length, notes: read.notes, rejected }
  })
  return { points, reads }
}

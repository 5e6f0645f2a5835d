// A data folder → what all runs of tasks kept in it say of their options, read again when one of them changes.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { weightsOf } from '../catalog/facts.ts'
import type { AttemptRow } from '../core/decide/quality/attempt-row.ts'
import { type RunEvidence, runEvidence } from '../core/decide/quality/run-evidence.ts'
import type { TriedOption } from '../core/decide/quality/tried-option.ts'
import { readKeptRun, runFolder, runsFolder } from './kept-run.ts'

export interface KeptRuns {
  /** Changes when a run does; null = none is kept. */
  readonly stamp: string | null
  readonly runs: readonly RunEvidence[]
  /** Runs that could not be read, and lines left out, a sentence each. */
  readonly problems: readonly string[]
}

let kept: { readonly key: string; readonly found: KeptRuns } | null = null

/** In the order of their names. A run that is broken or not yet whole is left out and told; the others count. */
export function keptRuns(dataDir: string, workload: string | null = null): KeptRuns {
  const stamp = stampOf(dataDir)
  if (stamp === null) return { stamp, runs: [], problems: [] }
  const key = JSON.stringify([dataDir, workload, stamp])
  if (kept?.key !== key) kept = { key, found: { stamp, ...read(dataDir, workload) } }
  return kept.found
}

/** The page gets them all: more than anybody looks at. */
const mostRuns = 20

const namesIn = (dataDir: string): string[] => {
  const folder = runsFolder(dataDir)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => existsSync(join(folder, name, 'run.json')))
    .sort()
}

function stampOf(dataDir: string): string | null {
  const files = namesIn(dataDir).flatMap(run =>
    ['run.json', 'attempts.jsonl'].map(file => {
      const path = join(runFolder(dataDir, run), file)
      if (!existsSync(path)) return [run, file]
      const { mtimeMs, size } = statSync(path)
      return [run, file, mtimeMs, size]
    }),
  )
  return files.length === 0 ? null : JSON.stringify(files)
}

function read(dataDir: string, workload: string | null): Pick<KeptRuns, 'runs' | 'problems'> {
  const runs: RunEvidence[] = []
  const problems: string[] = []
  for (const name of namesIn(dataDir)) {
    try {
      const told = readKeptRun(dataDir, name)
      if (told.origin !== 'import' && told.endedAt === null) {
        problems.push(`run ${name} is not over and left out (crossline tasks run --resume ${name})`)
        continue
      }
      const { rows, bad } = rowsOf(join(runFolder(dataDir, name), 'attempts.jsonl'))
      if (bad > 0) problems.push(`run ${name}: ${bad} of ${rows.length + bad} tries are not readable`)
      runs.push(runEvidence({ ...told, options: told.options.map(grouped) }, rows, workload))
    } catch (thrown) {
      problems.push(`run ${name} is left out: ${(thrown as Error).message}`)
    }
  }
  if (runs.length <= mostRuns) return { runs, problems }
  const newest = [...runs].sort((a, b) => ((a.at ?? '') < (b.at ?? '') ? 1 : -1)).slice(0, mostRuns)
  return {
    runs: newest,
    problems: [...problems, `${runs.length - mostRuns} older runs than the newest ${mostRuns} are left out`],
  }
}

/** Weights by their id in the catalog, where the run's own words name them. */
function grouped(option: TriedOption): TriedOption {
  const group = option.group ?? (option.model === null ? null : (weightsOf(option.model)?.weights ?? null))
  return { ...option, group }
}

function rowsOf(path: string): { readonly rows: AttemptRow[]; readonly bad: number } {
  const rows: AttemptRow[] = []
  let bad = 0
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.trim() === '') continue
    try {
      rows.push(JSON.parse(line) as AttemptRow)
    } catch {
      bad++
    }
  }
  return { rows, bad }
}

// A run of tasks, or another tool's results, as it is kept under DATA/tasks/<run>/: what it was of in run.json, its tries in attempts.jsonl.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AttemptRow } from '../core/decide/quality/attempt-row.ts'
import type { TriedOption } from '../core/decide/quality/tried-option.ts'
import { Fault } from '../core/fault/fault.ts'

export interface KeptRun {
  /** Names its folder. */
  readonly run: string
  /** `run`: ours, through the gateway; `replay`: ours, of sampled calls; `import`: another tool's results. */
  readonly origin: 'run' | 'replay' | 'import'
  readonly suite: string
  /** ISO 8601, UTC; null = nobody told. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** Shares of tasks that must pass; none = nobody said. */
  readonly bars: readonly number[]
  readonly options: readonly TriedOption[]
  /** Version of the price catalog by which tries were priced. */
  readonly catalogVersion: string | null
  /** What a reader of its figures has to know, a sentence each. */
  readonly notes: readonly string[]
  /** Whatever its maker keeps beside: of an import, what was read. */
  readonly detail?: Readonly<Record<string, unknown>>
}

export const runsFolder = (dataDir: string): string => join(dataDir, 'tasks')
export const runFolder = (dataDir: string, run: string): string => join(runsFolder(dataDir), run)

/** Writes both files whole: a reader sees the run before or after, never half of it. */
export function keepRun(dataDir: string, run: KeptRun, rows: readonly AttemptRow[]): string {
  const folder = runFolder(dataDir, run.run)
  mkdirSync(folder, { recursive: true })
  replace(join(folder, 'attempts.jsonl'), rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  replace(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`)
  return folder
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** @throws Fault RUN_UNKNOWN where the folder holds none */
export function readKeptRun(dataDir: string, run: string): KeptRun {
  const path = join(runFolder(dataDir, run), 'run.json')
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KeptRun
  } catch (thrown) {
    throw new Fault('RUN_UNKNOWN', `no run "${run}" is kept`, { where: path, fix: 'see DATA/tasks' }, { cause: thrown })
  }
}

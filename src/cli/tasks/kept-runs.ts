// A data folder in; the runs of tasks in it that are not over, and a place for a new one, out.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { Fault } from '../../core/fault/fault.ts'
import { isLock, type Lock, takeLock } from '../../server/lock.ts'
import { type KeptRun, readKeptRun, runFolder, runsFolder } from '../../tasks/kept-run.ts'
import type { OptionPlan } from '../../tasks/run/option-plan.ts'
import type { Task } from '../../tasks/task.ts'

/** What our own runs keep beside what all do. */
export interface RunDetail {
  /** Of all that its results depend on: tasks, options, repeats, seed. */
  readonly fingerprint: string
  readonly suiteFile: string
  readonly seed: number
  readonly repeat: number
  readonly concurrency: number
  /** Which of its tasks and options, as flags said. */
  readonly choice: {
    readonly options?: string | undefined
    readonly only?: readonly string[] | undefined
    readonly tag?: readonly string[] | undefined
    readonly first?: number | undefined
  }
  readonly crossline: string
  /** Whether the words of answers stay beside the tries. */
  readonly keepAnswers?: boolean
  /** Requests that earlier processes of the run may have paid without an answer. */
  readonly lost?: readonly { readonly id: string; readonly mostUsd: string | null }[]
  readonly ended?: string
  /** Whether anybody was told the result: a run that died before is told again, and not made again. */
  readonly told?: boolean
}

export function fingerprintOf(
  tasks: readonly Task[],
  options: readonly OptionPlan[],
  repeat: number,
  seed: number,
): string {
  const shown = { tasks, options, repeat, seed }
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 32)
}

export const detailOf = ({ detail }: KeptRun): RunDetail | null =>
  typeof detail?.fingerprint === 'string' ? (detail as unknown as RunDetail) : null

/** Our own runs that were stopped or killed, also just before their result was told; the newest first. */
export function unfinishedRuns(dataDir: string): KeptRun[] {
  let names: string[]
  try {
    names = readdirSync(runsFolder(dataDir))
  } catch {
    return []
  }
  const runs = names.flatMap(name => {
    try {
      return [readKeptRun(dataDir, name)]
    } catch {
      // An import that is being written, or a folder of somebody else's.
      return []
    }
  })
  const own = runs.filter(run => {
    const detail = detailOf(run)
    return detail !== null && (run.endedAt === null || detail.told === false)
  })
  return own.sort((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? ''))
}

/** `support-20261128-093012-3fa2`: sorted by name they stand in the order of their time. */
export function newRunName(suite: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const plain = suite
    .toLowerCase()
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|-+$/g, '')
    .slice(0, 40)
  return `${plain || 'suite'}-${stamp}-${randomBytes(2).toString('hex')}`
}

/** One process at a time goes on with a run. @throws Fault RUN_BUSY */
export async function lockRun(dataDir: string, run: string): Promise<Lock> {
  const folder = runFolder(dataDir, run)
  try {
    const taken = await takeLock(folder, { command: 'tasks run', waitMs: 0 })
    if (isLock(taken)) return taken
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'LEDGER_BUSY') throw thrown
  }
  throw new Fault('RUN_BUSY', `the run ${run} is under way in another process`, {
    where: folder,
    fix: 'wait for it, or begin another with --new',
    kind: 'outside',
  })
}

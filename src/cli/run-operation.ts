// Operations asked for on the command line → run on the server that holds the data folder, or here under its lock.
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../core/fault/fault.ts'
import type { ImportResult } from '../intake/account.ts'
import { describe, isLock, takeLock } from '../server/lock.ts'
import type { Operation, OperationIo } from '../server/operation.ts'
import type { Workplace, WorkplaceOptions } from '../server/workplace.ts'
import type { CommandFrame } from './command.ts'

/** Runs one operation with its parameters and, where it takes one, a file. */
export type Runner = <Params extends object, Result>(
  operation: Operation<Params, Result>,
  params: Params,
  file?: OperationIo['file'],
) => Promise<Result>

/**
 * Gives `work` a runner on the data folder, held for as long as `work` takes.
 * @throws Fault LEDGER_BUSY, SERVER_LOST, and what `work` throws
 */
export async function runnerOn<T>(frame: CommandFrame, command: string, work: (run: Runner) => Promise<T>): Promise<T> {
  const { output } = frame
  const { data } = frame.globals()
  const taken = await takeLock(data, {
    command,
    onWait: holder => output.note(`waiting for the ledger, held by ${describe(holder)}…`),
  })
  if (!isLock(taken)) {
    const url = taken.url ?? ''
    const { runRemotely } = await import('../server/client.ts')
    return work((operation, params, file = null) => runRemotely(url, operation, params, ioOf(frame, file))).finally(
      () => output.progress(null),
    )
  }
  return onWorkplace(frame, { dataDir: data }, work, () => taken.release())
}

/** One operation on the data folder. */
export function runOperation<Params extends object, Result>(
  frame: CommandFrame,
  operation: Operation<Params, Result>,
  params: Params,
  file: OperationIo['file'] = null,
): Promise<Result> {
  return runnerOn(frame, operation.name, run => run(operation, params, file))
}

/** Gives `work` a runner on a ledger that holds only this file and is gone afterwards, and what of it was left out (null: nothing). */
export async function withTrace<T>(
  frame: CommandFrame,
  path: string,
  work: (run: Runner, leftOut: string | null) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'crossline-trace-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  return onWorkplace(
    frame,
    { dataDir: folder, inMemory: true, tasksOf: frame.globals().data },
    async run => {
      const { importFile } = await import('../server/operations.ts')
      const { seed } = frame.globals()
      const done = await run(importFile, { seed }, { path, name: path })
      if (done.rows - done.rejected === 0 || done.tokens.input + done.tokens.output === 0) {
        throw new Fault('NO_CALLS', 'no row of the file reads as a call', {
          where: path,
          fix: 'see crossline import --help',
        })
      }
      const leftOut = done.rejected === 0 ? null : `${path}: ${await lostRows(done)}`
      if (leftOut !== null) frame.output.note(leftOut)
      return work(run, leftOut)
    },
    remove,
  )
}

/** `3 of 200 rows rejected and left out; the first: line 4: …`. Where all of them are listed goes with the folder of the trace. */
async function lostRows({ rows, rejected, rejectFile }: ImportResult): Promise<string> {
  const listed = rejectFile === null ? '' : readFileSync(rejectFile, 'utf8')
  const first = listed.slice(0, listed.indexOf('\n'))
  const { line, reason } = first === '' ? { line: null, reason: '' } : JSON.parse(first)
  const number = (n: number) => n.toLocaleString('en-US')
  const why = reason === '' ? '' : `; the first: ${line === null ? '' : `line ${line}: `}${reason}`
  return `${number(rejected)} of ${number(rows)} rows rejected and left out${why} (crossline import lists them all)`
}

async function onWorkplace<T>(
  frame: CommandFrame,
  options: WorkplaceOptions,
  work: (run: Runner) => Promise<T>,
  release: () => void,
): Promise<T> {
  const forget = onInterrupt(release)
  let workplace: Workplace | null = null
  try {
    const { openWorkplace } = await import('../server/workplace.ts')
    const { gateway, zone } = frame.settings()
    // Few commands run beside budgets, and only those need their schema.
    const isLimited = options.inMemory !== true && (gateway?.budgets ?? []).length > 0
    const budgets = isLimited ? (await import('../server/budget-settings.ts')).budgetsOf(gateway, zone) : undefined
    const opened = openWorkplace({
      budgets,
      configFile: frame.globals().config,
      priceFiles: frame.settings().prices ?? [],
      ...options,
    })
    workplace = opened
    if (options.inMemory !== true) {
      const { takeWaiting } = await import('../server/spool-writer.ts')
      await takeWaiting(opened, frame.output.note)
    }
    return await work((operation, params, file = null) => operation.run(opened, params, ioOf(frame, file)))
  } finally {
    frame.output.progress(null)
    await workplace?.close()
    forget()
    release()
  }
}

function ioOf({ output }: CommandFrame, file: OperationIo['file']): OperationIo {
  return { file, progress: text => output.progress(text), note: text => output.note(text) }
}

/** Ctrl-C ends a command at once: DuckDB's open transaction is rolled back, and the lock goes. */
function onInterrupt(release: () => void): () => void {
  const end = (signal: NodeJS.Signals) => {
    release()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  return () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}

// A run's calls in the spool → in the ledger, by whoever holds it: the server, or this command at its end.
import { Fault } from '../../core/fault/fault.ts'
import { readLock } from '../../server/lock.ts'
import type { CommandFrame } from '../command.ts'
import { runnerOn } from '../run-operation.ts'

/** What cannot be taken now waits in the spool, and is said: the run itself is whole. */
export async function takeIntoLedger(frame: CommandFrame): Promise<void> {
  // A server takes the spool as it grows.
  if (readLock(frame.globals().data)?.url) return
  try {
    await runnerOn(frame, 'tasks run', async () => {})
  } catch (thrown) {
    const why = thrown instanceof Fault ? thrown.message : String(thrown)
    frame.output.note(`the calls of this run wait in the spool: ${why}`)
  }
}

// A spool's folder in; a name in it under which no other living process writes, out.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Fault } from '../core/fault/fault.ts'
import { isLock, takeLock } from '../server/lock.ts'

export interface Slot {
  readonly worker: string
  release(): void
}

/**
 * The first free of w1, w2, …. The gateways of a server that was killed may still let their calls finish: what they write
 * must not be taken for ended, as it would be once another begins a segment beside them.
 */
export async function claimSlot(folder: string): Promise<Slot> {
  for (let i = 1; ; i++) {
    const worker = `w${i}`
    try {
      const taken = await takeLock(join(folder, worker), { command: 'gateway', waitMs: 0 })
      if (isLock(taken)) return { worker, release: () => taken.release() }
    } catch (thrown) {
      // A disk that is full or cannot be written to: calls go on all the same, and nobody else has such a name.
      if (!(thrown instanceof Fault) || thrown.code !== 'LEDGER_BUSY') {
        return { worker: `w0-${randomBytes(6).toString('hex')}`, release: () => {} }
      }
    }
  }
}

// Jobs in; their outcomes out of a process of its own, so that what asks takes no time from what is measured.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Job, Outcome, Target } from './load.ts'

export interface Loader {
  /** So many connections, each of which asks again once it was answered. */
  closed(target: Target, body: string, connections: number, ms: number): Promise<Outcome>
  /** So many calls a second, whatever comes back. */
  open(target: Target, body: string, perSecond: number, ms: number): Promise<Outcome>
  /** So many calls, all at once. */
  held(target: Target, body: string, calls: number): Promise<Outcome>
  stop(): void
}

const patienceMs = 400_000

export function startLoader(): Loader {
  const child = fork(join(import.meta.dirname, 'load.ts'), { execArgv: ['--import', 'tsx'] })
  const work = async (job: Job): Promise<Outcome> => {
    child.send(job)
    const [outcome] = (await once(child, 'message', { signal: AbortSignal.timeout(patienceMs) })) as [Outcome]
    return outcome
  }
  return {
    closed: (target, body, connections, ms) => work({ target, body, kind: 'closed', connections, ms, perSecond: 0 }),
    open: (target, body, perSecond, ms) => work({ target, body, kind: 'open', connections: 256, ms, perSecond }),
    held: (target, body, calls) => work({ target, body, kind: 'held', connections: calls, ms: 0, perSecond: 0 }),
    stop: () => void child.kill(),
  }
}

// What stands between client and provider, as the bench sees it: an address, processes, and how to start and stop it.
import type { Target } from './load.ts'
import { type Running, startScript } from './process.ts'

export interface Contender {
  readonly name: string
  readonly target: Target
  /** The process that was started; more may hang below it. */
  readonly pid: number
  stop(): Promise<void>
}

export interface Place {
  /** The provider's address. */
  readonly upstream: string
  /** For what a contender needs while it runs; goes afterwards. */
  readonly folder: string
  /** For what was fetched once; stays. */
  readonly cache: string
}

/** Starts a contender. What throws is left out, and its words are said. */
export type Start = (place: Place) => Promise<Contender>

export const chatPath = '/v1/chat/completions'

export const contender = (name: string, running: Running, path = chatPath, headers = {}): Contender => ({
  name,
  target: { origin: running.origin, path, headers },
  pid: running.pid,
  stop: running.stop,
})

export const bareRelay: Start = async ({ upstream }) =>
  contender('bare relay', await startScript(`${import.meta.dirname}/relay.ts`, [upstream]))

// The server of the data folder, if there is one: whether it answers, what it lost, and how far its ledger is behind.
import type { GatewayStatus } from '../../processes/figures.ts'
import { readLock } from '../../server/lock.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

/** The writer takes the spool once a second and more often: so long behind, something is in its way. */
const mostLagSeconds = 30

export const runningServer: Check = {
  name: 'server',
  async look(frame) {
    const holder = readLock(frame.globals().data)
    if (holder === null) return [ok('none runs on this folder')]
    if (holder.url === null) {
      return [warn(`the folder is held by crossline ${holder.command}, pid ${holder.pid}`, 'wait for it to finish')]
    }
    try {
      const ready = await get(`${holder.url}/readyz`)
      const status = (await (await get(`${holder.url}/api/gateway`)).json()) as GatewayStatus
      const state = ready.ok ? 'ready' : 'starting'
      return [ok(`${holder.url}, pid ${holder.pid}, ${state}; ${status.metered} calls metered`), ...troubles(status)]
    } catch (thrown) {
      const words = thrown instanceof Error ? thrown.message : String(thrown)
      return [fail(`${holder.url} (pid ${holder.pid}) does not answer: ${words}`, 'see its log, or restart it')]
    }
  },
}

const get = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(5000) })

function troubles({ errors, lostRecords, lag }: GatewayStatus): Finding[] {
  const found = errors.map(text => fail(text, 'mend it: what waits in the spool is taken by itself'))
  if (lostRecords > 0) {
    found.push(fail(`${lostRecords} records of calls were lost`, 'see the log for why they could not be written'))
  }
  if (lag === null) found.push(fail('the process that owns the ledger is away', 'see the log for why it ends'))
  else if (lag.seconds > mostLagSeconds) {
    found.push(
      warn(`the ledger is ${Math.round(lag.seconds)} s behind the spool`, 'see the log, and the load of the disk'),
    )
  }
  return found
}

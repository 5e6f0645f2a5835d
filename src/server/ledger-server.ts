// A workplace → its page and API on a port of this machine, and what comes into its spool taken in; and its orderly end.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { httpApp } from './http.ts'
import type { Say } from './log.ts'
import type { Operation } from './operation.ts'
import { type SpoolWriter, startSpoolWriter } from './spool-writer.ts'
import type { Workplace } from './workplace.ts'

export interface LedgerServerOptions {
  readonly workplace: Workplace
  readonly operations: readonly Operation<never, unknown>[]
  readonly version: string
  /** Names under which the page and its API may be addressed. */
  readonly hosts: readonly string[]
  readonly say: Say
}

export interface LedgerServer {
  /** Of this machine alone, and on a port that nobody knows: clients come through whoever holds the known one. */
  readonly url: string
  /** Says that the ledger is open: operations that wait for it go on, and the spool is taken in. */
  ready(): void
  /** What takes the spool in; null until the ledger is open. */
  spool(): SpoolWriter | null
  /** Stops listening, lets requests finish, takes the rest of the spool, closes the ledger. */
  stop(): Promise<void>
}

const graceMs = 5000

export async function serveLedger(options: LedgerServerOptions): Promise<LedgerServer> {
  const { workplace, operations, version, hosts, say } = options
  let isReady = false
  let open: () => void = () => {}
  const opened = new Promise<void>(done => {
    open = done
  })
  let writer: SpoolWriter | null = null
  const caughtUp = async () => writer?.caughtUp()
  const app = httpApp({ workplace, operations, version, hosts, isReady: () => isReady, opened, caughtUp })
  const server = createServer({ requestTimeout: 0 }, getRequestListener(app.fetch))
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spool: () => writer,
    ready() {
      isReady = true
      open()
      // What a call was held for is free once it is taken.
      writer ??= startSpoolWriter(workplace, say, workplace.budgets === null ? 1000 : 250)
    },
    async stop() {
      isReady = false
      // Who still waits is answered: with the ledger's own fault when it never opened.
      open()
      const closed = new Promise<void>(done => server.close(() => done()))
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(cut)
      await writer?.stop()
      await workplace.close()
    },
  }
}

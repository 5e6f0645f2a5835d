// A workplace and its lock → a listening server, and its orderly end.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Fault } from '../core/fault/fault.ts'
import { type HostSettings, hostGateway } from './gateway-host.ts'
import { hostOf, httpApp } from './http.ts'
import type { Lock } from './lock.ts'
import type { Operation } from './operation.ts'
import { type SpoolWriter, startSpoolWriter } from './spool-writer.ts'
import type { Workplace } from './workplace.ts'

export interface ServeOptions {
  readonly workplace: Workplace
  readonly operations: readonly Operation<never, unknown>[]
  readonly version: string
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly lock: Lock
  /** The gateway's settings. */
  readonly gateway?: HostSettings | undefined
  /** What a person at the terminal should hear. */
  readonly say?: ((text: string) => void) | undefined
}

export interface Server {
  readonly url: string
  /** Says that the ledger is open: `/readyz` turns green. */
  ready(): void
  /** Stops listening, lets requests finish, closes the ledger, lets the folder go. */
  stop(): Promise<void>
}

const loopback = new Set(['127.0.0.1', 'localhost', '::1'])
const graceMs = 5000

/** @throws Fault BIND_REFUSED: there are no keys yet, so nothing beyond this machine may ask. */
export function checkHost(host: string): void {
  if (loopback.has(host)) return
  throw new Fault('BIND_REFUSED', `refusing to listen on ${host} without keys`, {
    where: '--host',
    fix: 'listen on 127.0.0.1 and reach it through a tunnel or a proxy that checks who asks',
  })
}

/**
 * Listens, and announces its address in the lock.
 * @throws Fault BIND_REFUSED, PORT_IN_USE, BIND_FAILED
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const { workplace, operations, version, host, lock } = options
  checkHost(host)
  let isReady = false
  let open: () => void = () => {}
  const opened = new Promise<void>(done => {
    open = done
  })
  const hosts = ['127.0.0.1', 'localhost', '[::1]']
  const app = httpApp({ workplace, operations, version, hosts, isReady: () => isReady, opened })
  const say = options.say ?? (() => {})
  const gatewayHost = hostGateway(workplace.dataDir, options.gateway ?? {}, 'w1', say)
  const { gateway } = gatewayHost
  const listener = getRequestListener(app.fetch)
  // Whoever is called by another name is a page elsewhere that points it here: only the API says so in words.
  const isAddressed = ({ headers }: IncomingMessage) => hosts.includes(hostOf(headers.host ?? ''))
  // A call may think for an hour; a client that never ends its headers is no call.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (request, response) => {
    if (!isAddressed(request) || !gateway.handle(request, response)) void listener(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    if (!isAddressed(request) || !gateway.upgrade(request, socket, head)) socket.destroy()
  })
  await new Promise<void>((done, fail) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => fail(bindFault(thrown, options)))
    server.listen(options.port, host, done)
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  lock.announce(url)
  let writer: SpoolWriter | null = null
  return {
    url,
    ready() {
      isReady = true
      open()
      writer ??= startSpoolWriter(workplace, say)
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
      await gatewayHost.close(graceMs)
      await writer?.stop()
      await workplace.close()
      lock.release()
    },
  }
}

function bindFault(thrown: NodeJS.ErrnoException, { host, port }: ServeOptions): Fault {
  const where = `${host}:${port}`
  if (thrown.code === 'EADDRINUSE') {
    const fix = `stop the program that listens there, or choose another with --port ${port + 1}`
    return new Fault('PORT_IN_USE', `port ${port} is in use`, { where, fix, kind: 'outside' })
  }
  const fix = 'choose another --host or --port'
  return new Fault('BIND_FAILED', `cannot listen: ${thrown.message}`, { where, fix, kind: 'outside' })
}

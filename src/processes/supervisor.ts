// Settings and a lock in; a listening server of several processes, each started again when it dies, and its orderly end, out.
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '../core/fault/fault.ts'
import { proxiesOf } from '../gateway/proxies.ts'
import { captureKeys } from '../server/capture/capture-key.ts'
import type { HostSettings } from '../server/gateway-host.ts'
import type { Lock } from '../server/lock.ts'
import type { Level, Say } from '../server/log.ts'
import { addressOf, checkHost, hostsOf } from '../server/reach.ts'
import type { ScrapedServer } from '../server/scraper.ts'
import { withSecrets } from '../server/secrets.ts'
import { startAsking } from './asking.ts'
import { keepRunning } from './child.ts'
import { handConnections } from './connections.ts'
import type { Figures } from './figures.ts'
import {
  defaultDrainMs,
  type FromGateway,
  type FromWriter,
  type Opened,
  type ToGateway,
  type ToWriter,
  type WriterAddress,
} from './messages.ts'

export interface SupervisorOptions {
  readonly dataDir: string
  readonly configFile: string | null
  readonly priceFiles: readonly string[]
  readonly version: string
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  readonly lock: Lock
  readonly gateway?: HostSettings | undefined
  /** Model servers whose metrics the writer reads. */
  readonly scraped?: readonly ScrapedServer[] | undefined
  /** IANA zone of budgets that state none. */
  readonly zone?: string | undefined
  /** Hears what a process has to say. */
  readonly say: (said: { readonly text: string; readonly level: Level; readonly by: string }) => void
}

export interface Server {
  readonly url: string
  /** What the ledger has once it is open; null when it cannot be opened, which was said then. */
  readonly opened: Promise<Opened | null>
  /** Stops listening, lets calls finish, takes the rest of the spool, lets the folder go. */
  stop(): Promise<void>
  /** Does not wait for calls any more. */
  cut(): void
}

/** A writer may be in the middle of something long. */
const figuresPatienceMs = 2000
/** What a process needs beside the calls that it lets finish, before it is killed. */
const toEndMs = 5000

/**
 * Listens, announces its address in the lock and starts a writer, which owns the ledger, and the gateways. It holds the port
 * and nothing else, so that connections wait while a process is started again.
 * @throws Fault BIND_REFUSED, PORT_IN_USE, BIND_FAILED, VARIABLE_UNSET, PROXY_UNREADABLE
 */
export async function supervise(options: SupervisorOptions): Promise<Server> {
  const { dataDir, host, port, lock, gateway = {}, say } = options
  checkHost(host, gateway, dataDir)
  // What a gateway would fail of at each start is said once, here.
  withSecrets(gateway.upstreams ?? {}, process.env)
  proxiesOf(process.env)
  if (gateway.capture !== undefined) captureKeys(dataDir, gateway.capture.keyFile, { make: true })
  const connections = handConnections()
  const listener = createServer({ pauseOnConnect: true, noDelay: true }, socket => connections.add(socket))
  await new Promise<void>((done, fail) => {
    listener.once('error', (thrown: NodeJS.ErrnoException) => fail(bindFault(thrown, options)))
    listener.listen({ port, host, backlog: 4096 }, done)
  })
  const { port: bound } = listener.address() as AddressInfo
  const url = `http://${addressOf(host)}:${bound}`
  lock.announce(url)
  const hosts = hostsOf(host)

  const sayHere: Say = (text, level) => say({ text, level, by: 'supervisor' })
  let tellOpened: (opened: Opened | null) => void = () => {}
  const opened = new Promise<Opened | null>(done => {
    tellOpened = done
  })
  let address: WriterAddress | null = null
  const readdress = (now: WriterAddress | null): void => {
    address = now
    for (const worker of gateways) worker.send({ kind: 'writer', writer: now })
  }
  const figures = startAsking<Figures>(figuresPatienceMs)
  const allFigures = (): Promise<readonly Figures[]> =>
    figures.ask([
      ...gateways.map(worker => (id: number) => worker.send({ kind: 'ask figures', id })),
      id => writer.send({ kind: 'ask figures', id }),
    ])
  const { configFile, priceFiles, scraped = [], version, zone = null } = options
  const { budgets, unknownPrice, assumedOutputTokens } = gateway
  const stated = { budgets, unknownPrice, assumedOutputTokens }
  const writer = keepRunning<ToWriter, FromWriter>({
    name: 'writer',
    path: entry('writer'),
    start: () => ({
      kind: 'start',
      dataDir,
      configFile,
      priceFiles,
      scraped,
      budgets: stated,
      zone,
      hosts,
      version,
    }),
    hear(message) {
      if (message.kind === 'say') return say({ ...message, by: 'writer' })
      if (message.kind === 'pong') return
      if (message.kind === 'figures') return figures.heard(message.id, message.figures)
      if (message.kind === 'listening')
        return readdress({ url: message.url, budgetsUrl: message.budgetsUrl, isReady: false, hasLedger: false })
      if (address !== null) readdress({ ...address, isReady: true, hasLedger: message.opened !== null })
      tellOpened(message.opened)
    },
    ping: { kind: 'ping' },
    ended: () => readdress(null),
    say: sayHere,
  })
  const count = gateway.workers ?? Math.min(4, Math.max(1, availableParallelism() - 1))
  const gateways = Array.from({ length: count }, (_, i) => {
    const name = count === 1 ? 'gateway' : `gateway ${i + 1}`
    let place: ReturnType<typeof connections.open> | null = null
    const leave = () => {
      place?.closed()
      place = null
    }
    const child = keepRunning<ToGateway, FromGateway>({
      name,
      path: entry('gateway'),
      start: () => ({ kind: 'start', dataDir, settings: gateway, hosts, version }),
      hear(message, answer) {
        if (message.kind === 'say') return say({ ...message, by: name })
        if (message.kind === 'pong') return
        if (message.kind === 'took') return place?.took(message.hasRoom)
        if (message.kind === 'room') return place?.room()
        if (message.kind === 'leaving') {
          leave()
          if (!isStopping) sayHere(`the ${name} was told to end, and another takes its place`, 'info')
          return child.replace()
        }
        if (message.kind === 'figures') return figures.heard(message.id, message.figures)
        if (message.kind === 'ask all figures') {
          const { id } = message
          return void allFigures().then(all => answer({ kind: 'all figures', id, figures: all }))
        }
        child.send({ kind: 'writer', writer: address })
        place = connections.open({ take: socket => child.send({ kind: 'connection' }, socket) })
      },
      ping: { kind: 'ping' },
      ended: leave,
      say: sayHere,
    })
    return child
  })

  let isStopping = false
  let graceMs = gateway.drainMs ?? defaultDrainMs
  let cutNow: () => void = () => {}
  return {
    url,
    opened,
    async stop() {
      isStopping = true
      const closed = new Promise<void>(done => listener.close(() => done()))
      connections.close()
      const cut = new Promise<void>(done => {
        cutNow = done
      })
      const ends = gateways.map(worker => worker.stop({ kind: 'stop', graceMs }, graceMs + toEndMs))
      void cut.then(() => {
        graceMs = 0
        for (const worker of gateways) worker.send({ kind: 'stop', graceMs })
      })
      await Promise.all([closed, ...ends])
      // Last: what the gateways still wrote is taken.
      await writer.stop({ kind: 'stop' }, defaultDrainMs)
      lock.release()
    },
    cut: () => cutNow(),
  }
}

/** `dist/NAME.process.js`, beside the code that runs. */
function entry(name: string): string {
  const path = join(dirname(fileURLToPath(import.meta.url)), `${name}.process.js`)
  if (existsSync(path)) return path
  throw new Fault('NOT_BUILT', `${name}.process.js is missing`, {
    where: path,
    fix: 'run ./crossline, which builds it',
  })
}

function bindFault(thrown: NodeJS.ErrnoException, { host, port }: SupervisorOptions): Fault {
  const where = `${host}:${port}`
  if (thrown.code === 'EADDRINUSE') {
    const fix = `stop the program that listens there, or choose another with --port ${port + 1}`
    return new Fault('PORT_IN_USE', `port ${port} is in use`, { where, fix, kind: 'outside' })
  }
  const fix = 'choose another --host or --port'
  return new Fault('BIND_FAILED', `cannot listen: ${thrown.message}`, { where, fix, kind: 'outside' })
}

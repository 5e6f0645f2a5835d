// A process of the gateway: the supervisor hands it connections; it relays and meters calls, and writes a spool of its own.
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostGateway } from '../server/gateway-host.ts'
import type { Say } from '../server/log.ts'
import { spoolFolder } from '../server/spool-writer.ts'
import { startAsking } from './asking.ts'
import { budgetsOfWriter } from './budgets-of-writer.ts'
import { type Figures, gatewayFigures } from './figures.ts'
import { frontOf } from './front.ts'
import { defaultDrainMs, type FromGateway, type GatewayStart, type ToGateway } from './messages.ts'
import { openFilesHere, roomFor } from './room.ts'
import { serverOfHanded } from './server-of-handed.ts'
import { claimSlot } from './slot.ts'
import { toWriter } from './to-writer.ts'

const tell = (message: FromGateway): boolean => {
  // Who is not there to hear it is known by its end, which follows: a supervisor that is killed takes no call with it.
  if (process.connected) return process.send!(message, undefined, undefined, () => {})
  if (message.kind === 'say') process.stderr.write(`crossline: ${message.text}\n`)
  return false
}
const writer = toWriter()
const budgets = budgetsOfWriter()
const sockets = new Set<Socket>()
const figures = startAsking<readonly Figures[]>(5000)
let tellFigures: (id: number) => void = () => {}
let drainMs = defaultDrainMs
let stop: (graceMs: number) => void = () => process.exit()

process.title = 'crossline gateway'
// Whoever read the log may have left: no call ends for it.
process.stderr.on('error', () => {})
// Ctrl-C is for the supervisor, who tells what to do; it may also be told by itself, or lose the supervisor.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => stop(drainMs))
process.on('disconnect', () => stop(drainMs))

const started = new Promise<GatewayStart>(done => {
  process.on('message', (message: ToGateway, socket?: Socket) => {
    if (message.kind === 'start') done(message)
    else if (message.kind === 'writer') {
      writer.readdress(message.writer)
      budgets.readdress(message.writer?.budgetsUrl ?? null)
    } else if (message.kind === 'stop') stop(message.graceMs)
    else if (message.kind === 'all figures') figures.heard(message.id, message.figures)
    else if (message.kind === 'ask figures') tellFigures(message.id)
    else if (message.kind === 'ping') tell({ kind: 'pong' })
    else take(socket)
  })
})

const { dataDir, settings, hosts, version } = await started
drainMs = settings.drainMs ?? defaultDrainMs
const slot = await claimSlot(spoolFolder(dataDir))
const say: Say = (text, level) => tell({ kind: 'say', text, level })
const host = hostGateway(dataDir, settings, slot.worker, say, settings.budgets?.length ? budgets : null)
tellFigures = id => tell({ kind: 'figures', id, figures: gatewayFigures(slot.worker, host) })
// The supervisor has asked with patience: what is late here is lost.
const ask = async () => (await figures.ask([id => tell({ kind: 'ask all figures', id })])).flat()
const front = frontOf({
  gateway: host.gateway,
  isKeyed: settings.keys === 'required',
  hosts,
  toWriter: writer,
  figures: ask,
  version,
})
const server = serverOfHanded(front)

const mostSockets = roomFor(openFilesHere())
/** How often it is said. */
const fullEveryMs = 60_000
let fullAt = Number.NEGATIVE_INFINITY

function take(socket: Socket | undefined): void {
  // Another has it: nothing of it was read here.
  if (isStopping) return void socket?.destroy()
  // The client may have left on the way.
  if (socket !== undefined) hold(socket)
  tell({ kind: 'took', hasRoom: sockets.size < mostSockets })
  if (sockets.size >= mostSockets) makeRoom()
  if (socket === undefined) return
  server.emit('connection', socket)
  socket.resume()
}

function hold(socket: Socket): void {
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    if (!isStopping && sockets.size === mostSockets - 1) tell({ kind: 'room' })
  })
  socket.setNoDelay(true)
}

/** Connections without a call give way to those that wait. */
function makeRoom(): void {
  server.closeIdleConnections()
  if (performance.now() - fullAt < fullEveryMs) return
  fullAt = performance.now()
  say(`${mostSockets} connections at once are as many as the limit of open files allows: others wait; raise it`, 'warn')
}

/** What a client that has just come wanted to say may be on its way. */
const silentMs = 200
/** Calls may take long; who only reads the page asks again. */
const pageGraceMs = 3000
let end = Number.POSITIVE_INFINITY
let isStopping = false
stop = graceMs => {
  end = Math.min(end, performance.now() + graceMs)
  if (isStopping) return
  isStopping = true
  tell({ kind: 'leaving' })
  void drain()
}

/** Waits for the calls that run, closes what is idle meanwhile, and writes the last records. */
async function drain(): Promise<void> {
  setTimeout(() => writer.close(), pageGraceMs)
  const silentUntil = performance.now() + silentMs
  while (sockets.size > 0 && performance.now() < end) {
    server.closeIdleConnections()
    // To Node who has not said a word is not idle, but late: a browser connects before it has something to ask.
    if (performance.now() > silentUntil) {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    }
    await sleep(20)
  }
  for (const socket of sockets) socket.destroy()
  await host.close(Math.max(0, end - performance.now()))
  slot.release()
  process.exit()
}

tell({ kind: 'ready' })

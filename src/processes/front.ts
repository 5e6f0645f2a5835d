// Each request on a socket of a gateway's process → the gateway, the probes, or the writer, who has the page and its API.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorText } from '../gateway/errors.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { pathOf } from '../gateway/routing.ts'
import { hostOf } from '../server/http.ts'
import { isHere, refuseBeyond } from '../server/reach.ts'
import { exposition, expositionType } from './exposition.ts'
import { type Figures, statusOf } from './figures.ts'
import { metricsOf } from './metrics.ts'
import type { ToWriter } from './to-writer.ts'

/** What a balancer asks from beyond this machine. */
const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export interface FrontOptions {
  readonly gateway: Gateway
  /** Nothing passes the gateway without a key: it may be called from beyond this machine, by whatever name. */
  readonly isKeyed: boolean
  /** Names under which the server may be addressed. */
  readonly hosts: readonly string[]
  readonly toWriter: ToWriter
  /** Of all processes of this server. */
  readonly figures: () => Promise<readonly Figures[]>
  readonly version: string
}

export interface Front {
  readonly request: RequestListener
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export function frontOf({ gateway, isKeyed, hosts, toWriter, figures, version }: FrontOptions): Front {
  // Whoever is called by another name is a page elsewhere that points it here: only the API says so in words.
  // No page can leave the name out; balancers that ask in HTTP/1.0 do, and Node lets nobody else.
  const isAddressed = ({ headers: { host } }: IncomingMessage) => host === undefined || hosts.includes(hostOf(host))
  const own: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/healthz': response => json(response, 200, { status: 'ok', pid: process.pid }),
    // Calls are relayed and kept in the spool while a ledger is away: that is no reason to send them elsewhere.
    '/readyz': response => {
      const isReady = toWriter.wasReady()
      json(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'starting', ledger: toWriter.hasLedger() })
    },
    '/metrics': async response => {
      const text = exposition(metricsOf(await figures(), version))
      response.writeHead(200, { 'content-type': expositionType }).end(text)
    },
    '/api/gateway': async response => json(response, 200, statusOf(await figures())),
  }
  return {
    request(request, response) {
      const isOurs = isAddressed(request)
      const isLocal = isHere(request.socket)
      // Whoever asks for the head alone means the same (`wget --spider`), and a query changes nothing. Calls do not come here.
      const path = request.method === 'GET' || request.method === 'HEAD' ? pathOf(request.url!) : ''
      const answer = own[path]
      if (answer !== undefined && ((isOurs && isLocal) || (isKeyed && probes.has(path)))) return answer(response)
      if ((isOurs || isKeyed) && gateway.handle(request, response)) return
      if (isLocal) toWriter.relay(request, response)
      else refuseBeyond(response)
    },
    upgrade(request, socket, head) {
      if (!(isKeyed || isAddressed(request))) socket.destroy()
      else if (!gateway.upgrade(request, socket, head)) refuseUpgrade(socket)
    },
  }
}

/** A socket that is closed without a word would be taken for a network that fails. */
function refuseUpgrade(socket: Duplex): void {
  const message = 'nothing here takes a WebSocket under this path: name its upstream under gateway.upstreams'
  socket.on('error', () => {})
  socket.end(errorText('openai', { status: 404, code: 'UPSTREAM_UNKNOWN', message }, 'Not Found'))
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

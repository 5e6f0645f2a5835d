// Each request on a socket of a gateway's process → the gateway, the probes, or the writer, who has the page and its API.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gateway } from '../gateway/gateway.ts'
import { hostOf } from '../server/http.ts'
import type { ToWriter } from './to-writer.ts'

export interface FrontOptions {
  readonly gateway: Gateway
  /** Names under which the server may be addressed. */
  readonly hosts: readonly string[]
  readonly toWriter: ToWriter
}

export interface Front {
  readonly request: RequestListener
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export function frontOf({ gateway, hosts, toWriter }: FrontOptions): Front {
  // Whoever is called by another name is a page elsewhere that points it here: only the API says so in words.
  const isAddressed = ({ headers }: IncomingMessage) => hosts.includes(hostOf(headers.host ?? ''))
  const probes: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/healthz': response => json(response, 200, { status: 'ok', pid: process.pid }),
    // Calls are relayed and kept in the spool while a ledger is away: that is no reason to send them elsewhere.
    '/readyz': response => {
      const isReady = toWriter.wasReady()
      json(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'starting', ledger: toWriter.isReady() })
    },
  }
  return {
    request(request, response) {
      if (!isAddressed(request)) return toWriter.relay(request, response)
      const probe = request.method === 'GET' ? probes[request.url!] : undefined
      if (probe !== undefined) probe(response)
      else if (!gateway.handle(request, response)) toWriter.relay(request, response)
    },
    upgrade(request, socket, head) {
      if (!isAddressed(request) || !gateway.upgrade(request, socket, head)) socket.destroy()
    },
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

// What answers requests in; a server for sockets that another process accepted, out: it never listens itself.
import { createServer, type Server } from 'node:http'
import type { Front } from './front.ts'

/** A call may think for an hour; a client that never ends its headers is no call. */
const longestHeadersMs = 60_000
/** Clients and balancers keep connections for a minute: who closes first makes a call fail that is on its way. */
const idleMs = 75_000

export function serverOfHanded(front: Front, { headersMs = longestHeadersMs, checkEveryMs = 10_000 } = {}): Server {
  const server = createServer(
    {
      requestTimeout: 0,
      headersTimeout: headersMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: checkEveryMs,
    },
    front.request,
  )
  server.on('upgrade', front.upgrade)
  // Node keeps account of a server's connections, without which none is idle or late, from this event on.
  server.emit('listening')
  return server
}

// An origin, and the proxy before it, in; a pool of connections to it, or a single one, out.
import { request as ask, type ClientRequest } from 'node:http'
import { request as askTls } from 'node:https'
import type { Socket } from 'node:net'
import { buildConnector, type Dispatcher, Pool } from 'undici'
import { type ForwardProxy, unbracketed } from './proxies.ts'
import { connectBySocks } from './socks.ts'
import { unreached } from './unreached.ts'

/** How long a proxy may take to reach the host that it is asked for. */
const reachingMs = 10_000

/**
 * A pool that a proxy, where there is one, is already part of: its requests know nothing of it. TLS goes end to end through a
 * tunnel; plain HTTP is asked of an HTTP proxy itself, as many open tunnels to port 443 alone.
 */
export function poolOf(origin: string, proxy: ForwardProxy | null, connections: number): Pool {
  const options = { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }
  if (proxy === null) return new Pool(origin, { ...options, connect: inWords(buildConnector({})) })
  if (origin.startsWith('https:') || proxy.speaks === 'socks')
    return new Pool(origin, { ...options, connect: connectThrough(proxy) })
  return new Pool(proxy.origin, { ...options, connect: inWords(buildConnector({})) }).compose(
    askingFor(origin, proxy),
  ) as Pool
}

const inWords =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, done) =>
    connect(options, (...[error, socket]) => (error === null ? done(null, socket) : done(unreached(error), null)))

/** Opens one connection through a proxy, in TLS where the host beyond it speaks that. */
export function connectThrough(proxy: ForwardProxy): buildConnector.connector {
  const overTls = inWords(buildConnector({}))
  return (options, done) => {
    const { protocol, hostname, port } = options
    const isTls = protocol === 'https:'
    joinedBy(proxy, unbracketed(hostname), Number(port) || (isTls ? 443 : 80)).then(
      socket => (isTls ? overTls({ ...options, httpSocket: socket }, done) : done(null, socket)),
      thrown => done(thrown, null),
    )
  }
}

function joinedBy(proxy: ForwardProxy, host: string, port: number): Promise<Socket> {
  if (proxy.speaks === 'http') return tunnelTo(proxy, `${host.includes(':') ? `[${host}]` : host}:${port}`)
  const { hostname, port: itsPort } = new URL(proxy.origin)
  const place = { host: unbracketed(hostname), port: Number(itsPort) }
  return connectBySocks(place, { host, port }, proxy.login, reachingMs).catch((thrown: Error) => {
    throw new Error(`the proxy ${proxy.origin} ${thrown.message}`)
  })
}

/** `authority`: host and port. */
function tunnelTo(proxy: ForwardProxy, authority: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const headers = { host: authority, ...authorizing(proxy) }
    const asked: ClientRequest = (proxy.origin.startsWith('https:') ? askTls : ask)(proxy.origin, {
      method: 'CONNECT',
      path: authority,
      headers,
      agent: false,
    })
    const failed = (why: string) => {
      clearTimeout(late)
      asked.destroy()
      fail(new Error(`the proxy ${proxy.origin} ${why}`))
    }
    const late = setTimeout(() => failed(`does not reach ${authority} within ${reachingMs / 1000} s`), reachingMs)
    asked.on('connect', ({ statusCode = 0, statusMessage }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy()
        return failed(`does not connect to ${authority}: ${statusCode} ${statusMessage}`)
      }
      clearTimeout(late)
      if (head.length > 0) socket.unshift(head)
      done(socket)
    })
    asked.on('error', thrown => failed(`cannot be used: ${unreached(thrown).message}`))
    asked.end()
  })
}

/** A proxy is asked for the whole address (RFC 9112 §3.2.2). */
const askingFor =
  (origin: string, proxy: ForwardProxy): Dispatcher.DispatcherComposeInterceptor =>
  dispatch =>
  (options, handler) => {
    const { headers, path } = options
    const own = Object.entries(authorizing(proxy))
    const all = Array.isArray(headers) ? [...headers, ...own.flat()] : { ...headers, ...Object.fromEntries(own) }
    return dispatch({ ...options, path: origin + path, headers: all } as Dispatcher.DispatchOptions, handler)
  }

function authorizing({ login }: ForwardProxy): Readonly<Record<string, string>> {
  if (login === null) return {}
  const credentials = Buffer.from(`${login.user}:${login.password}`).toString('base64')
  return { 'proxy-authorization': `Basic ${credentials}` }
}

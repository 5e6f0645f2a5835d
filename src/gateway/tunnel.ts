// A request to upgrade (WebSocket and the like) and its socket in; a pipe to the upstream, both ways, once that agrees, out.
import { request as ask, type IncomingMessage, type Server } from 'node:http'
import { request as askTls } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorText } from './errors.ts'
import { answered, forwarded } from './headers.ts'
import type { Admitted } from './keys.ts'
import { connectThrough } from './pools.ts'
import type { ForwardProxy } from './proxies.ts'
import type { Route } from './routing.ts'
import { unreached } from './unreached.ts'

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What came behind the request. */
  readonly head: Buffer
}

/**
 * Asks the upstream as the client asked, and joins the two sockets until either ends; `onEnd` hears of that. An upstream that
 * does not agree is answered for as ever, and the connection ends: nothing can follow on it that is not looked at. Returns
 * what ends it.
 */
export function tunnel(
  { request, socket, head }: Upgrade,
  { upstream }: Route,
  { path, rawHeaders, stated: own }: Admitted,
  proxy: ForwardProxy | null,
  onEnd: () => void,
): () => void {
  const { host, protocol, hostname, port } = new URL(upstream.origin)
  const headers = [
    ...forwarded(rawHeaders, own, { host, contentLength: null, encodings: 'any' }),
    ...['connection', 'Upgrade', 'upgrade', request.headers.upgrade!],
  ]
  const createConnection = (_: unknown, done: (error: Error | null, socket: Duplex) => void) => {
    connectThrough(proxy!)({ protocol, host, hostname, port }, (error, joined) => done(error, joined!))
    return undefined
  }
  const asked = (protocol === 'https:' ? askTls : ask)(upstream.origin + path, {
    method: request.method!,
    headers: headers as never,
    ...(proxy === null ? { agent: false } : { createConnection }),
    setHost: false,
  })
  const cut = () => {
    asked.destroy()
    socket.destroy()
  }
  let hasBegun = false
  const begin = ({ statusCode, statusMessage }: IncomingMessage, pairs: readonly string[]) => {
    hasBegun = true
    const lines = pairs.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${pairs[i + 1]}\r\n`] : []))
    socket.write(Buffer.from(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`, 'latin1'))
  }
  asked.on('upgrade', (answer, other, first) => {
    begin(answer, answer.rawHeaders)
    if (first.length > 0) socket.write(first)
    if (head.length > 0) other.write(head)
    socket.pipe(other)
    other.pipe(socket)
    other.on('error', cut)
    other.on('close', cut)
  })
  asked.on('response', answer => {
    begin(answer, [...answered(answer.rawHeaders, false, false), 'connection', 'close'])
    answer.on('error', cut)
    answer.pipe(socket)
  })
  asked.on('error', thrown => {
    if (socket.destroyed || !socket.writable || hasBegun) return cut()
    const message = `${upstream.name} did not answer: ${unreached(thrown).message}`
    socket.end(errorText(upstream.family, { status: 502, code: 'UPSTREAM_FAILED', message }, 'Bad Gateway'))
  })
  socket.on('error', cut)
  socket.on('close', () => {
    cut()
    onEnd()
  })
  asked.end()
  return cut
}

/** Lets the server read a request once more without its offer to change the protocol, as the plain request that it also is. */
export function readAgain(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  const { server } = socket as Socket & { readonly server?: Server }
  if (server === undefined) return false
  const { method, url, httpVersion, rawHeaders } = request
  const lines = rawHeaders.flatMap((name, i) =>
    i % 2 > 0 || /^(upgrade|connection|http2-settings)$/i.test(name) ? [] : [`${name}: ${rawHeaders[i + 1]}\r\n`],
  )
  const text = `${method} ${url} HTTP/${httpVersion}\r\n${lines.join('')}\r\n`
  socket.unshift(Buffer.concat([Buffer.from(text, 'latin1'), head]))
  server.emit('connection', socket)
  return true
}

// A request to upgrade (WebSocket and the like) and its socket in; a pipe to the upstream, both ways, as it is, out.
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { attributionPrefix } from './headers.ts'
import type { Admitted } from './keys.ts'
import type { Route } from './routing.ts'

/** Sends the request on as it came (its host apart) and joins the two sockets until either ends; `onEnd` hears of that. Returns what ends it. */
export function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { upstream }: Route,
  { path, rawHeaders, stated: own }: Admitted,
  onEnd: () => void,
): () => void {
  const { protocol, hostname, host, port } = new URL(upstream.origin)
  const isTls = protocol === 'https:'
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isTls ? 443 : 80)) }
  const other = isTls ? connectTls({ ...to, servername: hostname }) : connect(to)
  const cut = () => {
    socket.destroy()
    other.destroy()
  }
  socket.on('error', cut)
  other.on('error', () => {
    if (!socket.destroyed && socket.writable)
      socket.write('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    cut()
  })
  other.once(isTls ? 'secureConnect' : 'connect', () => {
    const lines = [`${request.method} ${path} HTTP/1.1`, `host: ${host}`]
    const stated = new Set(Object.keys(own).map(name => name.toLowerCase()))
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!.toLowerCase()
      if (name === 'host' || name.startsWith(attributionPrefix) || stated.has(name)) continue
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
    }
    for (const [name, value] of Object.entries(own)) lines.push(`${name}: ${value}`)
    other.write(`${lines.join('\r\n')}\r\n\r\n`)
    if (head.length > 0) other.write(head)
    socket.pipe(other)
    other.pipe(socket)
  })
  socket.on('close', () => {
    cut()
    onEnd()
  })
  other.on('close', cut)
  return cut
}

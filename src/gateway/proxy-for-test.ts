// A local port in; a forwarding proxy that leads to it whatever host is asked for, and what it was asked, out: for tests.
import { request as ask, createServer } from 'node:http'
import { connect } from 'node:net'
import { listening } from './world-for-test.ts'

export interface AskedOfProxy {
  readonly method: string
  /** Host and port of a tunnel, the whole address of a request. */
  readonly target: string
  readonly authorization: string | undefined
  /** As it came: `Content-Type`, and `X-Twice` twice. */
  readonly rawHeaders: readonly string[]
}

/** `refusal`: the status line that it answers with to whoever wants a tunnel. */
export async function forwardingProxy(leadsTo: number, refusal: string | null = null) {
  const asked: AskedOfProxy[] = []
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!)
    asked.push(seenOf(request))
    const { 'proxy-authorization': _, ...headers } = request.headers
    const on = ask({ port: leadsTo, path: pathname + search, method: request.method!, headers }, answer => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(on)
  })
  server.on('connect', (request, socket) => {
    asked.push(seenOf(request))
    if (refusal !== null) return socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
    const beyond = connect(leadsTo, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      beyond.pipe(socket)
      socket.pipe(beyond)
    })
    for (const end of [socket, beyond]) end.on('error', () => {})
    socket.on('close', () => beyond.destroy())
    return undefined
  })
  return { port: await listening(server), asked }
}

const seenOf = (request: Parameters<Parameters<typeof createServer>[1] & object>[0]): AskedOfProxy => ({
  method: request.method!,
  target: request.url!,
  authorization: request.headers['proxy-authorization'],
  rawHeaders: request.rawHeaders,
})

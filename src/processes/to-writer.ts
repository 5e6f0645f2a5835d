// Requests for the page and its API → the writer's process, and its answers back; who comes while it starts waits.
import { Agent, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { answered, headerOf } from '../gateway/headers.ts'
import type { WriterAddress } from './messages.ts'

export interface ToWriter {
  readdress(writer: WriterAddress | null): void
  relay(request: IncomingMessage, response: ServerResponse): void
  hasLedger(): boolean
  /** Since this process began. */
  wasReady(): boolean
  /** Gives up what is still asked. */
  close(): void
}

/** A writer that dies is started again well within it. */
const mostWaitMs = 15_000

export function toWriter(waitMs = mostWaitMs): ToWriter {
  const agent = new Agent({ keepAlive: true })
  let address: WriterAddress | null = null
  let wasReady = false
  const waiting = new Set<() => void>()
  const running = new Set<ServerResponse>()
  const reached = async (): Promise<string | null> => {
    const until = performance.now() + waitMs
    while (address === null && performance.now() < until) {
      await new Promise<void>(done => {
        const go = () => {
          clearTimeout(late)
          waiting.delete(go)
          done()
        }
        const late = setTimeout(go, until - performance.now()).unref()
        waiting.add(go)
      })
    }
    return address?.url ?? null
  }
  return {
    readdress(writer) {
      address = writer
      wasReady ||= writer?.isReady === true
      for (const done of waiting) done()
    },
    hasLedger: () => address?.hasLedger === true,
    wasReady: () => wasReady,
    close() {
      for (const response of running) response.destroy()
    },
    async relay(request, response) {
      running.add(response)
      response.once('close', () => running.delete(response))
      const url = await reached()
      if (url === null) return away(response, 'the process that owns the ledger is not there')
      const { hostname, port } = new URL(url)
      const { method, url: path, rawHeaders } = request
      // A request of HTTP/1.0 may name no host; the writer, asked in HTTP/1.1, would refuse it for that.
      const headers = headerOf(rawHeaders, 'host') === null ? [...rawHeaders, 'host', hostname] : rawHeaders
      const asked = ask({ agent, hostname, port, method, path, headers, setHost: false }, answer => {
        // How long the writer keeps its own connection says nothing of the client's.
        response.writeHead(answer.statusCode!, answer.statusMessage, answered(answer.rawHeaders, false, false))
        // A progress line is seen when it is said.
        response.flushHeaders()
        pipeline(answer, response, () => {})
      })
      asked.on('error', thrown => away(response, `the process that owns the ledger failed: ${thrown.message}`))
      response.on('close', () => asked.destroy())
      pipeline(request, asked, () => {})
    },
  }
}

function away(response: ServerResponse, message: string): void {
  if (response.headersSent) return void response.destroy()
  const error = {
    code: 'WRITER_AWAY',
    message,
    where: null,
    fix: 'it is started again: ask once more',
    kind: 'outside',
  }
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end(JSON.stringify({ error }))
}

// A provider on a real socket that answers as the published shapes do, or breaks off as real ones do; it keeps a log of what
// it was asked.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { chatUsage, type Kind, messagesUsage } from './kinds.ts'

export interface Provider {
  readonly url: string
  /** Names (`x-name`) of the calls whose request came, one by one. */
  readonly seen: string[]
  stop(): void
}

interface Asked {
  readonly user: Kind
  readonly stream_options?: { readonly include_usage?: boolean }
}

export async function startProvider(): Promise<Provider> {
  const seen: string[] = []
  const server = createServer((asked, response) => {
    let body = ''
    asked.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    asked.on('end', () => {
      const name = asked.headers['x-name'] as string
      seen.push(name)
      answer(asked, JSON.parse(body) as Asked, `id-${name}`, response)
    })
    response.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const model = 'gpt-5-mini-2025-08-07'
const json = { 'content-type': 'application/json' }

function answer(asked: IncomingMessage, call: Asked, id: string, response: ServerResponse): void {
  const whole = JSON.stringify({ id, model, choices: [], usage: chatUsage })
  switch (call.user) {
    case 'messages': {
      const message = { id, type: 'message', model: 'claude-sonnet-4-5-20250929', role: 'assistant', content: [] }
      response.writeHead(200, json).end(JSON.stringify({ ...message, usage: messagesUsage, stop_reason: 'end_turn' }))
      return
    }
    case 'refused': {
      const error = { message: 'Rate limit reached', type: 'requests', param: null, code: 'rate_limit_exceeded' }
      response.writeHead(429, { ...json, 'retry-after': '1' }).end(JSON.stringify({ error }))
      return
    }
    case 'gzip': {
      const isTaken = /\bgzip\b/.test(asked.headers['accept-encoding'] ?? '')
      if (isTaken) response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(whole))
      else response.writeHead(500).end('a header of the client was lost')
      return
    }
    case 'short':
      response.writeHead(200, { ...json, 'content-length': whole.length + 1000 }).write(whole.slice(0, 30))
      setTimeout(() => response.destroy(), 2)
      return
    case 'whole':
      response.writeHead(200, json).end(whole)
      return
    default:
      stream(call, id, response)
  }
}

/** A chat stream; `slow` has half a MiB of it, `cut` breaks off in the middle of an event, `hanging` says nothing more. */
function stream({ user, stream_options }: Asked, id: string, response: ServerResponse): void {
  const event = (rest: object) => `data: ${JSON.stringify({ id, model, ...rest })}\n\n`
  const send = (rest: object) => response.write(event(rest))
  const content = user === 'slow' ? 'words '.repeat(2000) : 'Hi'
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let i = 0; i < (user === 'slow' ? 40 : 1); i++) send({ choices: [{ index: 0, delta: { content } }] })
  if (user === 'hanging') return
  setTimeout(() => {
    if (user === 'cut') {
      response.write(event({ choices: [{ index: 0, delta: { content } }] }).slice(0, 40))
      setTimeout(() => response.destroy(), 2)
      return
    }
    send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    if (stream_options?.include_usage) send({ choices: [], usage: chatUsage })
    response.end('data: [DONE]\n\n')
  }, 5)
}

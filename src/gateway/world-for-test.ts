// An upstream on a real socket, a gateway before it, and what both saw: for tests.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CallRecord, Opened, Settled } from '../core/meter/call-record.ts'
import { backgroundIn } from './background.ts'
import { createGateway, type Gateway, type GatewaySettings, type GatewayTools } from './gateway.ts'

export type Answer = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void

/** What is to be closed after a test, the last first. */
export const opened: (() => Promise<unknown> | unknown)[] = []

export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close()
}

export async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  opened.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise(done => server.close(done))
  })
  return (server.address() as AddressInfo).port
}

export interface World {
  readonly port: number
  readonly gateway: Gateway
  readonly records: CallRecord[]
  readonly upstreamPort: number
  readonly seen: { readonly request: IncomingMessage; readonly body: Buffer }[]
  /** What was shouted. */
  readonly shouts: readonly string[]
  readonly openedCalls: () => readonly Opened[]
  /** Resolves once so many calls are settled. */
  settledCalls(count: number): Promise<readonly Settled[]>
}

/** Waits for something that happens by itself. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise(done => setTimeout(done, 10))
  if (!holds()) throw new Error(`waited in vain: ${holds}`)
}

/** `answer` is what an upstream says, or a server that is one; `sink` hears of each record before it is kept, and may refuse it. */
export async function world(
  answer: Answer | Server,
  settings: GatewaySettings = {},
  sink?: (record: CallRecord) => Promise<void>,
  tools: Partial<GatewayTools> = {},
): Promise<World> {
  const seen: { request: IncomingMessage; body: Buffer }[] = []
  const answering = (answer: Answer) =>
    createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', piece => pieces.push(piece))
      request.on('end', () => {
        const body = Buffer.concat(pieces)
        seen.push({ request, body })
        answer(request, body, response)
      })
    })
  const upstreamPort = await listening(answer instanceof Server ? answer : answering(answer))
  const records: CallRecord[] = []
  const shouts: string[] = []
  let key = 0
  const folder = mkdtempSync(join(tmpdir(), 'crossline-background-'))
  opened.push(() => rmSync(folder, { recursive: true, force: true }))
  const url = `http://127.0.0.1:${upstreamPort}`
  const gateway = createGateway(
    {
      upstreams: {
        openai: { url },
        anthropic: { url },
        gemini: { url, provider: 'google', family: 'gemini' },
        together: { url: `${url}/base` },
      },
      ...settings,
    },
    {
      sink: {
        append: async record => {
          await sink?.(record)
          records.push(record)
        },
      },
      nowMicros: () => Date.now() * 1000,
      nextKey: () => `k${++key}`,
      fingerprintKey: Buffer.from('key'),
      background: backgroundIn(folder),
      shout: text => shouts.push(text),
      ...tools,
    },
  )
  const server = createServer((request, response) => {
    if (gateway.handle(request, response)) return
    response.statusCode = 418
    response.end()
  })
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
  const port = await listening(server)
  opened.push(() => gateway.close(0))
  const settled = () => records.filter(record => record.kind === 'settled')
  return {
    port,
    gateway,
    records,
    upstreamPort,
    seen,
    shouts,
    openedCalls: () => records.filter(record => record.kind === 'opened'),
    async settledCalls(count) {
      await until(() => settled().length >= count)
      return settled()
    },
  }
}

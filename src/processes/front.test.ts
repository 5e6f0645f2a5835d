// Requests as probes, scrapers and clients write them → who answers them: the gateway's process itself, or the writer.
import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { Gateway } from '../gateway/gateway.ts'
import { sendRaw } from '../gateway/raw-for-test.ts'
import { closeAll, listening } from '../gateway/world-for-test.ts'
import { frontOf } from './front.ts'
import { serverOfHanded } from './server-of-handed.ts'
import { toWriter } from './to-writer.ts'

afterEach(closeAll)

/** A front whose writer is away, or says its one word. */
async function front(isWriterThere = false): Promise<number> {
  const writer = toWriter(200)
  if (isWriterThere) {
    const port = await listening(createServer((_, response) => void response.end('of the writer')))
    writer.readdress({ url: `http://127.0.0.1:${port}`, budgetsUrl: null, isReady: true, hasLedger: true })
  }
  const gateway = { handle: () => false, upgrade: () => false } as unknown as Gateway
  const hosts = ['127.0.0.1', 'localhost']
  const options = { gateway, isKeyed: false, hosts, toWriter: writer, figures: async () => [], version: '1' }
  return listening(serverOfHanded(frontOf(options)))
}

async function said(port: number, request: string): Promise<string> {
  const { bytes } = await sendRaw(port, request, { forMs: 1000, isEnough: heard => heard.includes('\r\n\r\n') })
  return bytes.toString('latin1')
}

test.each([
  ['GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n', 200],
  // `wget --spider`, and whoever else wants no body.
  ['HEAD /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n', 200],
  ['HEAD /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n', 503],
  ['GET /healthz?from=balancer HTTP/1.1\r\nhost: localhost\r\n\r\n', 200],
  // HAProxy's `option httpchk GET /healthz`.
  ['GET /healthz HTTP/1.0\r\n\r\n', 200],
  // `params:` of a scrape configuration.
  ['GET /metrics?instance=a HTTP/1.1\r\nhost: localhost\r\n\r\n', 200],
])('a probe is answered without the writer, however it is written: %j', async (request, status) => {
  expect(await said(await front(), request)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})

test('a page elsewhere that points its own name here gets no metrics', async () => {
  const answer = await said(await front(true), 'GET /metrics HTTP/1.1\r\nhost: evil.example\r\n\r\n')
  expect(answer).toContain('of the writer')
})

test('the writer is asked for a client of HTTP/1.0 too, and how long its connection is kept is no affair of the client', async () => {
  const port = await front(true)
  const old = await sendRaw(port, 'GET / HTTP/1.0\r\n\r\n', { forMs: 1000 })
  expect(old.bytes.toString('latin1')).toMatch(/^HTTP\/1.1 200 [\s\S]*of the writer$/)
  const answer = await said(port, 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  expect(answer.match(/^(connection|keep-alive):.*$/gim)).toEqual(['Connection: keep-alive', 'Keep-Alive: timeout=75'])
})

test('a WebSocket that nobody takes is told so, and not just cut', async () => {
  const upgrade = 'GET /to/none/live HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n'
  const { bytes, hasEnded } = await sendRaw(await front(), upgrade, { forMs: 1000 })
  expect(hasEnded).toBe(true)
  expect(bytes.toString('latin1')).toMatch(/^HTTP\/1.1 404 Not Found\r\n[\s\S]*"code":"UPSTREAM_UNKNOWN"}}$/)
})

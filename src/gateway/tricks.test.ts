// Requests that smuggle, climb or hide in how they are spelt: refused, or relayed as they are and metered all the same.
import { afterEach, expect, test } from 'vitest'
import { posting, rawUpstream, type Step, sendRaw, sized } from './raw-for-test.ts'
import { closeAll, world } from './world-for-test.ts'

afterEach(closeAll)

const usage = '"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}'
const answer = sized('application/json', `{"id":"r","choices":[],${usage}}`)
const closing = 'connection: close\r\n'
const statusOf = ({ bytes }: { bytes: Buffer }) => Number(/^HTTP\/1.1 (\d+)/.exec(bytes.toString('latin1'))?.[1] ?? 0)

test.each([
  [
    'a length and chunks',
    'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n',
  ],
  ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n\r\nhello!'],
  ['a length that is none', 'content-length: +5\r\n\r\nhello'],
  ['a chunk that is none', 'transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n'],
  ['chunked, and not last', 'transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
  ['a space before the colon', 'content-length : 5\r\n\r\nhello'],
  ['a folded header', 'x-a: 1\r\n content-length: 5\r\n\r\nhello'],
  ['a bare line feed in a value', 'x-a: 1\ncontent-length: 5\r\n\r\nhello'],
  ['a bare carriage return in a value', 'x-a: 1\rcontent-length: 5\r\n\r\nhello'],
  ['a null byte in a value', 'x-a: \0\r\ncontent-length: 5\r\n\r\nhello'],
  ['headers without end', `${`x-pad: ${'y'.repeat(1000)}\r\n`.repeat(40)}`],
])('smuggling is refused: %s', async (_, rest) => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port } = await world(server)
  const heard = await sendRaw(port, `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n${rest}`, { forMs: 1000 })
  expect([400, 431]).toContain(statusOf(heard))
  expect(asked).toEqual([])
})

test('hop-by-hop headers, and those that Connection names, stop here; an upstream sees its own host', async () => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port, upstreamPort } = await world(server)
  const head = `X-Kept: \xe9 1\r\nX-Kept: 2\r\nconnection: close, x-named\r\nX-Named: 1\r\nkeep-alive: 5\r\nTE: trailers\r\nproxy-authorization: b\r\nX-Crossline-Team: t\r\nX-Forwarded-Host: evil\r\n`
  await sendRaw(port, posting('/v1/chat/completions', '{"model":"m"}', head))
  const lines = asked[0]!.head.split('\r\n').slice(1)
  expect(
    lines.filter(line => /named|keep-alive|^te:|proxy-auth|crossline/i.test(line)).map(l => l.toLowerCase()),
  ).toEqual(['connection: keep-alive'])
  expect(lines.filter(line => /^host:/i.test(line))).toEqual([`host: 127.0.0.1:${upstreamPort}`])
  expect(lines.filter(line => line.startsWith('X-Kept'))).toHaveLength(2)
})

test.each([
  '/to/together/../admin',
  '/to/together/v1/../../admin',
  '/to/together/v1/%2e%2e/%2E./admin',
  '/to/together/v1/..%2f..%2fadmin',
  '/to/together/v1/..\\..\\admin',
  '/v1/./chat/completions',
])('a path that climbs is not relayed: %s', async path => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port } = await world(server)
  expect(statusOf(await sendRaw(port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${closing}\r\n`))).toBe(400)
  expect(asked).toEqual([])
})

test.each([
  ['/v1/messages/../x', { type: 'error', error: { type: 'invalid_request_error' } }],
  ['/v1beta/../x', { error: { code: 400, status: 'INVALID_ARGUMENT' } }],
  ['/to/openai/../x', { error: { type: 'invalid_request_error', code: 'PATH_REFUSED' } }],
])('a refusal is of the kind that the provider’s own clients know for its status: %s', async (path, expected) => {
  const { port } = await world(rawUpstream(() => [answer]).server)
  const { bytes } = await sendRaw(port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${closing}\r\n`)
  expect(JSON.parse(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4).toString())).toMatchObject(expected)
})

test.each([
  '/v1/chat/completions',
  '/v1/chat/completions?api-version=2024-10-21',
  '/v1/chat/completions/',
  '/v1//chat/completions',
  '/v1/chat/%63ompletions',
  '/to/openai/v1/chat/completions',
  '/to/%6fpenai/v1/chat/completions',
  'http://elsewhere/v1/chat/completions',
])('however a metered path is spelt, it is metered, and sent on as it is: %s', async path => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port, settledCalls } = await world(server)
  expect(statusOf(await sendRaw(port, posting(path, '{"model":"m"}', closing)))).toBe(200)
  expect(await settledCalls(1)).toMatchObject([{ usage: { input: 3, output: 5 } }])
  expect(asked[0]!.head.split(' ')[1]).toBe(path.replace(/^http:..elsewhere|^.to.[^/]*/, ''))
})

test('names with escaped slashes and escapes go on as they are', async () => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port } = await world(server)
  const path = '/v1/models/meta-llama%2FLlama-3.3-70B%20Instruct?a=%2e%2e/..'
  await sendRaw(port, `GET /to/together${path} HTTP/1.1\r\nhost: localhost\r\n${closing}\r\n`)
  expect(asked[0]!.head.split(' ')[1]).toBe(`/base${path}`)
})

test('an offer of HTTP/2 with a call, and one of a WebSocket where none can be, are calls like any other', async () => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port, settledCalls } = await world(server)
  for (const offer of [
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  ]) {
    const heard = await sendRaw(port, posting('/v1/chat/completions', '{"model":"m"}', offer), {
      isEnough: bytes => bytes.includes('usage'),
    })
    expect(statusOf(heard)).toBe(200)
  }
  expect(await settledCalls(2)).toMatchObject([{ known: true }, { known: true }])
  expect(asked.some(({ head }) => /h2c|upgrade/i.test(head))).toBe(false)
})

test('behind a WebSocket that an upstream refuses nothing passes unseen', async () => {
  const refusal = '{"error":"no"}'
  const { server, asked } = rawUpstream(() => [
    `HTTP/1.1 403 Forbidden\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`,
  ])
  const { port } = await world(server)
  const upgrade = 'GET /v1/realtime HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n'
  const heard = await sendRaw(port, upgrade + posting('/v1/chat/completions', '{"model":"m"}'))
  expect([statusOf(heard), heard.hasEnded]).toEqual([403, true])
  expect(heard.bytes.toString()).toContain(refusal)
  expect(asked).toHaveLength(1)
})

test.each([
  ['gzip, deflate, br, x-own', 'gzip, deflate, br'],
  ['x-own;q=1, *;q=0.1', 'identity'],
  ['br;q=1.0,gzip;q=0.8', 'br;q=1.0, gzip;q=0.8'],
])('of the encodings that a client takes, an upstream is asked for those that can be counted: %s', async (taken, asks) => {
  const { server, asked } = rawUpstream(() => [answer])
  const { port } = await world(server)
  const head = `${closing}Accept-Encoding: ${taken}\r\n`
  await sendRaw(port, posting('/v1/chat/completions', '{"model":"m"}', head))
  await sendRaw(port, `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n${head}\r\n`)
  const lines = asked.map(one => /accept-encoding: *(.*)/i.exec(one.head)?.[1])
  // What is not metered is nobody's business.
  expect(lines).toEqual([asks, taken])
})

test('Expect: 100-continue is answered here and not sent on; HEAD has no body and keeps its length', async () => {
  let steps: Step[] = [answer]
  const { server, asked } = rawUpstream(() => steps)
  const { port } = await world(server)
  const heard = await sendRaw(
    port,
    posting('/v1/chat/completions', '{"model":"m"}', `${closing}expect: 100-continue\r\n`),
  )
  expect(heard.bytes.toString()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  expect(asked[0]!.head).not.toMatch(/expect/i)
  steps = ['HTTP/1.1 200 OK\r\ncontent-length: 77\r\n\r\n']
  const head = await sendRaw(port, `HEAD /v1/models/x HTTP/1.1\r\nhost: localhost\r\n${closing}\r\n`)
  expect(head.bytes.toString()).toMatch(/content-length: 77\r\n[\s\S]*\r\n\r\n$/)
})

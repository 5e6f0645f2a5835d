// Upstreams that can be reached through a proxy alone: what the proxy is asked, and what the client gets.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { recorded } from '../../test/recorded-responses.ts'
import { proxiesOf } from './proxies.ts'
import { forwardingProxy } from './proxy-for-test.ts'
import { closeAll, listening, until, world } from './world-for-test.ts'

afterEach(closeAll)
afterEach(() => vi.unstubAllEnvs())

const chat = recorded.find(one => one.id === 'openai-chat')!.bytes
const tls = { key: readFileSync('test/fixtures/tls/key.pem'), cert: readFileSync('test/fixtures/tls/cert.pem') }
const json = { 'content-type': 'application/json' }
const body = '{"model":"m","messages":[]}'
const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`

async function through(variable: 'HTTPS_PROXY' | 'HTTP_PROXY', proxyPort: number, url: string, more = {}) {
  const environment = { [variable]: `http://me:secret@127.0.0.1:${proxyPort}`, ...more }
  const tools = { proxyOf: proxiesOf(environment) }
  return world(() => {}, { upstreams: { openai: { url }, live: { url } } }, undefined, tools)
}

const ask = (port: number, path = '/v1/chat/completions') =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers: { ...json, authorization: 'Bearer sk' } })

test('TLS goes end to end through a tunnel, one for all calls of a connection, and is metered as ever', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const keys: (string | undefined)[] = []
  const upstream = createTlsServer(tls, (request, response) => {
    keys.push(request.headers.authorization, request.headers.host, request.headers['proxy-authorization'] as undefined)
    response.writeHead(200, json).end(chat)
  })
  const proxy = await forwardingProxy(await listening(upstream))
  const { port, settledCalls } = await through('HTTPS_PROXY', proxy.port, 'https://model.example')
  for (let i = 0; i < 2; i++) {
    const answer = await ask(port)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(chat))
  }
  expect(proxy.asked).toMatchObject([{ method: 'CONNECT', target: 'model.example:443', authorization: credentials }])
  expect(keys).toEqual(['Bearer sk', 'model.example', undefined, 'Bearer sk', 'model.example', undefined])
  expect((await settledCalls(2))[0]).toMatchObject({ status: 200, model: expect.stringContaining('gpt') })
})

test('who stands behind the proxy has to prove its name: a certificate that nobody vouches for is refused', async () => {
  const proxy = await forwardingProxy(await listening(createTlsServer(tls)))
  const { port } = await through('HTTPS_PROXY', proxy.port, 'https://model.example')
  const answer = await ask(port)
  expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining('self-signed certificate')])
})

test('plain HTTP is asked of the proxy by its whole address, headers as the client wrote them', async () => {
  const upstream = createServer((_, response) => response.writeHead(200, json).end(chat))
  const proxy = await forwardingProxy(await listening(upstream))
  const { port } = await through('HTTP_PROXY', proxy.port, 'http://gpu.example:8000/base')
  expect(Buffer.from(await (await ask(port)).arrayBuffer())).toEqual(Buffer.from(chat))
  const [asked] = proxy.asked
  expect(asked).toMatchObject({ method: 'POST', target: 'http://gpu.example:8000/base/v1/chat/completions' })
  expect(asked!.authorization).toBe(credentials)
  expect(asked!.rawHeaders.join('|')).toContain('host|gpu.example:8000')
})

test('an upgrade goes through a tunnel too', async () => {
  const upstream = createServer()
  upstream.on('upgrade', (request, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n${request.url}`)
    socket.on('data', (piece: Buffer) => socket.write(`echo ${piece}`))
    socket.on('error', () => {})
  })
  const proxy = await forwardingProxy(await listening(upstream))
  const { port } = await through('HTTP_PROXY', proxy.port, 'http://live.example')
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', piece => {
    heard += piece
  })
  socket.write('GET /to/live/v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  await until(() => heard.includes('/v1/realtime'))
  socket.write('hello')
  await until(() => heard.includes('echo hello'))
  socket.destroy()
  expect(proxy.asked).toMatchObject([{ method: 'CONNECT', target: 'live.example:80' }])
})

test('a proxy that refuses is told by its name and answer, and the call never went out', async () => {
  const proxy = await forwardingProxy(1, '407 Proxy Authentication Required')
  const { port, settledCalls } = await through('HTTPS_PROXY', proxy.port, 'https://model.example')
  const answer = await ask(port)
  expect(answer.status).toBe(502)
  expect(await answer.text()).toContain(
    `the proxy http://127.0.0.1:${proxy.port} does not connect to model.example:443: 407 Proxy Authentication Required`,
  )
  expect((await settledCalls(1))[0]).toMatchObject({ status: null })
})

test('who is spared is reached directly', async () => {
  const proxy = await forwardingProxy(1)
  const upstream = createServer((_, response) => response.writeHead(200, json).end(chat))
  const upstreamPort = await listening(upstream)
  const { port } = await through('HTTP_PROXY', proxy.port, `http://127.0.0.1:${upstreamPort}`)
  expect((await ask(port)).status).toBe(200)
  expect(proxy.asked).toEqual([])
})

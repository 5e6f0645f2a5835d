// Upstreams behind a SOCKS proxy: the bytes that it is asked with (RFC 1928, 1929), and what the client gets.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createNetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { recorded } from '../../test/recorded-responses.ts'
import { proxiesOf } from './proxies.ts'
import { closeAll, listening, until, world } from './world-for-test.ts'

afterEach(closeAll)
afterEach(() => vi.unstubAllEnvs())

const chat = recorded.find(one => one.id === 'openai-chat')!.bytes
const tls = { key: readFileSync('test/fixtures/tls/key.pem'), cert: readFileSync('test/fixtures/tls/cert.pem') }
const json = { 'content-type': 'application/json' }

/** Answers each of its peer's words with the next of these, a byte at a time; after the last it leads to `leadsTo`. */
async function socksProxy(leadsTo: number, answers: readonly string[]) {
  const words: string[] = []
  const server = createNetServer(socket => {
    socket.on('error', () => {})
    const open = [...answers]
    const answer = async (piece: Buffer) => {
      words.push(piece.toString('hex'))
      const bytes = Buffer.from(open.shift()!, 'hex')
      if (open.length > 0 || bytes.length === 0) socket.once('data', answer)
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]))
        await sleep(1)
      }
      if (bytes.length === 0) return socket.end()
      if (open.length > 0) return undefined
      const beyond = connect(leadsTo, '127.0.0.1')
      beyond.on('error', () => {})
      socket.pipe(beyond).pipe(socket)
      socket.on('close', () => beyond.destroy())
      return undefined
    }
    socket.once('data', answer)
  })
  return { port: await listening(server as never), words }
}

const chosen = { nothing: '0500', password: '0502', none: '05ff' }
/** Granted, bound to 0.0.0.0:0. */
const granted = '05000001000000000000'

async function asked(proxyPort: number, url: string, variable = 'ALL_PROXY', login = '') {
  const tools = { proxyOf: proxiesOf({ [variable]: `socks5h://${login}127.0.0.1:${proxyPort}` }) }
  const { port, settledCalls } = await world(() => {}, { upstreams: { openai: { url } } }, undefined, tools)
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}' })
  return { status: answer.status, text: await answer.text(), port, settledCalls }
}

test('plain HTTP goes through it to a name that it looks up itself', async () => {
  const upstream = await listening(createServer((_, response) => response.writeHead(200, json).end(chat)))
  const { port, words } = await socksProxy(upstream, [chosen.nothing, granted])
  const { text } = await asked(port, 'http://gpu.example:8000')
  expect(text).toBe(Buffer.from(chat).toString())
  // Version 5, one method, none; then CONNECT, a name of eleven letters, port 8000.
  expect(words).toEqual(['050100', `050100030b${Buffer.from('gpu.example').toString('hex')}1f40`])
})

test('TLS goes end to end through it, after the user and password that it asks for', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const upstream = await listening(createTlsServer(tls, (_, response) => response.writeHead(200, json).end(chat)))
  // It tells where it is bound as a name, of one letter.
  const { port, words } = await socksProxy(upstream, [chosen.password, '0100', '0500000301610000'])
  const { status, settledCalls } = await asked(port, 'https://model.example', 'HTTPS_PROXY', 'me:s%3Acret@')
  expect(status).toBe(200)
  expect((await settledCalls(1))[0]).toMatchObject({ status: 200, model: expect.stringContaining('gpt') })
  const hex = (text: string) => Buffer.from(text).toString('hex')
  expect(words).toEqual(['05020002', `01026d6506${hex('s:cret')}`, expect.stringMatching(/01bb$/)])
})

test('addresses are asked for as addresses', async () => {
  const upstream = await listening(createServer((_, response) => response.writeHead(200, json).end(chat)))
  const four = await socksProxy(upstream, [chosen.nothing, granted])
  expect((await asked(four.port, 'http://10.1.2.3')).status).toBe(200)
  expect(four.words[1]).toBe('050100010a0102030050')
  const six = await socksProxy(upstream, [chosen.nothing, granted])
  expect((await asked(six.port, 'http://[2001:db8::7]:8000')).status).toBe(200)
  expect(six.words[1]).toBe('0501000420010db80000000000000000000000071f40')
})

test.each([
  ['refuses the host', [chosen.nothing, '05050001000000000000'], 'gpu.example:80: the connection is refused'],
  ['wants more than is known', [chosen.none, ''], 'wants another proof of who asks'],
  ['speaks HTTP', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex'), ''], 'does not speak SOCKS 5'],
  ['hangs up', [''], 'hangs up'],
])('a proxy that %s is told with its reason, and the call never went out', async (_, answers, reason) => {
  const { port } = await socksProxy(1, answers)
  const { status, text, settledCalls } = await asked(port, 'http://gpu.example')
  expect([status, text]).toEqual([502, expect.stringContaining(`the proxy socks5h://127.0.0.1:${port} `)])
  expect(text).toContain(reason)
  expect((await settledCalls(1))[0]).toMatchObject({ status: null, outcome: 'failed' })
})

test('a WebSocket goes through it too', async () => {
  const upstream = createServer()
  upstream.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\nfirst')
    socket.on('error', () => {})
  })
  const { port: proxyPort } = await socksProxy(await listening(upstream), [chosen.nothing, granted])
  const tools = { proxyOf: proxiesOf({ all_proxy: `socks5://127.0.0.1:${proxyPort}` }) }
  const { port } = await world(() => {}, { upstreams: { openai: { url: 'http://live.example' } } }, undefined, tools)
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', piece => {
    heard += piece
  })
  socket.write('GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  await until(() => heard.endsWith('first'))
  socket.destroy()
})

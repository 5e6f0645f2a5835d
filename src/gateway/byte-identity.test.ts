// The client's bytes with the gateway and without it: status line, headers but those of the one connection, body, trailers.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { recorded } from '../../test/recorded-responses.ts'
import { chunked, close, posting, rawUpstream, type Step, sendRaw, sized } from './raw-for-test.ts'
import { closeAll, listening, until, world } from './world-for-test.ts'

afterEach(closeAll)

const closing = 'connection: close\r\n'
const events = 'text/event-stream'
const bytesOf = (id: string) => Buffer.from(recorded.find(one => one.id === id)!.bytes)
const chat = posting('/v1/chat/completions', '{"model":"m"}', closing)
const chatStream = posting(
  '/v1/chat/completions',
  '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
  closing,
)
const messages = posting('/v1/messages', '{"model":"c","stream":true}', closing)
const get = (path: string, head = '', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${head}${closing}\r\n`
const sse = bytesOf('openai-chat-stream')
const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

const shapes: Readonly<Record<string, readonly [request: string, answer: readonly Step[]]>> = {
  'events, LF': [chatStream, [chunked(events, inPieces(sse, 100))]],
  'events, CRLF': [chatStream, [chunked(events, inPieces(Buffer.from(sse.toString().replaceAll('\n', '\r\n')), 77))]],
  'events, byte by byte': [messages, [chunked(events, inPieces(bytesOf('anthropic-stream'), 1))]],
  'events, all at once': [messages, [chunked(events, [bytesOf('anthropic-stream')])]],
  'events with a length': [messages, [sized(events, bytesOf('anthropic-stream'))]],
  'events until the connection ends': [
    messages,
    [`HTTP/1.1 200 OK\r\ncontent-type: ${events}\r\n\r\n`, bytesOf('anthropic-stream'), close],
  ],
  'comments, retries and ids': [chatStream, [chunked(events, [': hi\n\nretry: 10\nid: 7\n\n', sse, ': bye\n'])]],
  'events behind the terminal one': [chatStream, [chunked(events, [sse, 'data: {"more":1}\n\n', ': end\n\n'])]],
  'an array of events': [
    posting('/v1beta/models/g:streamGenerateContent', '{}', closing),
    [chunked('application/json', inPieces(bytesOf('gemini-array'), 90))],
  ],
  'events in gzip, in pieces': [
    messages,
    [chunked(events, inPieces(gzipSync(bytesOf('anthropic-stream')), 50), 'content-encoding: gzip\r\n')],
  ],
  'events in brotli': [
    messages,
    [chunked(events, [brotliCompressSync(bytesOf('anthropic-stream'))], 'content-encoding: br\r\n')],
  ],
  'events in an unknown encoding': [
    messages,
    [chunked(events, inPieces(bytesOf('anthropic-stream'), 200), 'content-encoding: x-own\r\n')],
  ],
  'JSON with a length': [chat, [sized('application/json', bytesOf('openai-chat'))]],
  'JSON in chunks': [chat, [chunked('application/json', inPieces(bytesOf('openai-chat'), 64))]],
  'JSON until the connection ends': [
    chat,
    ['HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n', bytesOf('openai-chat'), close],
  ],
  'JSON of an HTTP/1.0 server': [
    chat,
    ['HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n', bytesOf('openai-chat'), close],
  ],
  'JSON in deflate': [
    chat,
    [sized('application/json', deflateSync(bytesOf('openai-chat')), 'content-encoding: deflate\r\n')],
  ],
  'not JSON': [chat, [sized('text/html', '<html>502</html>')]],
  'an empty body': [chat, [sized('application/json', '')]],
  'no content': [chat, ['HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n']],
  'not modified': [get('/v1/models', 'if-none-match: "a"\r\n'), ['HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n']],
  HEAD: [
    get('/v1/models', '', 'HEAD'),
    ['HTTP/1.1 200 OK\r\ncontent-length: 123\r\ncontent-type: application/json\r\n\r\n'],
  ],
  'a range': [
    get('/v1/files/f/content', 'range: bytes=2-4\r\n'),
    ['HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 2-4/9\r\ncontent-length: 3\r\n\r\nabc'],
  ],
  'a redirect': [
    get('/v1/files/f'),
    ['HTTP/1.1 307 Temporary Redirect\r\nlocation: https://elsewhere/x?y=1\r\ncontent-length: 0\r\n\r\n'],
  ],
  'too many requests': [
    chatStream,
    [
      'HTTP/1.1 429 Too Many Requests\r\nretry-after: 20\r\nx-ratelimit-remaining-tokens: 0\r\ncontent-type: application/json\r\ncontent-length: 30\r\n\r\n{"error":{"message":"slow"}}  ',
    ],
  ],
  'a status of one’s own': [chat, ['HTTP/1.1 529 Site is overloaded\r\ncontent-length: 2\r\n\r\n{}']],
  'a reason that is none': [chat, ['HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n{}']],
  'headers twice, in odd case, in another alphabet': [
    chat,
    [
      'HTTP/1.1 200 F\xefne\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nX-ODD-case: \xe4\xff\r\nVia: 1.1 a\r\nVIA: 1.1 b\r\nServer: x\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}',
    ],
  ],
  trailers: [
    chat,
    [
      chunked('application/json', ['{}'], 'trailer: x-cost\r\n').subarray(0, -5),
      '0\r\n\r\n'.slice(0, 3),
      'x-cost: 0.002\r\n\r\n',
    ],
  ],
  'another method': [get('/v1/responses/r', '', 'DELETE'), [sized('application/json', '{"deleted":true}')]],
  'a method of one’s own': [get('/v1/files', '', 'PROPFIND'), [sized('text/xml', '<a/>')]],
}

const ofConnection = /^(connection|keep-alive|transfer-encoding):/i

/** An answer as bytes: its head without what is the connection's own, and its body out of its chunks. */
function parts(bytes: Buffer): { head: string[]; body: string } {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const head = text.slice(0, end).split('\r\n')
  let rest = text.slice(end + 4)
  if (head.some(line => /^transfer-encoding: *chunked/i.test(line))) {
    let body = ''
    for (;;) {
      const line = rest.slice(0, rest.indexOf('\r\n'))
      const size = Number.parseInt(line, 16)
      rest = rest.slice(line.length + 2)
      if (!(size > 0)) break
      body += rest.slice(0, size)
      rest = rest.slice(size + 2)
    }
    // Trailers stand behind the last chunk.
    rest = body + rest.replace(/\r\n$/, '')
  }
  // Any version of the protocol says the same; which one is spoken belongs to the connection.
  const status = head[0]!.replace('HTTP/1.0', 'HTTP/1.1')
  return {
    head: [
      status,
      ...head
        .slice(1)
        .filter(line => !ofConnection.test(line))
        .map(line => line.replace(/: */, ': ')),
    ],
    body: rest,
  }
}

test.each(Object.entries(shapes))('%s', async (_, [request, answer]) => {
  const { server, asked } = rawUpstream(() => answer)
  const { port, upstreamPort } = await world(server)
  const isEnough = (bytes: Buffer) =>
    request.startsWith('HEAD') || /^HTTP\/1.1 (204|304)/.test(bytes.toString('latin1')) || isWhole(bytes)
  const direct = parts((await sendRaw(upstreamPort, request, { isEnough })).bytes)
  const through = parts((await sendRaw(port, request)).bytes)
  expect(through).toEqual(direct)
  expect(direct.head[0]).toMatch(/^HTTP/)
  // And what the upstream was asked is the same, but for its host.
  const [first, second] = asked
  expect(second!.body.equals(first!.body)).toBe(true)
  const plain = (head: string) => head.split('\r\n').filter(line => !/^(host|connection|content-length):/i.test(line))
  expect(plain(second!.head)).toEqual(plain(first!.head))
})

/** An answer of a known end: the raw upstream keeps its connections open. */
function isWhole(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1]
  if (end === -1) return false
  if (length !== undefined) return bytes.length >= end + 4 + Number(length)
  return /transfer-encoding: *chunked/i.test(text.slice(0, end)) && /\r\n0\r\n([^\r\n]+\r\n)*\r\n$/.test(text)
}

test('a WebSocket: the agreement and the frames of both sides', async () => {
  const upstream = createServer()
  upstream.on('upgrade', (request, socket, head) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${request.headers['sec-websocket-key']}\r\nX-Odd: \xe4\r\n\r\n`,
      'latin1',
    )
    socket.write(head)
    socket.on('data', (piece: Buffer) => socket.write(piece))
    socket.on('error', () => {})
  })
  const upstreamPort = await listening(upstream)
  const { port, gateway } = await world(() => {}, {
    upstreams: { live: { url: `http://127.0.0.1:${upstreamPort}`, headers: { authorization: 'Bearer ours' } } },
  })
  const frames = Buffer.from([0x81, 0x85, 1, 2, 3, 4, 0x69, 0x67, 0x6f, 0x68, 0x6e, 0xff, 0x00, 0x80])
  const heard = async (at: number, path: string) => {
    const socket = connect(at, '127.0.0.1')
    let all = Buffer.alloc(0)
    socket.on('data', piece => {
      all = Buffer.concat([all, piece])
    })
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n`,
    )
    socket.write(frames)
    await until(() => all.includes(frames))
    socket.write(frames)
    await until(() => all.lastIndexOf(frames) > all.indexOf(frames))
    socket.destroy()
    return parts(all)
  }
  expect(await heard(port, '/to/live/v1/realtime')).toEqual(await heard(upstreamPort, '/v1/realtime'))
  expect([...gateway.counters.unmetered.keys()]).toEqual(['live UPGRADE /v1/realtime'])
})

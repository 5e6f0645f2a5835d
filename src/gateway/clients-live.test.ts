// What the official Gemini client asks for outside of /v1beta, with only its base URL changed: live sessions, other versions.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { GoogleGenAI } from '@google/genai'
import { afterEach, expect, test } from 'vitest'
import { closeAll, listening, world } from './world-for-test.ts'

afterEach(closeAll)

test('@google/genai opens a live session through the gateway, which is counted', async () => {
  const upstream = createServer()
  const asked: string[] = []
  upstream.on('upgrade', (request, socket) => {
    asked.push(request.url!)
    // RFC 6455 §4.2.2.
    const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${guid}`).digest('base64')
    const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade']
    socket.write(`${[...head, `sec-websocket-accept: ${accept}`].join('\r\n')}\r\n\r\n`)
    socket.on('error', () => {})
  })
  const upstreamPort = await listening(upstream)
  const { port, gateway } = await world(() => {}, {
    upstreams: { gemini: { url: `http://127.0.0.1:${upstreamPort}`, provider: 'google', family: 'gemini' } },
  })
  const client = new GoogleGenAI({ apiKey: 'AIza', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } })
  const session = await Promise.race([
    client.live.connect({ model: 'gemini-live-2.5-flash-preview', callbacks: { onmessage: () => {} } }),
    new Promise<null>(done => setTimeout(() => done(null), 4000)),
  ])
  expect(asked).toEqual([
    expect.stringMatching(
      /^\/+ws\/google\.ai\.generativelanguage\.v1beta\.GenerativeService\.BidiGenerateContent\?key=AIza$/,
    ),
  ])
  expect([...gateway.counters.unmetered.keys()]).toEqual([expect.stringMatching(/^gemini UPGRADE /)])
  session?.close()
}, 15_000)

test.each([
  'v1alpha',
  'v1',
])('@google/genai asks for version %s, whose key goes to Google and nobody else, and is metered', async apiVersion => {
  const answer = { candidates: [], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 } }
  const { port, seen, openedCalls, settledCalls } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  const baseUrl = `http://127.0.0.1:${port}`
  const client = new GoogleGenAI({ apiKey: 'AIza', apiVersion, httpOptions: { baseUrl } })
  await client.models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hi' }).catch(() => null)
  expect(seen.map(({ request }) => request.url)).toEqual([`/${apiVersion}/models/gemini-2.5-flash:generateContent`])
  expect((await settledCalls(1))[0]).toMatchObject({ usage: { input: 3, output: 4 } })
  expect(openedCalls()[0]).toMatchObject({ upstream: 'gemini' })
})

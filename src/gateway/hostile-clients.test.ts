// Clients that leave, stall or send and take too much: nothing stays open, nothing is kept, and each call has its end.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { recorded } from '../../test/recorded-responses.ts'
import { chunk, chunked, posting, rawUpstream, sendRaw } from './raw-for-test.ts'
import { closeAll, until, world } from './world-for-test.ts'

afterEach(closeAll)

const usage = '"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}'
const anthropic = Buffer.from(recorded.find(({ id }) => id === 'anthropic-stream')!.bytes)
const closing = 'connection: close\r\n'

test('a client that leaves at any byte of its request or its answer: nothing stays open, and each call has its end', async () => {
  const events = anthropic.toString().split(/(?<=\n\n)/)
  const upstream = rawUpstream(() => [
    `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`,
    ...events.flatMap(event => [chunk(event), 1]),
    '0\r\n\r\n',
  ])
  const { port, gateway, records, openedCalls } = await world(
    upstream.server,
    {},
    () => new Promise(done => setTimeout(done, 2)),
  )
  const request = posting('/v1/messages', '{"model":"c","stream":true}')
  const leaving = async (sent: number, heard: number, isReset: boolean) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    let got = 0
    const enough = new Promise<void>(done => {
      socket.on('close', () => done())
      socket.on('data', piece => {
        got += piece.length
        if (got >= heard) done()
      })
      if (heard === 0 || sent < request.length) socket.write(request.slice(0, sent), () => done())
      else socket.write(request)
    })
    await enough
    if (isReset) socket.resetAndDestroy()
    else socket.destroy()
  }
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.nat(request.length), fc.constant(request.length)),
      fc.nat(1500),
      fc.boolean(),
      leaving,
    ),
    { numRuns: 80, seed: 3 },
  )
  const before = performance.now()
  await gateway.close(5000)
  expect(performance.now() - before).toBeLessThan(4000)
  const keys = records.filter(({ kind }) => kind === 'settled').map(({ key }) => key)
  expect(keys.toSorted()).toEqual(
    openedCalls()
      .map(({ key }) => key)
      .toSorted(),
  )
  expect(
    records.filter(({ kind }) => kind === 'settled').every(one => one.kind === 'settled' && one.complete && one.known),
  ).toBe(true)
  expect(upstream.asked.length).toBe(openedCalls().length)
}, 60_000)

test.each([
  ['bytes', { mostDrainedBytes: 20_000 }],
  ['time', { mostDrainedMs: 60 }],
])('after its client left an answer is read on no further than %s allow', async (_, limits) => {
  const upstream = rawUpstream(function* () {
    yield 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
    for (let i = 0; i < 400; i++) {
      yield chunk(`data: {"type":"ping","pad":"${'x'.repeat(2000)}"}\n\n`)
      yield 5
    }
  })
  const { port, settledCalls } = await world(upstream.server, limits)
  await sendRaw(port, posting('/v1/messages', '{"model":"c","stream":true}'), {
    isEnough: bytes => bytes.includes('ping'),
  })
  expect(await settledCalls(1)).toMatchObject([{ outcome: 'unknown', complete: false, known: false }])
  expect(upstream.sentBytes).toBeLessThan(400 * 2000)
})

test('a slow reader slows its upstream, and nothing is kept for it', async () => {
  const piece = chunk(`data: ${'x'.repeat(65_000)}\n\n`)
  const upstream = rawUpstream(function* () {
    yield 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
    for (let i = 0; i < 1600; i++) yield piece
    yield '0\r\n\r\n'
  })
  const { port, settledCalls } = await world(upstream.server)
  const socket = connect(port, '127.0.0.1').pause()
  socket.write(posting('/v1/messages', '{"model":"c","stream":true}', closing))
  // What the sockets' own buffers on the way hold, and no more.
  let sent = -1
  while (sent !== upstream.sentBytes || sent <= 0) {
    sent = upstream.sentBytes
    await new Promise(done => setTimeout(done, 300))
  }
  expect(sent).toBeLessThan(24 * 2 ** 20)
  let got = 0
  socket.on('data', bytes => {
    got += bytes.length
  })
  socket.resume()
  await once(socket, 'close')
  expect(got).toBeGreaterThan(99 * 2 ** 20)
  expect(await settledCalls(1)).toMatchObject([{ complete: false }])
}, 60_000)

test('a request of 100 MiB passes without being kept', async () => {
  const upstream = createServer((request, response) => {
    let got = 0
    request.on('data', piece => {
      got += piece.length
    })
    request.on('end', () => response.end(`{"got":${got},${usage}}`))
  })
  const { port, settledCalls, openedCalls } = await world(upstream)
  const before = process.memoryUsage().rss
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', bytes => {
    heard += bytes
  })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n${closing}content-length: ${100 * 2 ** 20}\r\n\r\n`,
  )
  const piece = Buffer.alloc(2 ** 20, ' ')
  for (let i = 0; i < 100; i++) if (!socket.write(piece)) await once(socket, 'drain')
  await once(socket, 'close')
  expect(heard).toContain(`"got":${100 * 2 ** 20}`)
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(150)
  expect(openedCalls()).toMatchObject([{ model: null, prefix: null }])
  expect(await settledCalls(1)).toMatchObject([{ known: true, usage: { input: 3, output: 5 } }])
}, 60_000)

test('an answer of 100 MiB passes without being kept, and is counted', async () => {
  const picture = chunk(Buffer.alloc(2 ** 20, 'A'))
  const upstream = rawUpstream(function* () {
    yield 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
    yield chunk('{"id":"r","choices":[{"message":{"content":"')
    for (let i = 0; i < 100; i++) yield picture
    yield chunk(`"}}],${usage}}`)
    yield '0\r\n\r\n'
  })
  const { port, settledCalls } = await world(upstream.server)
  const socket = connect(port, '127.0.0.1')
  let got = 0
  socket.on('data', bytes => {
    got += bytes.length
  })
  const before = process.memoryUsage().rss
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n${closing}content-length: 13\r\n\r\n{"model":"m"}`,
  )
  await once(socket, 'close')
  clearInterval(watch)
  expect(got).toBeGreaterThan(100 * 2 ** 20)
  expect((peak - before) / 2 ** 20).toBeLessThan(150)
  expect(await settledCalls(1)).toMatchObject([{ known: true, complete: true, usage: { input: 3, output: 5 } }])
}, 60_000)

test('a client that ends its side counts as gone, as with any server of Node: its call is metered to the end', async () => {
  const { port, settledCalls } = await world(rawUpstream(() => [20, chunked('text/event-stream', [anthropic])]).server)
  await sendRaw(port, posting('/v1/messages', '{"model":"c","stream":true}'), { endsItsSide: true })
  expect(await settledCalls(1)).toMatchObject([{ known: true, complete: true }])
})

test('a client that is gone before its call is written down holds nothing up', async () => {
  let isWriting = false
  const upstream = rawUpstream(() => [chunked('text/event-stream', Array(400).fill(`data: ${'x'.repeat(9000)}\n\n`))])
  const { port, gateway, settledCalls } = await world(upstream.server, {}, async () => {
    isWriting = true
    await new Promise(done => setTimeout(done, 80))
  })
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write(posting('/v1/messages', '{"model":"c","stream":true}'))
  await until(() => isWriting)
  socket.destroy()
  await settledCalls(1)
  const before = performance.now()
  await gateway.close(5000)
  expect(performance.now() - before).toBeLessThan(2000)
})

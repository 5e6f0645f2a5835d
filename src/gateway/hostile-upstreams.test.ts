// Upstreams that break off, lie, stall or send what is no answer: no crash, and usage that is right or said to be unknown.
import { randomBytes } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { readPieces, recorded } from '../../test/recorded-responses.ts'
import { unknownUsage } from '../core/meter/usage.ts'
import { chunk, chunked, close, posting, rawUpstream, reset, type Step, sendRaw, sized } from './raw-for-test.ts'
import { closeAll, until, world } from './world-for-test.ts'

afterEach(closeAll)

const chatCall = posting('/v1/chat/completions', '{"model":"m"}', 'connection: close\r\n')
const streamCall = posting('/v1/messages', '{"model":"c","stream":true}', 'connection: close\r\n')
const events = 'text/event-stream'
const usage = '"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}'
const bodyOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)

/** The pieces of a chunked body, and whether it came to its end. */
function unchunked(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const pieces: Buffer[] = []
  let isWhole = false
  for (let at = 0, size = 0; at < bytes.length && !isWhole; at += size + 2) {
    const end = bytes.indexOf('\r\n', at)
    size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    isWhole = size === 0
    at = end + 2
    pieces.push(bytes.subarray(at, at + size))
  }
  return { body: Buffer.concat(pieces), isWhole }
}

test('an upstream that dies at any byte: what came goes on, the end is a cut, and the usage is that of the bytes that came', async () => {
  const one = recorded.find(({ id }) => id === 'anthropic-cache-stream')!
  const text = Buffer.from(one.bytes)
  const answer = sized(events, text)
  const headBytes = answer.length - text.length
  let cut = 0
  let how: Step = reset
  // A moment between: a reset throws away what the other side has not read yet.
  const upstream = rawUpstream(() => [answer.subarray(0, cut), 4, how])
  const { port, records, gateway } = await world(upstream.server)
  await fc.assert(
    fc.asyncProperty(fc.nat(answer.length - 1), fc.constantFrom(reset, close), async (at, ending) => {
      cut = at
      how = ending
      records.length = 0
      const { bytes, hasEnded } = await sendRaw(port, streamCall)
      await until(() => records.length === 2)
      expect(hasEnded).toBe(true)
      const settled = records[1]!
      if (at < headBytes) {
        expect(bytes.toString()).toMatch(/^HTTP\/1.1 502 /)
        expect(settled).toMatchObject({ status: null, outcome: 'unknown', known: false, usage: unknownUsage })
        return
      }
      const came = answer.subarray(headBytes, at)
      const heard = bodyOf(bytes)
      expect(heard.equals(came)).toBe(true)
      const { usage, known, complete } = readPieces(one, [came])
      expect(settled).toMatchObject({ status: 200, usage, known, complete, outcome: 'unknown' })
    }),
    { numRuns: 100, seed: 5 },
  )
  await gateway.close(1000)
  expect(await connectionsOf(upstream.server)).toBe(0)
}, 60_000)

const dying: [string, string, string, (bytes: Buffer) => Step[]][] = [
  ['an event', '/v1/messages', '{"model":"c","stream":true}', bytes => [chunkedHead(events), chunk(bytes)]],
  [
    'an event of a stream that was asked for its usage',
    '/v1/chat/completions',
    '{"model":"m","stream":true}',
    bytes => [chunkedHead(events), chunk(bytes)],
  ],
  [
    'a gzipped event',
    '/v1/messages',
    '{"model":"c","stream":true}',
    bytes => [chunkedHead(events, 'content-encoding: gzip\r\n'), chunk(gzipSync(bytes))],
  ],
  ['a body', '/v1/chat/completions', '{"model":"m"}', bytes => [chunkedHead('application/json'), chunk(bytes)]],
  [
    'a refusal',
    '/v1/chat/completions',
    '{"model":"m","stream":true}',
    bytes => [chunkedHead('application/json', '', '400 Bad Request'), chunk(bytes)],
  ],
  ['what is not metered', '/v1/files', '{}', bytes => [chunkedHead('application/json'), chunk(bytes)]],
]
const chunkedHead = (type: string, more = '', status = '200 OK') =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\n${more}transfer-encoding: chunked\r\n\r\n`

test.each(
  dying,
)('who dies in the middle of %s: all that came before goes on, and then the connection breaks', async (_, path, asked, answerOf) => {
  const answer = answerOf(Buffer.from('data: {"choices":[{"delta":{"content":"Hello"}}]}\n\ndata: {"choices":[{"del'))
  for (const ending of [[4, reset], [close]]) {
    const upstream = rawUpstream(() => [Buffer.concat(answer.map(part => Buffer.from(part as Buffer))), ...ending])
    const { port, upstreamPort } = await world(upstream.server)
    const request = posting(path, asked, 'connection: close\r\n')
    const [direct, through] = [await sendRaw(upstreamPort, request), await sendRaw(port, request)]
    expect(through.bytes.toString('latin1').split('\r\n')[0]).toBe(direct.bytes.toString('latin1').split('\r\n')[0])
    expect(unchunked(bodyOf(through.bytes))).toEqual({ ...unchunked(bodyOf(direct.bytes)), isWhole: false })
  }
})

test('an upstream that dies within the event that was asked for in the client’s place: it gets none of a whole one', async () => {
  const content = 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n'
  const alone = `data: {"choices":[],${usage}}`
  for (const [tail, heard] of [
    [alone, ''],
    [`${alone}\n`, ''],
    [alone.slice(0, 30), alone.slice(0, 30)],
    ['data: {"choices":[{}],"us', 'data: {"choices":[{}],"us'],
  ]) {
    const { port, settledCalls } = await world(
      rawUpstream(() => [chunkedHead(events), chunk(content + tail), close]).server,
    )
    const { bytes } = await sendRaw(port, posting('/v1/chat/completions', '{"model":"m","stream":true}'))
    expect(unchunked(bodyOf(bytes)).body.toString()).toBe(content + heard)
    expect(await settledCalls(1)).toMatchObject([{ complete: false, outcome: 'unknown' }])
  }
})

test('a call that is not to pass unmetered gets nothing of what its unwritten record was to come before', async () => {
  const upstream = rawUpstream(() => [chunkedHead(events), chunk('data: {"type":"ping"}\n\ndata: {"ty'), close])
  const { port } = await world(upstream.server, { onMeterFailure: 'reject' }, async ({ kind }) => {
    if (kind === 'settled') throw new Error('the disk is full')
  })
  const { bytes } = await sendRaw(port, streamCall)
  expect(unchunked(bodyOf(bytes))).toEqual({ body: Buffer.from('data: {"type":"ping"}\n\n'), isWhole: false })
})

const connectionsOf = (server: { getConnections(done: (error: Error | null, count: number) => void): unknown }) =>
  new Promise<number>((done, fail) => server.getConnections((error, count) => (error ? fail(error) : done(count))))

const noAnswers: [string, Step[]][] = [
  ['closes without a word', [close]],
  ['speaks another protocol', ['SSH-2.0-OpenSSH_9.6\r\n', close]],
  ['has a status line that is none', ['HTTP/1.1 abc Fine\r\n\r\n', close]],
  ['has a header without a colon', ['HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', close]],
  ['says two lengths', ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}', close]],
  ['says a length and chunks', ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}', close]],
  ['puts a line feed into a value', ['HTTP/1.1 200 OK\r\nx-a: b\nset-cookie: c\r\ncontent-length: 2\r\n\r\n{}', close]],
  ['has headers without end', [`HTTP/1.1 200 OK\r\n${`x-pad: ${'y'.repeat(1000)}\r\n`.repeat(200)}`, 50, close]],
]

test.each(
  noAnswers,
)('an upstream that %s is a 502 in the provider’s own shape, and its usage is unknown', async (_, steps) => {
  const { port, settledCalls } = await world(rawUpstream(() => steps).server)
  const heard = (await sendRaw(port, chatCall)).bytes
  expect(heard.toString()).toMatch(/^HTTP\/1.1 502 /)
  expect(JSON.parse(bodyOf(heard).toString())).toMatchObject({ error: { code: 'UPSTREAM_FAILED' } })
  expect(await settledCalls(1)).toMatchObject([{ known: false, usage: unknownUsage }])
})

test('a call that found nobody at its upstream failed, and cost nothing: it is not in doubt', async () => {
  const upstream = rawUpstream(() => [])
  const { port, settledCalls } = await world(upstream.server)
  await new Promise(done => upstream.server.close(done))
  expect((await sendRaw(port, chatCall)).bytes.toString()).toMatch(/^HTTP\/1.1 502 /)
  expect(await settledCalls(1)).toMatchObject([{ status: null, outcome: 'failed', usage: unknownUsage }])
})

test('a length that promises more than comes is a cut; bytes beyond it are no part of this answer, nor of the next', async () => {
  const body = `{"choices":[],${usage}}`
  let answer: Step[] = [`HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n${body}`, close]
  const { port, settledCalls } = await world(rawUpstream(() => answer).server)
  const short = await sendRaw(port, chatCall)
  expect(short.bytes.toString()).toMatch(/content-length: 900/i)
  expect(body.startsWith(bodyOf(short.bytes).toString())).toBe(true)
  expect((await settledCalls(1))[0]).toMatchObject({ status: 200, outcome: 'unknown' })
  answer = [
    `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged`,
  ]
  for (let i = 0; i < 3; i++) expect(bodyOf((await sendRaw(port, chatCall)).bytes).toString()).toBe(body)
  expect((await settledCalls(4)).slice(1).every(({ known, complete }) => known && complete)).toBe(true)
})

test('early hints are no answer; the answer behind them is', async () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'
  const { port, settledCalls } = await world(
    rawUpstream(() => [hints, hints, sized('application/json', `{${usage}}`)]).server,
  )
  expect(bodyOf((await sendRaw(port, chatCall)).bytes).toString()).toBe(`{${usage}}`)
  expect(await settledCalls(1)).toMatchObject([{ status: 200, known: true }])
})

// Node refuses to write these: a head that could not be written was once tried for ever, and no other call of the process went on.
const unwritable: [string, string][] = [
  ['a trailer announced beside a length', 'HTTP/1.1 200 OK\r\ntrailer: x-cost\r\ncontent-length: 2\r\n\r\n{}'],
  ['a control character in the reason', 'HTTP/1.1 200 O\x01K\r\ncontent-length: 2\r\n\r\n{}'],
]

test.each(unwritable)('%s: the answer passes without it, metered and unmetered', async (_, answer) => {
  const { port, settledCalls } = await world(rawUpstream(() => [answer]).server)
  for (const request of [chatCall, posting('/v1/images', '{}', 'connection: close\r\n')]) {
    const heard = (await sendRaw(port, request)).bytes.toString()
    expect(heard).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(heard).not.toContain('x-cost')
    expect(heard.endsWith('\r\n\r\n{}')).toBe(true)
  }
  expect(await settledCalls(1)).toMatchObject([{ status: 200, complete: true }])
})

test('an upstream that answers before the request is whole is heard, and the call is over', async () => {
  const refusal = '{"error":{"message":"too large"}}'
  const upstream = rawUpstream(
    () => [
      `HTTP/1.1 413 Too Large\r\ncontent-length: ${refusal.length}\r\nconnection: close\r\n\r\n${refusal}`,
      5,
      close,
    ],
    { early: true },
  )
  const { port, gateway, settledCalls } = await world(upstream.server, { mostBodyBytes: 10 })
  const body = `{"model":"${'x'.repeat(200_000)}`
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 90000000\r\n\r\n`
  const heard = await sendRaw(port, head + body, { isEnough: bytes => bytes.includes('too large') })
  expect(heard.bytes.toString()).toMatch(/^HTTP\/1.1 413 /)
  expect(await settledCalls(1)).toMatchObject([{ status: 413, outcome: 'failed' }])
  const before = performance.now()
  await gateway.close(5000)
  expect(performance.now() - before).toBeLessThan(1500)
})

test('an upstream that falls silent is given up after the gateway’s own time, before its answer and within it', async () => {
  let answer: Step[] = [10_000]
  const { port, settledCalls } = await world(rawUpstream(() => answer).server, { idleMs: 400 })
  expect((await sendRaw(port, chatCall)).bytes.toString()).toMatch(/^HTTP\/1.1 502 [\s\S]*no byte/)
  // As long as something comes it is no silence.
  answer = ['HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n', 150, '{', 150, '"a"', 150, ':1', 10_000]
  const heard = await sendRaw(port, chatCall)
  expect([heard.hasEnded, bodyOf(heard.bytes).toString()]).toEqual([true, '{"a":1'])
  expect(await settledCalls(2)).toMatchObject([
    { status: null, outcome: 'unknown' },
    { status: 200, outcome: 'unknown', known: false },
  ])
})

test('malformed streams pass as they are and are not counted', async () => {
  const malformed = [
    'data: {"oops\n\n',
    '\n\n\n',
    'event\r\r',
    ': only a comment',
    '\n',
    'data: [DON',
    'E',
    'data',
    '\u0000\u00ff',
  ]
  const { port, settledCalls } = await world(rawUpstream(() => [chunked(events, malformed)]).server)
  const call = posting(
    '/v1/chat/completions',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
    'connection: close\r\n',
  )
  const heard = unchunked(bodyOf((await sendRaw(port, call)).bytes))
  expect([heard.isWhole, heard.body.toString()]).toEqual([true, malformed.join('')])
  expect(await settledCalls(1)).toMatchObject([{ known: false, complete: false }])
})

test('compressed bodies that break off, are none, or are something else pass as they are; usage is unknown or what was read', async () => {
  const text = `{"id":"z","choices":[],${usage},"rest":"${randomBytes(3000).toString('hex')}"}`
  const packed = gzipSync(text)
  let answer: Buffer = packed
  let encoding = 'gzip'
  const { port, records } = await world(
    rawUpstream(() => [sized('application/json', answer, `content-encoding: ${encoding}\r\n`)]).server,
  )
  const cases: [string, Buffer, boolean][] = [
    ['gzip', packed, true],
    ['GZIP', packed, true],
    ['br', brotliCompressSync(text), true],
    ['gzip', packed.subarray(0, 60), false],
    ['gzip', packed.subarray(0, 1500), true],
    ['br', brotliCompressSync(text).subarray(0, 40), false],
    ['gzip', Buffer.from('no gzip at all'), false],
    ['br', Buffer.from(text), false],
    ['x-rot13', Buffer.from(text), false],
    ['gzip, br', packed, false],
    ['gzip', Buffer.alloc(0), false],
    ['gzip', Buffer.concat([packed.subarray(0, 700), randomBytes(800)]), false],
  ]
  for (const [name, bytes, isKnown] of cases) {
    answer = bytes
    encoding = name
    records.length = 0
    const heard = bodyOf((await sendRaw(port, chatCall)).bytes)
    expect(heard.equals(bytes)).toBe(true)
    expect(records[1], `${name} ${bytes.length}`).toMatchObject({ outcome: 'ok' })
    if (isKnown) expect(records[1]).toMatchObject({ known: true, usage: { input: 3, output: 5 } })
    else if (bytes.length < 100) expect(records[1]).toMatchObject({ known: false, complete: false })
  }
})

test('a decompression bomb reaches the client as the few bytes that it is, takes no memory, and is unknown', async () => {
  // 12 members of 16 MiB each: 192 MiB in 200 kB.
  const gzipBomb = Buffer.concat(Array(12).fill(gzipSync(Buffer.alloc(16 * 2 ** 20))))
  const brotliBomb = brotliCompressSync(Buffer.alloc(160 * 2 ** 20, ' '), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
  })
  let bomb: Buffer = gzipBomb
  let type = 'application/json'
  let encoding = 'gzip'
  const upstream = rawUpstream(() => [sized(type, bomb, `content-encoding: ${encoding}\r\n`)])
  const { port, records } = await world(upstream.server)
  for (const [kind, name, bytes] of [
    ['application/json', 'gzip', gzipBomb],
    [events, 'br', brotliBomb],
  ] as const) {
    type = kind
    encoding = name
    bomb = bytes
    records.length = 0
    let peak = 0
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss)
    }, 5)
    const before = process.memoryUsage().rss
    const heard = bodyOf((await sendRaw(port, streamCall, { forMs: 60_000 })).bytes)
    clearInterval(watch)
    expect(heard.equals(bytes)).toBe(true)
    expect((peak - before) / 2 ** 20).toBeLessThan(150)
    expect(records[1]).toMatchObject({ known: false, usage: unknownUsage })
  }
}, 60_000)

test('an event without end is not kept for ever: the stream goes on, unmetered', async () => {
  const piece = chunk(Buffer.alloc(2 ** 20, 'x'))
  const upstream = rawUpstream(function* () {
    yield `HTTP/1.1 200 OK\r\ncontent-type: ${events}\r\ntransfer-encoding: chunked\r\n\r\n`
    yield chunk('data: "')
    for (let i = 0; i < 36; i++) yield piece
    yield chunk('"\n\ndata: [DONE]\n\n')
    yield '0\r\n\r\n'
  })
  const { port, records } = await world(upstream.server)
  for (const asks of ['', ',"stream_options":{"include_usage":true}']) {
    records.length = 0
    const call = posting('/v1/chat/completions', `{"model":"m","stream":true${asks}}`, 'connection: close\r\n')
    const heard = unchunked(bodyOf((await sendRaw(port, call, { forMs: 30_000 })).bytes))
    expect([heard.isWhole, heard.body.length]).toEqual([true, 36 * 2 ** 20 + 'data: ""\n\ndata: [DONE]\n\n'.length])
    expect(records[1]).toMatchObject({ known: false, complete: false })
  }
}, 60_000)

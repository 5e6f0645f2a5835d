import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Opened, Settled } from '../core/meter/call-record.ts'
import { type Answer, closeAll, listening, until, world } from './world-for-test.ts'

afterEach(closeAll)

interface Got {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly isCut: boolean
}

function post(
  port: number,
  path: string,
  body: string | Buffer | null,
  {
    headers = {},
    method = 'POST',
    onData,
  }: { headers?: Record<string, string>; method?: string; onData?: (piece: Buffer) => void } = {},
): Promise<Got> {
  return new Promise((done, fail) => {
    const sent = ask({ host: '127.0.0.1', port, path, method, headers }, response => {
      const pieces: Buffer[] = []
      response.on('data', piece => {
        pieces.push(piece)
        onData?.(piece)
      })
      const end = (isCut: boolean) =>
        done({ status: response.statusCode!, rawHeaders: response.rawHeaders, body: Buffer.concat(pieces), isCut })
      response.on('end', () => end(false))
      response.on('error', () => end(true))
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

const sse =
  (events: readonly string[]): Answer =>
  (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'X-Odd-Case': 'kept' })
    for (const [i, event] of events.entries()) {
      setTimeout(() => (i === events.length - 1 ? response.end(event) : response.write(event)), i * 3)
    }
  }
const chat = [
  'data: {"id":"c1","choices":[{"delta":{"content":"Hi"}}]}\n\n',
  'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n',
  'data: [DONE]\n\n',
]

test('a stream passes byte for byte, and its record is settled before the terminal event reaches the client', async () => {
  let isSettled = false
  const { port, records } = await world(sse(chat), {}, async record => {
    if (record.kind !== 'settled') return
    await new Promise(done => setTimeout(done, 40))
    isSettled = true
  })
  let sawDoneUnsettled = false
  const body = '{"model":"gpt-5-mini","stream":true,"stream_options":{"include_usage":true},"messages":[]}'
  const got = await post(port, '/v1/chat/completions', body, {
    onData: piece => {
      if (piece.includes('[DONE]') && !isSettled) sawDoneUnsettled = true
    },
  })
  expect(got.body.toString()).toBe(chat.join(''))
  expect(got.rawHeaders).toContain('X-Odd-Case')
  expect(sawDoneUnsettled).toBe(false)
  expect(records.map(({ kind }) => kind)).toEqual(['opened', 'settled'])
  expect(records[0]).toMatchObject({ model: 'gpt-5-mini', stream: true, upstream: 'openai', wire: 'openai.chat' })
  expect(records[1]).toMatchObject({ key: 'k1', id: 'c1', status: 200, outcome: 'ok', known: true, complete: true })
})

test('opened is written before the upstream is asked; a body that is no stream waits with its last piece', async () => {
  const order: string[] = []
  const answer: Answer = (_request, _body, response) => {
    order.push('upstream')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"id":"r1","choices":[],')
    setTimeout(() => response.end('"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}'), 10)
  }
  const { port, records } = await world(answer, {}, async record => {
    await new Promise(done => setTimeout(done, 15))
    order.push(record.kind)
  })
  const got = await post(port, '/v1/chat/completions', '{"model":"m"}', {
    onData: piece => order.push(piece.includes('}') ? 'client whole' : 'client part'),
  })
  expect(got.body.toString()).toBe(
    '{"id":"r1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}',
  )
  expect(order.indexOf('opened')).toBeLessThan(order.indexOf('upstream'))
  expect(order.indexOf('settled')).toBeLessThan(order.indexOf('client whole'))
  expect((records[1] as Settled).usage.output).toBe(5)
})

test('an answer that comes at once with its end waits for its record as well, streamed or not', async () => {
  const answers = { stream: chat.join(''), body: '{"id":"r1","usage":{"prompt_tokens":3,"completion_tokens":5}}' }
  for (const [kind, text] of Object.entries(answers)) {
    let isSettled = false
    let isEarly = false
    const answer: Answer = (_request, _body, response) => {
      response.writeHead(200, { 'content-type': kind === 'stream' ? 'text/event-stream' : 'application/json' })
      response.end(text)
    }
    const { port } = await world(answer, {}, async record => {
      await new Promise(done => setTimeout(done, 30))
      isSettled = record.kind === 'settled'
    })
    const got = await post(port, '/v1/chat/completions', '{"model":"m","stream_options":{"include_usage":true}}', {
      onData: piece => {
        if (!isSettled && (piece.includes('[DONE]') || kind === 'body')) isEarly = true
      },
    })
    expect(got.body.toString()).toBe(text)
    expect(isEarly, kind).toBe(false)
  }
})

test('the head of a stream reaches the client before its first event', async () => {
  const { port } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    setTimeout(() => response.end(chat.join('')), 100)
  })
  const heard = await new Promise<number>(done => {
    const started = performance.now()
    const sent = ask({ host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST' }, response => {
      done(performance.now() - started)
      response.resume()
    })
    sent.end('{"model":"m","stream":true}')
  })
  expect(heard).toBeLessThan(95)
})

test('a body of 64 MiB passes whole and is metered', async () => {
  const row = `{"object":"embedding","index":0,"embedding":[${'0.0123456789,'.repeat(5000)}0]},`
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"object":"list","data":[')
    let left = 1000
    const more = () => {
      while (left-- > 0) if (!response.write(row)) return response.once('drain', more)
      return response.end('{}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}')
    }
    more()
  })
  let got = 0
  await new Promise<void>((done, fail) => {
    const sent = ask({ host: '127.0.0.1', port, path: '/v1/embeddings', method: 'POST' }, response => {
      response.on('data', (piece: Buffer) => {
        got += piece.length
      })
      response.on('end', done)
    })
    sent.on('error', fail)
    sent.end('{"model":"m","input":"x"}')
  })
  expect(got).toBe(25 + 1000 * row.length + 61)
  expect(records[1]).toMatchObject({ known: true, complete: true, usage: { input: 5 } })
})

test('where the client forgot to ask for usage it is asked for, and its event is left out again; all others keep their bytes', async () => {
  const { port, seen, records } = await world(sse(chat))
  const body = '{"model":"gpt-5-mini", "stream": true, "n": 12345678901234567890}'
  const got = await post(port, '/v1/chat/completions', body)
  expect(got.body.toString()).toBe(chat[0]! + chat[2]!)
  expect(seen[0]!.body.toString()).toBe(`${body.slice(0, -1)},"stream_options":{"include_usage":true}}`)
  expect(seen[0]!.request.headers['accept-encoding']).toBe('identity')
  expect(records[1]).toMatchObject({ known: true, complete: true })
})

test('an upstream that refuses to be asked is asked again as the client asked, once, and left alone from then on', async () => {
  const { port, seen, records } = await world((request, body, response) => {
    if (!body.includes('stream_options')) return sse([chat[0]!, chat[2]!])(request, body, response)
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"Unrecognized request argument supplied: stream_options"}}')
  })
  const body = '{"model":"m","stream":true}'
  for (let i = 0; i < 2; i++)
    expect((await post(port, '/v1/chat/completions', body)).body.toString()).toBe(chat[0]! + chat[2]!)
  expect(seen.map(one => one.body.includes('stream_options'))).toEqual([true, false, false])
  expect(records.map(({ kind }) => kind)).toEqual(['opened', 'settled', 'opened', 'settled'])
  expect(records[1]).toMatchObject({ known: false, complete: true, status: 200 })
})

test('five hundred calls at once are all at the upstream at once: none waits for the end of another', async () => {
  const waiting: ServerResponse[] = []
  const { port, gateway } = await world((_request, _body, response) => {
    waiting.push(response)
    if (waiting.length === 500) for (const one of waiting) one.end('{}')
  })
  const calls = Array.from({ length: 500 }, () => post(port, '/v1/chat/completions', '{"model":"m"}'))
  expect(new Set((await Promise.all(calls)).map(({ body }) => body.toString()))).toEqual(new Set(['{}']))
  expect(gateway.counters.settled).toBe(500)
})

test('of an error only the code is kept: its words may repeat the prompt, or a key', async () => {
  // As vLLM answers a request whose types are wrong, and OpenAI one with a wrong key.
  const words = `[{'type': 'string_type', 'loc': ('body', 'messages', 0), 'input': 'my secret prompt'}] sk-proj-abcd`
  const { port, records } = await world((request, _body, response) => {
    const code = request.url!.startsWith('/base') ? words : 'invalid_api_key'
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: words, type: 'invalid_request_error', code } }))
  })
  await post(port, '/v1/chat/completions', '{"model":"m"}')
  await post(port, '/to/together/v1/chat/completions', '{"model":"m"}')
  expect(records.filter(({ kind }) => kind === 'settled')).toMatchObject([
    { error: 'invalid_api_key', outcome: 'failed' },
    { error: 'unnamed', outcome: 'failed' },
  ])
  expect(JSON.stringify(records)).not.toMatch(/secret prompt|sk-proj/)
})

test('any other 400 reaches the client as it is, and is counted by its status', async () => {
  const { port, records, gateway } = await world((_request, _body, response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"no such model"}}')
  })
  const got = await post(port, '/v1/chat/completions', '{"model":"m","stream":true}')
  expect([got.status, got.body.toString()]).toEqual([400, '{"error":{"message":"no such model"}}'])
  expect(records[1]).toMatchObject({ status: 400, outcome: 'failed' })
  expect([...gateway.counters.answers]).toEqual([['400 openai', 1]])
})

test('compressed answers reach the client compressed, and are read all the same', async () => {
  const packed = gzipSync('{"id":"z","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}')
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    response.end(packed)
  })
  const got = await post(port, '/v1/chat/completions', '{"model":"m"}', { headers: { 'accept-encoding': 'gzip' } })
  expect(got.body.equals(packed)).toBe(true)
  expect((records[1] as Settled).usage.output).toBe(9)
})

test('attribution comes from headers, then the body, then rules, and its headers are never forwarded', async () => {
  const answer: Answer = (_request, _body, response) => response.end('{"total":1}')
  const rules = [{ when: { model: 'gpt-*' }, set: { feature: 'by rule', team: 'core' } }]
  const { port, seen, records } = await world(answer, { rules })
  await post(port, '/v1/chat/completions', '{"model":"gpt-5","user":"u1","metadata":{"feature":"body","ticket":"7"}}', {
    headers: { 'x-crossline-feature': 'search', 'x-crossline-tags': 'a=1,b=2', authorization: 'Bearer sk-secret' },
  })
  expect(records[0]).toMatchObject({
    attribution: { feature: 'search', user: 'u1', team: 'core', environment: null },
    tags: { ticket: '7', a: '1', b: '2' },
  })
  expect(Object.keys(seen[0]!.request.headers).filter(name => name.startsWith('x-crossline'))).toEqual([])
  expect(seen[0]!.request.headers.authorization).toBe('Bearer sk-secret')
  expect(JSON.stringify(records)).not.toContain('sk-secret')
})

test('a request nested deeper than any program writes passes as it is, without a fingerprint', async () => {
  const { port, seen, records } = await world((_request, _body, response) => response.end('{}'))
  const body = `{"model":"m","messages":[{"content":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}`
  expect((await post(port, '/v1/chat/completions', body)).status).toBe(200)
  expect(seen[0]!.body.toString()).toBe(body)
  expect(records[0]).toMatchObject({ kind: 'opened', model: 'm', prefix: null, request: null })
})

test('mounts keep the path and the base of their upstream; bare paths go by their rules; what is no wire passes unmetered', async () => {
  const { port, seen, records, gateway } = await world((request, _body, response) => response.end(request.url), {
    routes: { 'meta-llama/*': 'together' },
  })
  const at = async (path: string, body: string | null = null, headers = {}, method = body === null ? 'GET' : 'POST') =>
    (await post(port, path, body, { headers, method })).body.toString()
  expect(await at('/to/together/v1/models?limit=2')).toBe('/base/v1/models?limit=2')
  expect(await at('/v1/chat/completions', '{"model":"meta-llama/Llama-3.3-70B"}')).toBe('/base/v1/chat/completions')
  expect(await at('/v1/chat/completions', '{"model":"gpt-5"}')).toBe('/v1/chat/completions')
  expect(await at('/v1/messages/count_tokens', '{}')).toBe('/v1/messages/count_tokens')
  expect(await at('/v1/complete', '{}', { 'anthropic-version': '2023-06-01' })).toBe('/v1/complete')
  expect((await post(port, '/to/nobody/v1/x', null, { method: 'GET' })).status).toBe(404)
  expect((await post(port, '/metrics', null, { method: 'GET' })).status).toBe(418)
  expect(records.filter(({ kind }) => kind === 'opened').map(one => (one as Opened).upstream)).toEqual([
    'together',
    'openai',
  ])
  expect([...gateway.counters.unmetered.keys()].sort()).toEqual([
    'anthropic POST /v1/complete',
    'anthropic POST /v1/messages/count_tokens',
    'together GET /base/v1/models',
  ])
  expect(seen).toHaveLength(5)
})

test('bare paths of a family go where the settings say that they go', async () => {
  const { port, records } = await world((request, _body, response) => response.end(request.url), {
    defaults: { openai: 'together', anthropic: 'openai' },
    routes: { 'gpt-*': 'openai' },
  })
  const at = async (path: string, model: string) => (await post(port, path, JSON.stringify({ model }))).body.toString()
  expect(await at('/v1/chat/completions', 'llama')).toBe('/base/v1/chat/completions')
  expect(await at('/v1/chat/completions', 'gpt-5')).toBe('/v1/chat/completions')
  expect(await at('/v1/messages', 'claude')).toBe('/v1/messages')
  const upstreams = records.flatMap(one => (one.kind === 'opened' ? [one.upstream] : []))
  expect(upstreams).toEqual(['together', 'openai', 'openai'])
})

test('a connection that the upstream cuts is cut for the client too, and what was read is kept', async () => {
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chat[0]!)
    response.write('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n')
    setTimeout(() => response.destroy(), 20)
  })
  const got = await post(
    port,
    '/v1/chat/completions',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
  )
  expect(got.isCut).toBe(true)
  await until(() => records.length === 2)
  expect(records[1]).toMatchObject({ outcome: 'unknown', complete: false, known: true })
})

test('of a stream that is cut before its usage about as many tokens are told as events came, beside the unknown', async () => {
  const word = 'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":" word"}}]}\n\n'
  const { port, records } = await world((_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let i = 0; i < 40; i++) setTimeout(() => response.write(word), i)
    setTimeout(() => response.destroy(), 90)
  })
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x'.repeat(347) }] })
  await post(port, '/v1/chat/completions', body)
  await until(() => records.length === 2)
  expect(records[0]).toMatchObject({ promptEstimate: Math.ceil(body.length / 4) })
  expect(records[1]).toMatchObject({ outcome: 'unknown', known: false, estimated: false, answerEstimate: 40 })
})

test('an upstream that is not there is answered in the provider’s own shape, and counted as no answer', async () => {
  const { port, records, gateway } = await world(() => {}, {
    upstreams: { openai: { url: 'http://127.0.0.1:1' }, anthropic: { url: 'http://127.0.0.1:1' } },
  })
  const openai = await post(port, '/v1/chat/completions', '{"model":"m"}')
  expect([openai.status, JSON.parse(openai.body.toString()).error.code]).toEqual([502, 'UPSTREAM_FAILED'])
  const anthropic = await post(port, '/v1/messages', '{"model":"m"}')
  expect(JSON.parse(anthropic.body.toString())).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  expect(records.map(({ kind }) => kind)).toEqual(['opened', 'settled', 'opened', 'settled'])
  expect([...gateway.counters.answers]).toEqual([
    ['none openai', 1],
    ['none anthropic', 1],
  ])
})

test('a client that leaves does not end the meter: the upstream is read on, under a cap', async () => {
  const answer: Answer = (_request, _body, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chat[0]!)
    setTimeout(() => response.end(chat[1]! + chat[2]!), 60)
  }
  const { port, records } = await world(answer)
  await new Promise<void>(done => {
    const sent = ask({ host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST' }, response => {
      response.once('data', () => {
        sent.destroy()
        done()
      })
      response.on('error', () => {})
    })
    sent.on('error', () => {})
    sent.end('{"model":"m","stream":true,"stream_options":{"include_usage":true}}')
  })
  await until(() => records.length === 2)
  expect(records[1]).toMatchObject({ known: true, complete: true, outcome: 'ok' })
})

test('while no record can be written traffic flows on and the loss is counted, or nothing passes', async () => {
  const broken = async () => {
    throw new Error('disk full')
  }
  const answer: Answer = (_request, _body, response) => response.end('{"total":1}')
  const passing = await world(answer, {}, broken)
  expect((await post(passing.port, '/v1/chat/completions', '{"model":"m"}')).status).toBe(200)
  expect(passing.gateway.counters.lost).toBe(1)
  const rejecting = await world(answer, { onMeterFailure: 'reject' }, broken)
  expect((await post(rejecting.port, '/v1/chat/completions', '{"model":"m"}')).status).toBe(503)
  expect(rejecting.seen).toHaveLength(0)
})

test('bodies longer than are read pass as they are, and so do chunked ones', async () => {
  const { port, seen, records } = await world((_request, body, response) => response.end(String(body.length)), {
    mostBodyBytes: 1000,
  })
  const large = Buffer.alloc(3_000_000, 'x')
  expect((await post(port, '/v1/chat/completions', large)).body.toString()).toBe('3000000')
  expect(
    (await post(port, '/v1/chat/completions', large, { headers: { 'transfer-encoding': 'chunked' } })).body.toString(),
  ).toBe('3000000')
  expect(seen.every(({ body }) => body.equals(large))).toBe(true)
  expect(records[0]).toMatchObject({ model: null, prefix: null })
})

test('a request to upgrade is joined to the upstream’s socket, both ways', async () => {
  const upstream = createServer()
  upstream.on('upgrade', (request, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n${request.url}`)
    socket.on('data', (piece: Buffer) => socket.write(`echo ${piece}`))
    socket.on('error', () => {})
  })
  const upstreamPort = await listening(upstream)
  const { port } = await world(() => {}, { upstreams: { live: { url: `http://127.0.0.1:${upstreamPort}` } } })
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
})

test('a mount whose name is no text is no upstream, asked or upgraded', async () => {
  const { port, gateway } = await world(() => {})
  expect((await post(port, '/to/%ZZ/v1/models', null, { method: 'GET' })).status).toBe(404)
  const asked = { url: '/to/%ZZ/v1/realtime', method: 'GET', headers: {} } as IncomingMessage
  expect(gateway.upgrade(asked, new PassThrough(), Buffer.alloc(0))).toBe(false)
})

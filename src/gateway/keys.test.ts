import { connect } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import type { Opened } from '../core/meter/call-record.ts'
import { hashOf, newSecret } from './key-secret.ts'
import { admit, type Key, type Keys } from './keys.ts'
import { upstreamsOf } from './upstreams.ts'
import { type Answer, closeAll, world } from './world-for-test.ts'

afterEach(closeAll)

const secret = newSecret()
const keyed = (stated: Partial<Key> = {}): Keys => {
  const key: Key = {
    id: 'bot-1a2b3c',
    name: 'bot',
    attribution: {},
    tags: {},
    upstreams: null,
    expiresAt: null,
    revokedAt: null,
    ...stated,
  }
  return { find: hash => (hash === hashOf(secret) ? key : null) }
}
const ok: Answer = (_request, _body, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"id":"x","choices":[],"content":[],"candidates":[]}')
}
/** Upstreams with a credential each, as `serve` fills them in from its environment. */
const settingsAt = (port: number) => {
  const url = `http://127.0.0.1:${port}`
  return {
    openai: { url, credential: { authorization: 'Bearer sk-real' } },
    anthropic: { url, credential: { 'x-api-key': 'sk-ant-real' } },
    gemini: { url, provider: 'google', family: 'gemini' as const, credential: { 'x-goog-api-key': 'AIza-real' } },
    own: { url, headers: { 'X-Api-Key': 'stated' } },
  }
}
const messages = [{ role: 'user' as const, content: 'hi' }]

async function keyedWorld(
  keys: Keys,
  settings: Parameters<typeof world>[1] = {},
  more: Parameters<typeof world>[3] = {},
) {
  const seen: { url: string; rawHeaders: string[] }[] = []
  const upstream = await world((request, body, response) => {
    seen.push({ url: request.url!, rawHeaders: request.rawHeaders })
    ok(request, body, response)
  })
  const made = await world(ok, { upstreams: settingsAt(upstream.upstreamPort), ...settings }, undefined, {
    keys,
    ...more,
  })
  const { port } = made
  const base = { apiKey: secret, maxRetries: 0 }
  return {
    ...made,
    seen,
    openai: (more: object = {}) => new OpenAI({ ...base, baseURL: `http://127.0.0.1:${port}/v1`, ...more }),
    anthropic: (more: object = {}) => new Anthropic({ ...base, baseURL: `http://127.0.0.1:${port}`, ...more }),
    gemini: (apiKey = secret) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: `http://127.0.0.1:${port}` } }),
  }
}
const headersOf = (raw: readonly string[]) =>
  Object.fromEntries(raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]!]] : [])))

test('a key in the place of the API key of each official client becomes the upstream’s own credential', async () => {
  const { seen, openai, anthropic, gemini, records } = await keyedWorld(
    keyed({ attribution: { team: 'care' }, tags: { tier: 'gold' } }),
  )
  await openai().chat.completions.create({ model: 'gpt-5', messages })
  await anthropic().messages.create({ model: 'claude-sonnet-4-6', max_tokens: 5, messages })
  await gemini().models.generateContent({ model: 'gemini-2.5-flash', contents: 'hi' })
  expect(JSON.stringify(seen)).not.toContain(secret)
  expect(headersOf(seen[0]!.rawHeaders)).toMatchObject({ authorization: 'Bearer sk-real' })
  expect(headersOf(seen[1]!.rawHeaders)).toMatchObject({ 'x-api-key': 'sk-ant-real' })
  expect(headersOf(seen[2]!.rawHeaders)).toMatchObject({ 'x-goog-api-key': 'AIza-real' })
  const opened = records.filter((one): one is Opened => one.kind === 'opened')
  expect(opened).toHaveLength(3)
  for (const { attribution, tags } of opened) {
    expect(attribution.team).toBe('care')
    expect(tags).toEqual({ tier: 'gold', key: 'bot-1a2b3c' })
  }
  expect(JSON.stringify(records)).not.toContain(secret)
})

test('what a key states binds; the rest is said by headers, then the body, then rules', async () => {
  const rules = [{ when: { path: '*' }, set: { workload: 'ruled', environment: 'ruled' } }]
  const { openai, records } = await keyedWorld(
    keyed({ attribution: { workload: 'support' }, tags: { tier: 'gold' } }),
    { rules },
  )
  const client = openai({
    defaultHeaders: {
      'x-crossline-workload': 'elsewhere',
      'x-crossline-feature': 'search',
      'x-crossline-tags': 'key=other,tier=lead,lang=de',
    },
  })
  await client.chat.completions.create({ model: 'gpt-5', messages, metadata: { feature: 'body', team: 'body' } })
  const { attribution, tags } = records[0] as Opened
  expect(attribution).toMatchObject({
    workload: 'support',
    feature: 'search',
    team: 'body',
    environment: 'ruled',
    user: null,
  })
  expect(tags).toEqual({ key: 'bot-1a2b3c', tier: 'gold', lang: 'de' })
})

test('nobody says of themselves that they used a key', async () => {
  const { openai, records } = await keyedWorld(keyed())
  const client = openai({ apiKey: 'sk-own', defaultHeaders: { 'x-crossline-tags': 'key=bot-1a2b3c,lang=de' } })
  await client.chat.completions.create({ model: 'gpt-5', messages, metadata: { key: 'bot-1a2b3c' } })
  expect((records[0] as Opened).tags).toEqual({ lang: 'de' })
})

test('the client’s own key passes as it is, also beside a Crossline key that says whose the call is', async () => {
  const { openai, seen, records } = await keyedWorld(keyed({ attribution: { team: 'care' } }), { keys: 'required' })
  const client = openai({ apiKey: 'sk-own', defaultHeaders: { 'x-crossline-key': secret } })
  await client.chat.completions.create({ model: 'gpt-5', messages })
  expect(headersOf(seen[0]!.rawHeaders)).toMatchObject({ authorization: 'Bearer sk-own' })
  expect(headersOf(seen[0]!.rawHeaders)).not.toHaveProperty('x-crossline-key')
  expect((records[0] as Opened).attribution.team).toBe('care')
  await expect(
    openai({ apiKey: 'sk-own' }).chat.completions.create({ model: 'gpt-5', messages }),
  ).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  expect(seen).toHaveLength(1)
})

const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
test.each([
  ['unknown', { key: newSecret() }, {}],
  ['mistyped', { key: `${secret.slice(0, -1)}_` }, {}],
  ['revoked', {}, { revokedAt: hourAgo }],
  ['expired', {}, { expiresAt: hourAgo }],
])('a key that is %s is an authentication error to the official clients, and nothing reaches the provider', async (_, {
  key = secret,
}: { key?: string }, stated) => {
  const { openai, anthropic, gemini, seen, records, gateway } = await keyedWorld(keyed(stated))
  const refused = await openai({ apiKey: key, maxRetries: 2 })
    .chat.completions.create({ model: 'gpt-5', messages })
    .catch(thrown => thrown)
  expect(refused).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(refused).toMatchObject({ status: 401, code: 'invalid_api_key' })
  const other = await anthropic({ apiKey: key })
    .messages.create({ model: 'claude-sonnet-4-6', max_tokens: 5, messages })
    .catch(thrown => thrown)
  expect(other).toBeInstanceOf(Anthropic.AuthenticationError)
  expect(other).toMatchObject({ status: 401, type: 'authentication_error' })
  const third = await gemini(key)
    .models.generateContent({ model: 'gemini-2.5-flash', contents: 'hi' })
    .catch(thrown => thrown)
  expect(third).toBeInstanceOf(ApiError)
  expect(third).toMatchObject({ status: 401, message: expect.stringContaining('UNAUTHENTICATED') })
  expect([seen, records]).toEqual([[], []])
  expect(JSON.stringify([refused.message, other.message, third.message])).not.toContain(key)
  expect([...gateway.counters.refused.values()]).toEqual([3])
})

test('a page of another place spends no credential that is configured here; with its own it may ask', async () => {
  const { port, seen } = await keyedWorld(keyed())
  const ask = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}/to/own/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}', headers })
  const foreign = { origin: 'http://elsewhere.example', 'content-type': 'text/plain' }
  const refused = await ask(foreign)
  expect([refused.status, (await refused.json()).error.code, seen.length]).toEqual([403, 'ORIGIN_REFUSED', 0])
  expect((await ask({ ...foreign, authorization: 'Bearer sk-own' })).status).toBe(200)
  expect((await ask({ ...foreign, authorization: `Bearer ${secret}` })).status).toBe(200)
  expect((await ask({ origin: `http://127.0.0.1:${port}` })).status).toBe(200)
  expect((await ask({})).status).toBe(200)
})

test('a key for other upstreams is refused as such, wherever the model leads', async () => {
  const { openai, anthropic, seen } = await keyedWorld(keyed({ upstreams: ['own'] }), { routes: { 'own-*': 'own' } })
  await expect(
    anthropic().messages.create({ model: 'claude-sonnet-4-6', max_tokens: 5, messages }),
  ).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError)
  await expect(openai().chat.completions.create({ model: 'gpt-5', messages })).rejects.toBeInstanceOf(
    OpenAI.PermissionDeniedError,
  )
  expect(seen).toEqual([])
  await openai().chat.completions.create({ model: 'own-1', messages })
  expect(headersOf(seen[0]!.rawHeaders)).toMatchObject({ 'x-api-key': 'stated' })
})

test('wherever a key stands, however often and however written, the upstream never sees it', () => {
  const name = fc
    .constantFrom('authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'x-crossline-key')
    .chain(text =>
      fc.constantFrom(
        text,
        text.toUpperCase(),
        text.replace(/\b\w/g, letter => letter.toUpperCase()),
      ),
    )
  const value = fc.constantFrom(
    secret,
    `Bearer ${secret}`,
    `bearer   ${secret}`,
    `Token ${secret}`,
    `${secret.slice(0, 20)}`,
    'sk-own',
  )
  const protocol = fc.constantFrom('realtime', `openai-insecure-api-key.${secret}`)
  const pair = fc.oneof(
    fc.tuple(name, value),
    fc.tuple(fc.constantFrom('user-agent', 'accept'), fc.constant('x')),
    fc.tuple(
      fc.constant('sec-websocket-protocol'),
      fc.array(protocol, { minLength: 1 }).map(all => all.join(', ')),
    ),
  )
  const query = fc.constantFrom(
    '',
    '?alt=sse',
    `?key=${secret}`,
    `?alt=sse&key=${secret}&x=1`,
    `?k%65y=${secret}`,
    '?key=AIza',
  )
  const upstream = upstreamsOf(settingsAt(1)).get('gemini')!
  fc.assert(
    fc.property(fc.array(pair), query, (pairs, query) => {
      const passed = admit(
        { rawHeaders: pairs.flat() },
        { upstream, path: `/v1beta/models/m:generateContent${query}` },
        keyed(),
        false,
        0,
      )
      if ('code' in passed) return
      // What follows drops headers of the gateway's own (x-crossline-…).
      const kept = passed.rawHeaders.filter(
        (_, i) => !passed.rawHeaders[i - (i % 2)]!.toLowerCase().startsWith('x-crossline-'),
      )
      expect(`${kept.join(' ')} ${passed.path}`).not.toContain(secret.slice(0, 20))
      if (query.includes('alt=sse')) expect(passed.path).toContain('alt=sse')
    }),
    { numRuns: 2000 },
  )
})

test('a WebSocket is let through with the upstream’s credential, or refused before anything is opened', async () => {
  const heard: string[] = []
  const { port } = await keyedWorld(keyed(), { keys: 'required', upstreams: settingsAt(await raw(heard)) })
  const ask = (headers: string) =>
    new Promise<string>(done => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${headers}\r\n\r\n`,
        ),
      )
      let text = ''
      socket.on('data', piece => {
        text += piece.toString()
      })
      socket.on('close', () => done(text))
    })
  expect(await ask('x-a: b')).toMatch(/^HTTP\/1\.1 401 /)
  expect(heard).toEqual([])
  expect(await ask(`sec-websocket-protocol: realtime, openai-insecure-api-key.${secret}`)).toMatch(/^HTTP\/1\.1 101 /)
  expect(heard.join('')).toContain('authorization: Bearer sk-real')
  expect(heard.join('')).not.toContain(secret)
})

async function raw(heard: string[]): Promise<number> {
  const { createServer } = await import('node:net')
  const { opened } = await import('./world-for-test.ts')
  const server = createServer(socket => {
    socket.on('data', piece => {
      heard.push(piece.toString())
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
    })
    socket.on('error', () => {})
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  opened.push(() => new Promise(done => server.close(done)))
  return (server.address() as { port: number }).port
}

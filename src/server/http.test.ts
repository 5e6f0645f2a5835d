import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import { appOf } from './app-for-test.ts'
import { runRemotely } from './client.ts'
import { type LedgerServer, serveLedger } from './ledger-server.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let folder: string
let workplace: Workplace
let app: Hono
let server: LedgerServer

const echo: Operation<{ text: string; n?: number; list?: string[] }, object> = {
  name: 'echo',
  method: 'GET',
  summary: 'what came in',
  takesFile: false,
  params: z.strictObject({ text: z.string(), n: z.number().optional(), list: z.array(z.string()).optional() }) as never,
  run: async (_, params, io) => {
    io.progress('half way')
    if (params.text === 'fail') throw new Fault('ECHO', 'no echo', { where: 'here', fix: 'shout', kind: 'no' })
    return params
  },
}

const measure: Operation<object, { bytes: number; name: string }> = {
  name: 'measure',
  method: 'POST',
  summary: 'length of a file',
  takesFile: true,
  params: z.strictObject({}),
  run: async (_, __, { file }) => {
    const { statSync } = await import('node:fs')
    return { bytes: statSync(file!.path).size, name: file!.name }
  },
}

const table = [...operations, echo, measure] as unknown as readonly Operation<never, unknown>[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-http-'))
  workplace = openWorkplace({ dataDir: folder })
  app = appOf(workplace, table)
  server = await serveLedger({ workplace, operations: table, version: '0', hosts: ['127.0.0.1'], say: () => {} })
  server.ready()
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string, init: RequestInit = {}) =>
  app.request(`http://localhost${path}`, { ...init, headers: { host: 'localhost', ...init.headers } })

test.each(['evil.example', '127.0.0.1.evil.example', '10.0.0.1:4141'])('a Host header of %s is refused', async host => {
  const response = await at('/healthz', { headers: { host } })
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ error: { code: 'HOST_REFUSED' } })
})

test('a page of another origin cannot post, and no answer invites it to read', async () => {
  const response = await at('/api/sample/drop', { method: 'POST', headers: { origin: 'http://evil.example' } })
  expect(response.status).toBe(403)
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
})

test('every answer forbids scripts and frames from elsewhere', async () => {
  const policy = (await at('/healthz')).headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('unsafe')
})

test('a query is read by what each parameter is', async () => {
  expect(await (await at('/api/echo?text=12&n=12&list=a,b')).json()).toEqual({ text: '12', n: 12, list: ['a', 'b'] })
})

test.each([
  ['/api/echo?txt=a', 400, 'PARAMETER_UNKNOWN', 'did you mean "text"?'],
  ['/api/echo?text=a&n=x', 400, 'PARAMETER_WRONG', 'correct the value'],
  ['/api/echo?text=fail', 422, 'ECHO', 'shout'],
  ['/api/reprot', 404, 'NOT_FOUND', 'did you mean /api/report?'],
  ['/api/sample/drop', 405, 'NOT_FOUND', 'use POST'],
  ['/../package.json', 404, 'NOT_FOUND', 'open /'],
])('GET %s says %d %s', async (path, status, code, fix) => {
  const response = await at(path)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ error: { code, fix } })
})

test('progress and result come as lines to who asks for lines', async () => {
  const response = await at('/api/echo?text=a', { headers: { accept: 'application/x-ndjson' } })
  expect(
    (await response.text())
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toEqual([{ progress: 'half way' }, { result: { text: 'a' } }])
})

test('the OpenAPI document lists every operation with its parameters', async () => {
  const document = await (await at('/openapi.json')).json()
  expect(document.openapi).toBe('3.1.0')
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/api/report', '/api/import', '/api/evidence', '/api/crossover', '/api/sample/drop']),
  )
  const names = document.paths['/api/crossover'].get.parameters.map((parameter: { name: string }) => parameter.name)
  expect(names).toEqual(expect.arrayContaining(['asModel', 'gpus', 'term', 'tokensPerMonth']))
  expect(document.paths['/api/import'].post.requestBody.content).toHaveProperty(['application/octet-stream'])
})

test('an operation on a server gives what it gives here, its progress and its fault included', async () => {
  const progress: string[] = []
  const io = { file: null, progress: (text: string) => progress.push(text), note: () => {} }
  const params = { text: 'a&b=c', n: 2, list: ['x', 'y,z'] }
  expect(await runRemotely(server.url, echo, params, io)).toEqual(params)
  expect(progress).toEqual(['half way'])
  await expect(runRemotely(server.url, echo, { text: 'fail' }, io)).rejects.toMatchObject({
    code: 'ECHO',
    where: 'here',
    fix: 'shout',
    kind: 'no',
  })
})

test('a file is streamed to the server whole, under its name, and nothing of it stays', async () => {
  const path = join(folder, 'big.bin')
  const bytes = 5_000_001
  writeFileSync(path, Buffer.alloc(bytes, 7))
  const io = { file: { path, name: 'größe & so.csv' }, progress: () => {}, note: () => {} }
  expect(await runRemotely(server.url, measure, {}, io)).toEqual({ bytes, name: 'größe & so.csv' })
  expect(readdirSync(join(folder, 'uploads'))).toEqual([])
})

test('a body of parameters that has no end is given up on after 1 MiB', async () => {
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      sent += 65_536
      controller.enqueue(new Uint8Array(65_536).fill(32))
    },
  })
  const init = { method: 'POST', body: endless, duplex: 'half', headers: { host: 'localhost' } }
  const response = await app.request('/api/reprice', init as RequestInit)
  expect(response.status).toBe(413)
  expect((await response.json()).error).toMatchObject({ code: 'BODY_TOO_LONG' })
  expect(sent).toBeLessThan(2 * 1024 * 1024)
})

test('an upload that breaks off is no import, and nothing of it stays', async () => {
  const { request } = await import('node:http')
  const before = (await (await workplace.ledger()).sources()).length
  await new Promise<void>(done => {
    const sent = request(`${server.url}/api/import?fileName=cut.csv`, { method: 'POST' })
    sent.on('error', () => done())
    sent.write('TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,10,1\n', () =>
      setTimeout(() => sent.destroy(new Error('cut')), 100),
    )
  })
  await expect.poll(() => readdirSync(join(folder, 'uploads'))).toEqual([])
  expect((await (await workplace.ledger()).sources()).length).toBe(before)
})

test('a server that is gone is an outside failure', async () => {
  const io = { file: null, progress: () => {}, note: () => {} }
  await expect(runRemotely('http://127.0.0.1:9', echo, { text: 'a' }, io)).rejects.toMatchObject({
    code: 'SERVER_LOST',
    kind: 'outside',
  })
})

// Requests on a socket → operations, the page, the probes; only for those who address this host by its own name.
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import { Fault, type FaultKind, faultJson, nearestName } from '../core/fault/fault.ts'
import { openApi } from './openapi.ts'
import { type Operation, type OperationIo, pathOf } from './operation.ts'
import { pageFile } from './page-files.ts'
import { checkParams, paramsOfQuery } from './parameters.ts'
import { tracesHandler } from './traces.ts'
import type { Workplace } from './workplace.ts'

export interface HttpOptions {
  readonly workplace: Workplace
  readonly operations: readonly Operation<never, unknown>[]
  readonly version: string
  /** Names under which this server may be addressed: `localhost`, `127.0.0.1`, the host it was bound to. */
  readonly hosts: readonly string[]
  readonly isReady: () => boolean
  /** Resolves once the ledger is open and has what it starts with: operations wait for it. */
  readonly opened: Promise<void>
  /** Takes what has come until now: an answer is of all calls that had ended when it was asked for. */
  readonly caughtUp?: () => Promise<unknown>
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The whole HTTP face; `app.request()` drives it in tests. */
export function httpApp(options: HttpOptions): Hono {
  const { operations } = options
  const app = new Hono()

  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(securityHeaders)) c.header(name, value)
    // A page elsewhere may point its own name at this address (DNS rebinding), or post here blindly: both are refused.
    const host = hostOf(c.req.header('host') ?? new URL(c.req.url).host)
    if (!options.hosts.includes(host)) {
      throw new Fault('HOST_REFUSED', `this server does not answer to "${host}"`, { fix: `use ${options.hosts[0]}` })
    }
    const origin = c.req.header('origin')
    if (c.req.method !== 'GET' && origin !== undefined && origin !== `http://${c.req.header('host')}`) {
      throw new Fault('ORIGIN_REFUSED', `requests from pages of ${origin} are refused`, {
        fix: 'use the page served here',
      })
    }
    await next()
  })

  app.onError((thrown, c) => {
    const { code } = faultJson(thrown).error
    if (code === 'INTERNAL') process.stderr.write(`crossline: ${c.req.method} ${c.req.path}: ${thrown.stack}\n`)
    return c.json(errorJson(thrown), statusOf(thrown))
  })

  app.get('/healthz', c => c.json({ status: 'ok', pid: process.pid }))
  app.get('/readyz', c => (options.isReady() ? c.json({ status: 'ready' }) : c.json({ status: 'starting' }, 503)))
  app.get('/openapi.json', c => c.json(openApi(operations, options.version)))
  for (const operation of operations) {
    app.on(operation.method, pathOf(operation), c => answer(c, operation, options))
  }
  app.post('/v1/traces', tracesHandler(options))
  app.all('/v1/traces', c => c.json(errorJson(notFound(c, 'use POST')), 405, { allow: 'POST' }))
  app.all('/api/*', c => {
    const same = operations.find(operation => pathOf(operation) === c.req.path)
    const near = nearestName(c.req.path, operations.map(pathOf))
    const fix = same ? `use ${same.method}` : near === null ? 'see /openapi.json' : `did you mean ${near}?`
    return c.json(errorJson(notFound(c, fix)), same ? 405 : 404)
  })
  app.get('*', c => {
    const file = pageFile(c.req.path)
    if (file === null) {
      const fault = new Fault('NOT_FOUND', `there is nothing at ${c.req.path}`, { fix: 'open /' })
      return c.json(errorJson(fault), 404)
    }
    const headers = { 'content-type': file.type, etag: file.etag, 'cache-control': 'no-cache' }
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, headers)
    return c.body(file.contents as Uint8Array<ArrayBuffer>, 200, headers)
  })
  return app
}

const notFound = (c: Context, fix: string): Fault =>
  new Fault('NOT_FOUND', `there is no ${c.req.method} ${c.req.path}`, { fix })

/** Runs one operation for one request: as JSON, or as NDJSON with progress for who accepts that. */
async function answer(c: Context, operation: Operation<never, unknown>, options: HttpOptions): Promise<Response> {
  const { workplace, opened, caughtUp } = options
  const where = `${operation.method} ${pathOf(operation)}`
  const query = new URL(c.req.url).searchParams
  const fileName = query.get('fileName') ?? 'upload'
  if (operation.takesFile) query.delete('fileName')
  const raw =
    operation.method === 'GET' || operation.takesFile ? paramsOfQuery(operation.params, query) : await bodyOf(c, where)
  const params = checkParams(operation.params, raw, where)
  const upload = operation.takesFile ? await receive(c, workplace.dataDir) : null
  const file = upload === null ? null : { path: upload, name: fileName }
  const done = async () => {
    if (upload !== null) await rm(upload, { force: true })
  }
  const run = async (io: OperationIo) => {
    if (!options.isReady()) io.progress('opening the ledger…')
    await opened
    await caughtUp?.()
    const work = () => operation.run(workplace, params as never, io)
    return operation.method === 'POST' ? workplace.exclusively(work) : work()
  }
  if (!c.req.header('accept')?.includes('application/x-ndjson')) {
    try {
      return c.json((await run({ file, progress: () => {}, note: () => {} })) as object)
    } finally {
      await done()
    }
  }
  c.header('content-type', 'application/x-ndjson')
  return stream(c, async out => {
    const send = (line: object) => void out.write(`${JSON.stringify(line)}\n`)
    try {
      const result = await run({ file, progress: text => send({ progress: text }), note: text => send({ note: text }) })
      await out.write(`${JSON.stringify({ result })}\n`)
    } catch (thrown) {
      await out.write(`${JSON.stringify(errorJson(thrown))}\n`)
    } finally {
      await done()
    }
  })
}

async function bodyOf(c: Context, where: string): Promise<unknown> {
  const text = await textOf(c, where)
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new Fault('NOT_JSON', 'the body is not JSON', { where, fix: 'send a JSON object' })
  }
}

/** Parameters are small; a body that is not is given up on before it fills the memory. */
const longestBody = 1024 * 1024

async function textOf(c: Context, where: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes > longestBody) {
      throw new Fault('BODY_TOO_LONG', 'the body is longer than 1 MiB', { where, fix: 'send parameters only' })
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Streams the request's body to a file in the data folder, which has room for a ledger and so for this. */
async function receive(c: Context, dataDir: string): Promise<string> {
  const folder = join(dataDir, 'uploads')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${process.pid}-${nextUpload++}`)
  const body = c.req.raw.body
  try {
    await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body as never), createWriteStream(path))
  } catch (thrown) {
    await rm(path, { force: true })
    throw new Fault('UPLOAD_CUT', `the upload did not finish: ${(thrown as Error).message}`, { fix: 'send it again' })
  }
  return path
}

let nextUpload = 1

function errorJson(thrown: unknown): { error: object } {
  const { error } = faultJson(thrown)
  return { error: { ...error, kind: kindOf(thrown) } }
}

function kindOf(thrown: unknown): FaultKind {
  return thrown instanceof Fault ? thrown.kind : 'outside'
}

function statusOf(thrown: unknown): 400 | 403 | 413 | 422 | 500 | 503 {
  if (!(thrown instanceof Fault)) return 500
  if (thrown.code === 'BODY_TOO_LONG') return 413
  if (thrown.code.endsWith('_REFUSED')) return 403
  return thrown.kind === 'input' ? 400 : thrown.kind === 'no' ? 422 : 503
}

/** `[::1]:4141` → `[::1]`, `localhost:4141` → `localhost`. */
export function hostOf(header: string): string {
  return header.replace(/:\d+$/, '').toLowerCase()
}

// Exporters of OpenTelemetry itself send to a listening server; what it answers is what OTLP/HTTP asks for.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonRequest } from '../../test/otlp.ts'
import { Fault } from '../core/fault/fault.ts'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { fieldsOf, textOf } from '../intake/otlp/wire-format.ts'
import { type LedgerServer, serveLedger } from './ledger-server.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let folder: string
let workplace: Workplace
let server: LedgerServer
let isAway: boolean

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-traces-'))
  const own = openWorkplace({ dataDir: folder, inMemory: true })
  const away = new Fault('LEDGER_FULL', 'the ledger ran out of room', { kind: 'outside' })
  isAway = false
  workplace = { ...own, ledger: async () => (isAway ? Promise.reject(away) : own.ledger()) }
  server = await serveLedger({ workplace, operations: [], version: '0', hosts: ['127.0.0.1'], say: () => {} })
})

afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ledger = () => workplace.ledger()
const total = async () => (await (await ledger()).report({}, [], 'UTC')).total

/** What exporters say went wrong, by the callback that they report to. */
interface Sent {
  readonly code: number
  readonly error?: Error
}

/** Two calls, one of them failed, and a span around them, as an application of its own makes them. */
async function sendWith(exporter: SpanExporter, hold?: () => void): Promise<Sent[]> {
  const sent: Sent[] = []
  const watched: SpanExporter = {
    export: (spans, done) =>
      exporter.export(spans, result => {
        sent.push(result)
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  }
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'search-api', 'deployment.environment.name': 'prod' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: watched })],
  })
  const tracer = provider.getTracer('opentelemetry.instrumentation.openai.v1', '0.50.1')
  const startTime = new Date('2026-11-20T10:00:00.000Z')
  const around = tracer.startSpan('invoke_agent helper', { startTime, kind: SpanKind.INTERNAL })
  around.setAttributes({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.usage.input_tokens': 2496 })
  const chat = tracer.startSpan('chat gpt-4o', { startTime, kind: SpanKind.CLIENT })
  chat.setAttributes({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.response.model': 'gpt-4o-2024-08-06',
    'gen_ai.response.id': 'chatcmpl-9J3uIL87gldCFtiIbyaOvTeYBRA3l',
    'gen_ai.response.time_to_first_chunk': 0.25,
    'gen_ai.usage.input_tokens': 1248,
    'gen_ai.usage.output_tokens': 10,
    'gen_ai.usage.cache_read.input_tokens': 1152,
    'gen_ai.input.messages': 'a secret',
    'user.id': 'u1',
    'crossline.feature': 'search',
    'tag.tags': ['pilot', 'tier:gold'],
  })
  chat.end(new Date('2026-11-20T10:00:01.200Z'))
  const failed = tracer.startSpan('chat gpt-4o', { startTime, kind: SpanKind.CLIENT })
  failed.setAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4o' })
  failed.setStatus({ code: SpanStatusCode.ERROR, message: 'rate limited' })
  failed.end(new Date('2026-11-20T10:00:00.100Z'))
  around.end()
  hold?.()
  await provider.forceFlush()
  await provider.shutdown()
  return sent
}

const exporters = {
  'protobuf, packed': (url: string) => new ProtoExporter({ url, compression: 'gzip' as never }),
  protobuf: (url: string) => new ProtoExporter({ url }),
  'JSON, packed': (url: string) => new JsonExporter({ url, compression: 'gzip' as never }),
  JSON: (url: string) => new JsonExporter({ url }),
}

test.each(Object.entries(exporters))('an exporter sends %s, and its calls are in the ledger', async (_, exporterTo) => {
  server.ready()
  const sent = await sendWith(exporterTo(`${server.url}/v1/traces`))
  expect(sent.map(({ code, error }) => [code, error])).toEqual(Array(3).fill([0, undefined]))
  const { rows } = await (await ledger()).report(
    {},
    ['model', 'workload', 'feature', 'user', 'environment', 'outcome', 'tag:tier', 'tag:pilot', 'source'],
    'UTC',
  )
  expect(
    rows.map(({ key, calls, usd, usage }) => ({ ...key, calls, usd, usage: [usage.input, usage.cacheRead] })),
  ).toEqual(
    expect.arrayContaining([
      {
        model: 'gpt-4o-2024-08-06',
        workload: 'search-api',
        feature: 'search',
        user: 'u1',
        environment: 'production',
        outcome: 'ok',
        'tag:tier': 'gold',
        'tag:pilot': 'true',
        source: 'otlp',
        calls: 1,
        // 96 × $2.50 + 1152 × $1.25 + 10 × $10 a million.
        usd: '0.001780000000',
        usage: [96, 1152],
      },
      expect.objectContaining({ model: 'gpt-4o', outcome: 'failed', calls: 1, usage: [null, null] }),
    ]),
  )
  expect(rows).toHaveLength(2)
  const columns = await (await ledger()).columns({})
  expect([...columns.ttftMs].filter(ms => !Number.isNaN(ms))).toEqual([250])
})

test('an exporter that finds the ledger not open yet sends again, and its calls count once', async () => {
  const exporter = new ProtoExporter({ url: `${server.url}/v1/traces` })
  const sent = await sendWith(exporter, () => setTimeout(() => server.ready(), 300))
  expect(sent.map(({ code }) => code)).toEqual([0, 0, 0])
  expect((await total()).calls).toBe(2)
}, 20_000)

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/v1/traces`, {
    method: 'POST',
    body: body as never,
    headers: { 'content-type': 'application/json', ...headers },
  })

const chat = (over: Record<string, unknown> = {}) => ({
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 10,
    'gen_ai.usage.output_tokens': 1,
    ...over,
  },
})

test('the same request again changes nothing, and can be undone as one source', async () => {
  server.ready()
  const body = JSON.stringify(jsonRequest([chat(), chat(), chat({ 'gen_ai.response.id': 'chatcmpl-9J3uIL87gldCFt' })]))
  for (let i = 0; i < 3; i++) {
    const response = await post(body)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      '{}',
    ])
  }
  expect((await total()).calls).toBe(3)
  expect(await (await ledger()).undo('otlp')).toBe(3)
})

test('a span of a call that the gateway metered attributes it, and is none', async () => {
  server.ready()
  const atMicros = Date.parse('2026-11-20T10:00:00Z') * 1000
  const records = [
    openedForTest({ key: 'w1-a', atMicros }),
    settledForTest({ key: 'w1-a', endMicros: atMicros + 1e6, id: 'chatcmpl-metered' }),
  ]
  await (await ledger()).take(records, {}, () => ({ usd: null, reason: 'no prices here' }))
  // A client of OpenAI's SDK that calls the gateway says openai, and the gateway's own address.
  const span = chat({
    'gen_ai.response.id': 'chatcmpl-metered',
    'server.address': '127.0.0.1',
    'crossline.team': 'blue',
  })
  expect((await post(JSON.stringify(jsonRequest([span])))).status).toBe(200)
  const { rows } = await (await ledger()).report({}, ['source', 'team'], 'UTC')
  expect(rows.map(({ key, calls }) => [key.source, key.team, calls])).toEqual([['gateway', 'blue', 1]])
})

test('spans that cannot be taken are counted and said, the others are in', async () => {
  server.ready()
  const spans = [
    chat(),
    { ...chat(), traceId: '0'.repeat(32) },
    { ...chat(), spanId: 'abc' },
    { ...chat(), startNanos: 0n },
  ]
  const response = await post(JSON.stringify(jsonRequest(spans)))
  expect(response.status).toBe(200)
  const { partialSuccess } = (await response.json()) as {
    partialSuccess: { rejectedSpans: string; errorMessage: string }
  }
  expect(partialSuccess.rejectedSpans).toBe('3')
  expect(partialSuccess.errorMessage).toMatch(/^traceId: .*; spanId: .*; startTimeUnixNano: the span has no beginning$/)
  expect((await total()).calls).toBe(1)
})

test('failures are a Status in the encoding of the request, which says what to do', async () => {
  server.ready()
  const malformed = await post('{"resourceSpans":[{"scopeSpans":{}}]}')
  expect([malformed.status, await malformed.json()]).toEqual([
    400,
    { message: 'resourceSpans[0].scopeSpans: expected a list' },
  ])
  expect((await post('not json')).status).toBe(400)
  expect((await post('x', { 'content-encoding': 'gzip' })).status).toBe(400)
  const bytes = await post(Buffer.from([0x0a, 0x7f, 1]), { 'content-type': 'application/x-protobuf' })
  expect([bytes.status, bytes.headers.get('content-type')]).toEqual([400, 'application/x-protobuf'])
  const [message] = [...fieldsOf(new Uint8Array(await bytes.arrayBuffer()))]
  expect(message).toMatchObject({ number: 2, type: 'bytes' })
  expect(textOf((message as { bytes: Uint8Array }).bytes)).toBe('not a protobuf message: it ends inside a field')
  expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await post('{}', { 'content-encoding': 'br' })).status).toBe(415)
  const get = await fetch(`${server.url}/v1/traces`)
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
})

test('a request that is longer than 64 MiB when unpacked is refused before it is', async () => {
  server.ready()
  const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, 32))
  const before = process.memoryUsage().rss
  expect((await post(bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
})

test('while the ledger cannot take calls the sender is told when to come again', async () => {
  const body = JSON.stringify(jsonRequest([chat()]))
  const early = await post(body)
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '2'])
  server.ready()
  isAway = true
  const broken = await post(body)
  expect([broken.status, broken.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await broken.json()).toEqual({ message: 'the ledger ran out of room' })
  isAway = false
  expect((await post(body)).status).toBe(200)
  expect((await total()).calls).toBe(1)
})

test('a request of nothing is taken', async () => {
  server.ready()
  for (const type of ['application/json', 'application/x-protobuf; charset=utf-8']) {
    const response = await post('', { 'content-type': type })
    expect(response.status).toBe(200)
  }
})

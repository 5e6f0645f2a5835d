// OTLP traces in files, in every form that collectors and exporters write them: each call once (law 5).
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { jsonRequest, type TestSpan } from '../../test/otlp.ts'
import { loadPriceBook } from '../catalog/price-book.ts'

const { ledger, take, report } = intakeForTest({ book: loadPriceBook() })

const published: readonly TestSpan[] = readFileSync(
  new URL('../../test/fixtures/otlp/published.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line, i) => ({ ...JSON.parse(line), traceId: (i + 1).toString(16).padStart(32, '0') }))
const calls = published.filter(span => 'call' in span).length

const lines = (requests: readonly object[]) => requests.map(one => `${JSON.stringify(one)}\n`).join('')

test('JSON Lines as the collector writes them, a document, and a list of requests are read', async () => {
  const whole = jsonRequest(published)
  const first = await take('traces.jsonl.gz', gzipSync(lines([whole])))
  expect(first).toMatchObject({ format: 'otlp', rows: calls, added: calls, rejected: 0 })
  expect(first.leftOut.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(published.length - calls)
  expect(first.notes.join('\n')).toMatch(/3 calls: cached tokens were taken to be inside the prompt/)
  for (const [name, content] of [
    ['pretty.json', JSON.stringify(whole, null, 2)],
    ['list.json', JSON.stringify([whole, whole])],
    ['one-line.json', JSON.stringify(whole)],
  ] as const) {
    expect(await take(name, content)).toMatchObject({ format: 'otlp', added: 0, rejected: 0 })
  }
  expect((await report()).total.calls).toBe(calls)
  expect(await ledger().undo('traces.jsonl.gz')).toBe(calls)
})

test('protobuf is recognised, as one request and as the collector frames several, packed or not', async () => {
  const exporter = new InMemorySpanExporter()
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('my.scope')
  for (let i = 0; i < 3; i++) {
    const span = tracer.startSpan(`chat ${i}`, { startTime: new Date('2026-11-20T10:00:00Z') })
    span.setAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.system': 'openai' })
    span.setAttributes({ 'gen_ai.usage.input_tokens': 1000, 'gen_ai.usage.output_tokens': 100 })
    span.end(new Date('2026-11-20T10:00:01Z'))
  }
  const request = Buffer.from(ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans())!)
  expect(await take('traces.binpb', request)).toMatchObject({ format: 'otlp', rows: 3, added: 3 })
  const length = Buffer.alloc(4)
  length.writeUInt32BE(request.length)
  const framed = Buffer.concat([length, request, length, request])
  expect(await take('framed.binpb.gz', gzipSync(framed))).toMatchObject({ format: 'otlp', rows: 6, added: 0 })
  expect((await report()).total).toMatchObject({ calls: 3, usd: '0.010500000000' })
  await expect(take('cut.binpb', request.subarray(0, -3))).rejects.toMatchObject({
    code: 'ALL_REJECTED',
    message: expect.stringContaining('not a protobuf message: it ends inside a field'),
  })
})

test('other bytes and other documents are still what they are', async () => {
  await expect(take('junk.bin', Buffer.from([0x0a, 2, 0, 255, 0, 3]))).rejects.toMatchObject({ code: 'FILE_BINARY' })
  await expect(take('other.json', '{\n  "a": 1\n}')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await expect(
    take('http.json', JSON.stringify(jsonRequest(published.filter(span => (span as { id?: string }).id === 'http')))),
  ).rejects.toMatchObject({
    code: 'NO_CALLS',
  })
})

test('the order of spans, their batching, and files that come twice change nothing', async () => {
  await take('whole.jsonl', lines([jsonRequest(published)]))
  const by = ['provider', 'model', 'workload', 'feature', 'outcome', 'hour']
  const wanted = await report(by)
  await ledger().undo('whole.jsonl')
  const batches = fc
    .shuffledSubarray([...published], { minLength: published.length })
    .chain(order => fc.tuple(fc.constant(order), fc.array(fc.nat(order.length), { maxLength: 4 })))
    .map(([order, cuts]) => {
      const ends = [...cuts, order.length].sort((a, b) => a - b)
      return ends.map((end, i) => order.slice(ends[i - 1] ?? 0, end))
    })
  await fc.assert(
    fc.asyncProperty(batches, async some => {
      await take('some.jsonl', lines(some.map(jsonRequest)))
      expect(await take('again.jsonl.gz', gzipSync(lines([...some].reverse().map(jsonRequest))))).toMatchObject({
        added: 0,
      })
      expect(await report(by)).toEqual(wanted)
      for (const { name } of await ledger().sources()) await ledger().undo(name)
    }),
    { numRuns: 10 },
  )
})

// One request in both encodings, as OpenTelemetry's own serializers write them, reads the same; bad ones are refused in one line.
import { SpanStatusCode } from '@opentelemetry/api'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../../core/fault/fault.ts'
import { spansOfJson } from './json.ts'
import { spansOfProtobuf } from './protobuf.ts'
import { callsOfRequest, framesOf } from './read.ts'
import { bytesField, intField, message } from './wire-format.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const whole = fc.maxSafeInteger()
// JSON has no NaN and no −0, and a whole number may be written as either kind.
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter(n => !Number.isInteger(n))
const value = fc.oneof(
  text,
  whole,
  double,
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.array(whole, { maxLength: 3 }),
)
const attributes = fc.dictionary(
  fc.oneof(text, fc.constantFrom('gen_ai.request.model', '__proto__', 'constructor')),
  value,
  {
    maxKeys: 6,
  },
)
const spans = fc.array(
  fc.record({
    name: text,
    kind: fc.integer({ min: 0, max: 4 }),
    startMs: fc.integer({ min: 1, max: 2 ** 42 }),
    lastsMs: fc.integer({ min: 0, max: 3_600_000 }),
    attributes,
    isError: fc.boolean(),
    event: fc.option(text),
  }),
  { minLength: 1, maxLength: 4 },
)

/** The spans as an application's own tracer makes them. */
function finished(made: typeof spans extends fc.Arbitrary<infer T> ? T : never, resource: Record<string, unknown>) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource as never),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const tracer = provider.getTracer('scope', '1.0.0')
  for (const one of made) {
    const span = tracer.startSpan(one.name, { startTime: new Date(one.startMs), kind: one.kind })
    span.setAttributes(one.attributes as never)
    if (one.isError) span.setStatus({ code: SpanStatusCode.ERROR })
    if (one.event !== null) span.addEvent(one.event, new Date(one.startMs + 1))
    span.end(new Date(one.startMs + one.lastsMs))
  }
  return exporter.getFinishedSpans()
}

test('both encodings of a request read the same', () => {
  fc.assert(
    fc.property(spans, attributes, (made, resource) => {
      const written = finished(made, resource)
      const fromJson = spansOfJson(JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(written)!).toString()))
      const fromBytes = spansOfProtobuf(ProtobufTraceSerializer.serializeRequest(written)!)
      expect(fromBytes).toEqual(fromJson)
      expect(fromJson.spans.map(({ name }) => name).sort()).toEqual(made.map(({ name }) => name).sort())
      expect(fromJson.rejects).toEqual([])
    }),
    { numRuns: 150 },
  )
})

const sample = ProtobufTraceSerializer.serializeRequest(
  finished(
    [
      {
        name: 'chat',
        kind: 2,
        startMs: 1_795_168_800_000,
        lastsMs: 1200,
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 300, 'tag.tags': ['a', 'b'] },
        isError: true,
        event: 'First Token Stream Event',
      },
    ],
    { 'service.name': 'search-api' },
  ),
)!

test('fields that nobody knows yet are skipped, wherever they stand', () => {
  const [request] = spansOfProtobuf(sample).spans
  const unknown = [bytesField(900, Buffer.from('later')), intField(901, 7)]
  expect(spansOfProtobuf(message(...unknown, sample, ...unknown)).spans).toEqual([request])
  const later = { resourceSpans: [], laterSpans: [{ a: 1 }], partial: null }
  expect(spansOfJson(later)).toEqual({ spans: [], rejects: [] })
})

test('bytes that are cut or changed are read or refused, and nothing else', () => {
  const refused = (bytes: Uint8Array): boolean => {
    try {
      callsOfRequest(bytes, 'protobuf')
      return false
    } catch (thrown) {
      expect(thrown).toMatchObject({ name: 'Fault', code: 'OTLP_MALFORMED' })
      expect((thrown as Fault).message).not.toContain('\n')
      return true
    }
  }
  // Cut inside its only field, it never passes for whole.
  for (let length = 1; length < sample.length; length++) expect(refused(sample.subarray(0, length))).toBe(true)
  fc.assert(
    fc.property(fc.nat(sample.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Uint8Array.from(sample)
      changed[at] = byte
      refused(changed)
    }),
    { numRuns: 500 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), bytes => void refused(bytes)))
})

test('any JSON is read or refused, and nothing else', () => {
  const places = fc.jsonValue({ maxDepth: 3 })
  const shapes = fc.oneof(
    places,
    places.map(resourceSpans => ({ resourceSpans })),
    places.map(spans => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })),
    places.map(span => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })),
    places.map(value => ({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 'a', attributes: [{ key: 'k', value }] }] }] }],
    })),
  )
  fc.assert(
    fc.property(shapes, value => {
      try {
        callsOfRequest(Buffer.from(JSON.stringify(value)), 'json')
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        expect(thrown.code).toBe('OTLP_MALFORMED')
      }
    }),
    { numRuns: 300 },
  )
})

test('a value nested without end is refused before the stack is full', () => {
  let value: object = { stringValue: 'x' }
  for (let i = 0; i < 20_000; i++) value = { arrayValue: { values: [value] } }
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: [{ key: 'k', value }] }
  expect(() => spansOfJson({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).toThrow(/at most 16 levels/)
})

test('whole numbers come as text or number, ids in either case, enums by number or name', () => {
  const span = (over: object) => ({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: '5B8EFFF798038103D269B633813FC60C',
                spanId: 'EEE19B7EC3C1B174',
                startTimeUnixNano: '1544712660000000000',
                ...over,
              },
            ],
          },
        ],
      },
    ],
  })
  const read = (over: object) => spansOfJson(span(over)).spans[0]!
  const plain = read({ kind: 3, status: { code: 2 }, attributes: [{ key: 'n', value: { intValue: '7' } }] })
  expect(plain).toMatchObject({
    traceId: '5b8efff798038103d269b633813fc60c',
    kind: 3,
    isError: true,
    attributes: { n: 7 },
    startNanos: 1_544_712_660_000_000_000n,
  })
  const named = { kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } }
  expect(read({ ...named, attributes: [{ key: 'n', value: { intValue: 7 } }] })).toEqual(plain)
  expect(() => read({ attributes: [{ key: 'n', value: { intValue: '7.5' } }] })).toThrow(
    /attributes\[0\].value.intValue/,
  )
})

test('requests with their lengths before them are read one by one, and a cut one is refused', () => {
  const frame = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const file = Buffer.concat([frame(sample), frame(sample)])
  expect([...framesOf(file)].map(bytes => Buffer.from(bytes))).toEqual([Buffer.from(sample), Buffer.from(sample)])
  expect(() => [...framesOf(file.subarray(0, -1))]).toThrow(/ends inside a frame/)
})

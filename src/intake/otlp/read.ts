// A request's spans in; its calls, its rejects, and what was no call, out. The same whatever the order of spans and their batching.
import { Fault } from '../../core/fault/fault.ts'
import type { CallsOfRecord } from '../importer.ts'
import { callOfSpan } from './call.ts'
import { spansOfJson } from './json.ts'
import { underConventions } from './own-names.ts'
import { spansOfProtobuf } from './protobuf.ts'
import { roleOf, wrapper } from './role.ts'
import type { Spans } from './span.ts'
import { eachOnce, nothingBefore, type SpansBefore, type ToldCall } from './told-calls.ts'
import { textOf } from './wire-format.ts'

export function callsOfSpans({ spans, rejects }: Spans, before: SpansBefore = nothingBefore()): CallsOfRecord {
  const told: ToldCall[] = []
  const leftOut: string[] = []
  const refused = [...rejects]
  for (const one of spans) {
    const span = underConventions(one)
    const role = roleOf(span)
    if ('leftOut' in role) {
      leftOut.push(role.leftOut)
      continue
    }
    const read = callOfSpan(span, role.call)
    if (Number.isNaN(read.call.atMicros)) {
      refused.push({ reason: 'startTimeUnixNano: the span has no beginning', raw: span.name.slice(0, 100) })
      continue
    }
    told.push({ span, ...read })
  }
  const { calls, repeats } = eachOnce(told, spans, before)
  for (let i = 0; i < repeats; i++) leftOut.push(wrapper)
  return {
    calls: calls.map(({ call }) => call),
    rejects: refused,
    leftOut,
    assumed: calls.flatMap(({ assumed }) => (assumed === null ? [] : [assumed])),
  }
}

/** The calls of one request as it came. @throws Fault OTLP_MALFORMED */
export function callsOfRequest(
  body: Uint8Array,
  encoding: 'json' | 'protobuf',
  before: SpansBefore = nothingBefore(),
): CallsOfRecord {
  if (encoding === 'protobuf') return callsOfSpans(spansOfProtobuf(body), before)
  let request: unknown
  try {
    // Nothing at all is a request without spans.
    request = body.length === 0 ? {} : JSON.parse(textOf(body))
  } catch {
    throw new Fault('OTLP_MALFORMED', 'the request is not JSON')
  }
  return callsOfSpans(spansOfJson(request), before)
}

/** More than one request in bytes, each with its length before it, as the collector's file exporter writes protobuf. */
export function* framesOf(bytes: Uint8Array): Generator<Uint8Array> {
  // A message begins with the tag of its first field, a length of four bytes with its highest, which is 0.
  if (bytes[0] !== 0) {
    yield bytes
    return
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at) : Number.POSITIVE_INFINITY
    if (end > bytes.length) throw new Fault('OTLP_MALFORMED', 'not a protobuf message: it ends inside a frame')
    yield bytes.subarray(at + 4, end)
    at = end
  }
}

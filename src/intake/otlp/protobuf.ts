// An ExportTraceServiceRequest as protobuf in; its spans out. Field numbers: opentelemetry/proto/trace/v1/trace.proto, common.proto
import { Fault } from '../../core/fault/fault.ts'
import { type Attributes, type AttributeValue, type Span, type Spans, spansOf } from './span.ts'
import { type Field, fieldsOf, hexOf, textOf } from './wire-format.ts'

/** Fields that are not known are skipped. @throws Fault OTLP_MALFORMED where the bytes are no message */
export function spansOfProtobuf(request: Uint8Array): Spans {
  return spansOf(spansIn(request))
}

function* spansIn(request: Uint8Array): Generator<Span> {
  for (const ofResource of messages(request, 1)) {
    const resource = attributesOf(last(messages(ofResource, 1)), 1)
    for (const ofScope of messages(ofResource, 2)) {
      const scope = textIn(last(messages(ofScope, 1)), 1)
      for (const span of messages(ofScope, 2)) yield spanIn(span, scope, resource)
    }
  }
}

function spanIn(bytes: Uint8Array, scope: string, resource: Attributes): Span {
  const found = {
    traceId: '',
    spanId: '',
    parentId: '',
    name: '',
    kind: 0,
    startNanos: 0n,
    endNanos: 0n,
    isError: false,
    events: [] as { name: string; nanos: bigint }[],
  }
  for (const field of fieldsOf(bytes)) {
    if (field.type === 'bytes') {
      if (field.number === 1) found.traceId = hexOf(field.bytes)
      else if (field.number === 2) found.spanId = hexOf(field.bytes)
      else if (field.number === 4) found.parentId = hexOf(field.bytes)
      else if (field.number === 5) found.name = textOf(field.bytes)
      else if (field.number === 11) found.events.push(eventIn(field.bytes))
      else if (field.number === 15) found.isError = numberIn(field.bytes, 3, 'varint') === 2n
    } else if (field.number === 6 && field.type === 'varint') found.kind = Number(field.bits)
    else if (field.number === 7 && field.type === 'fixed64') found.startNanos = field.bits
    else if (field.number === 8 && field.type === 'fixed64') found.endNanos = field.bits
  }
  return { ...found, attributes: attributesOf(bytes, 9), scope, resource }
}

const eventIn = (bytes: Uint8Array) => ({ name: textIn(bytes, 2), nanos: numberIn(bytes, 1, 'fixed64') })

/** The `KeyValue`s under a field of a message. */
function attributesOf(bytes: Uint8Array, number: number): Attributes {
  const found: Record<string, AttributeValue> = Object.create(null)
  for (const pair of messages(bytes, number)) putPair(found, pair, 0)
  return found
}

function putPair(found: Record<string, AttributeValue>, pair: Uint8Array, depth: number): void {
  const value = anyValueOf(last(messages(pair, 2)), depth)
  if (value !== null) found[textIn(pair, 1)] ??= value
}

/** Deeper values are nobody's attributes. */
const deepest = 16

function anyValueOf(bytes: Uint8Array, depth: number): AttributeValue | null {
  if (depth > deepest) throw new Fault('OTLP_MALFORMED', `an attribute of more than ${deepest} levels`)
  let value: AttributeValue | null = null
  for (const field of fieldsOf(bytes)) value = memberOf(field, depth) ?? value
  return value
}

/** One member of the `AnyValue` oneof; of several the last counts. */
function memberOf(field: Field, depth: number): AttributeValue | null {
  if (field.type === 'bytes') {
    if (field.number === 1) return textOf(field.bytes)
    if (field.number === 5) {
      return [...messages(field.bytes, 1)].flatMap(one => {
        const item = anyValueOf(one, depth + 1)
        return item === null ? [] : [item]
      })
    }
    if (field.number !== 6) return null
    const found: Record<string, AttributeValue> = Object.create(null)
    for (const pair of messages(field.bytes, 1)) putPair(found, pair, depth + 1)
    return found
  }
  if (field.number === 2 && field.type === 'varint') return field.bits !== 0n
  if (field.number === 3 && field.type === 'varint') return Number(BigInt.asIntN(64, field.bits))
  if (field.number === 4 && field.type === 'fixed64') return doubleOf(field.bits)
  return null
}

const scratch = new DataView(new ArrayBuffer(8))
function doubleOf(bits: bigint): number {
  scratch.setBigUint64(0, bits)
  return scratch.getFloat64(0)
}

function* messages(bytes: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of fieldsOf(bytes)) if (field.number === number && field.type === 'bytes') yield field.bytes
}

const nothing = new Uint8Array()
const last = (all: Iterable<Uint8Array>): Uint8Array => [...all].at(-1) ?? nothing
const textIn = (bytes: Uint8Array, number: number): string => textOf(last(messages(bytes, number)))

function numberIn(bytes: Uint8Array, number: number, type: 'varint' | 'fixed64'): bigint {
  let found = 0n
  for (const field of fieldsOf(bytes)) if (field.number === number && field.type === type) found = field.bits
  return found
}

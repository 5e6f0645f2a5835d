// An ExportTraceServiceRequest as OTLP/JSON in; its spans out. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
import { Fault } from '../../core/fault/fault.ts'
import { type Attributes, type AttributeValue, type Span, type Spans, spansOf } from './span.ts'

type Json = Readonly<Record<string, unknown>>

/** Names that are not known are not looked at. @throws Fault OTLP_MALFORMED where the shape is another */
export function spansOfJson(request: unknown): Spans {
  return spansOf(spansIn(object(request, 'the request')))
}

function* spansIn(request: Json): Generator<Span> {
  for (const [i, one] of list(request.resourceSpans, 'resourceSpans').entries()) {
    const where = `resourceSpans[${i}]`
    const ofResource = object(one, where)
    const resource = attributesOf(optional(ofResource.resource, `${where}.resource`), `${where}.resource`)
    for (const [j, two] of list(ofResource.scopeSpans, `${where}.scopeSpans`).entries()) {
      const inside = `${where}.scopeSpans[${j}]`
      const ofScope = object(two, inside)
      const scope = text(optional(ofScope.scope, `${inside}.scope`).name, `${inside}.scope.name`)
      for (const [k, span] of list(ofScope.spans, `${inside}.spans`).entries()) {
        yield spanIn(object(span, `${inside}.spans[${k}]`), scope, resource, `${inside}.spans[${k}]`)
      }
    }
  }
}

function spanIn(span: Json, scope: string, resource: Attributes, where: string): Span {
  return {
    traceId: text(span.traceId, `${where}.traceId`).toLowerCase(),
    spanId: text(span.spanId, `${where}.spanId`).toLowerCase(),
    parentId: text(span.parentSpanId, `${where}.parentSpanId`).toLowerCase(),
    name: text(span.name, `${where}.name`),
    kind: enumOf(span.kind, kinds, `${where}.kind`),
    startNanos: nanos(span.startTimeUnixNano, `${where}.startTimeUnixNano`),
    endNanos: nanos(span.endTimeUnixNano, `${where}.endTimeUnixNano`),
    attributes: attributesOf(span, where),
    isError: enumOf(optional(span.status, `${where}.status`).code, statuses, `${where}.status.code`) === 2,
    events: list(span.events, `${where}.events`).map((one, i) => {
      const event = object(one, `${where}.events[${i}]`)
      return {
        name: text(event.name, `${where}.events[${i}].name`),
        nanos: nanos(event.timeUnixNano, `${where}.events[${i}].timeUnixNano`),
      }
    }),
    scope,
    resource,
  }
}

/** The encoding allows numbers alone; some senders write the names. */
const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(name => `SPAN_KIND_${name}`)
const statuses = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']

function enumOf(value: unknown, names: readonly string[], where: string): number {
  if (value === undefined || value === null) return 0
  if (typeof value === 'string' && names.includes(value)) return names.indexOf(value)
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw malformed(where, 'a number')
}

function attributesOf({ attributes }: Json, where: string): Attributes {
  const found: Record<string, AttributeValue> = Object.create(null)
  for (const [i, one] of list(attributes, `${where}.attributes`).entries()) {
    const at = `${where}.attributes[${i}]`
    const pair = object(one, at)
    const key = text(pair.key, `${at}.key`)
    const value = anyValueOf(optional(pair.value, `${at}.value`), `${at}.value`, 0)
    if (value !== null) found[key] ??= value
  }
  return found
}

/** Deeper values are nobody's attributes. */
const deepest = 16

function anyValueOf(value: Json, where: string, depth: number): AttributeValue | null {
  if (depth > deepest) throw malformed(where, `at most ${deepest} levels`)
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value
  if (given(stringValue)) return text(stringValue, `${where}.stringValue`)
  if (given(boolValue)) {
    if (typeof boolValue === 'boolean') return boolValue
    throw malformed(`${where}.boolValue`, 'true or false')
  }
  if (given(intValue)) return Number(integer(intValue, `${where}.intValue`))
  if (given(doubleValue)) return double(doubleValue, `${where}.doubleValue`)
  if (given(arrayValue)) {
    const values = list(object(arrayValue, `${where}.arrayValue`).values, `${where}.arrayValue.values`)
    return values.flatMap((one, i) => {
      const at = `${where}.arrayValue.values[${i}]`
      const item = anyValueOf(optional(one, at), at, depth + 1)
      return item === null ? [] : [item]
    })
  }
  if (given(kvlistValue)) {
    const found: Record<string, AttributeValue> = Object.create(null)
    const pairs = list(object(kvlistValue, `${where}.kvlistValue`).values, `${where}.kvlistValue.values`)
    for (const [i, one] of pairs.entries()) {
      const at = `${where}.kvlistValue.values[${i}]`
      const pair = object(one, at)
      const item = anyValueOf(optional(pair.value, `${at}.value`), `${at}.value`, depth + 1)
      if (item !== null) found[text(pair.key, `${at}.key`)] ??= item
    }
    return found
  }
  return null
}

const given = (value: unknown): boolean => value !== undefined && value !== null

const malformed = (where: string, expected: string): Fault =>
  new Fault('OTLP_MALFORMED', `${where}: expected ${expected}`, {
    fix: 'send an ExportTraceServiceRequest as OTLP/JSON',
  })

function object(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw malformed(where, 'an object')
}

const optional = (value: unknown, where: string): Json => (given(value) ? object(value, where) : {})

function list(value: unknown, where: string): readonly unknown[] {
  if (!given(value)) return []
  if (Array.isArray(value)) return value
  throw malformed(where, 'a list')
}

function text(value: unknown, where: string): string {
  if (!given(value)) return ''
  if (typeof value === 'string') return value
  throw malformed(where, 'a text')
}

/** 64-bit numbers come as decimal text or as numbers. */
function integer(value: unknown, where: string): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^[+-]?\d{1,20}$/.test(value)) return BigInt(value)
  throw malformed(where, 'a whole number, as text or number')
}

function nanos(value: unknown, where: string): bigint {
  const whole = given(value) ? integer(value, where) : 0n
  if (whole >= 0n && whole < 1n << 64n) return whole
  throw malformed(where, 'nanoseconds since 1970')
}

function double(value: unknown, where: string): number {
  if (typeof value === 'number') return value
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value)
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value)
  throw malformed(where, 'a number')
}

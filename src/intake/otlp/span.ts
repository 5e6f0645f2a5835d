// What a trace tells of one span, however it was encoded.

export type AttributeValue = string | number | boolean | readonly AttributeValue[] | Attributes
/** A key that came twice keeps its first value. Values of nothing and raw bytes are left out. */
export interface Attributes {
  readonly [key: string]: AttributeValue
}

export interface Span {
  /** Lower-case hex, 32 and 16 digits. */
  readonly traceId: string
  readonly spanId: string
  /** Of the span that it ran in; empty where it ran in none. */
  readonly parentId: string
  readonly name: string
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  /** Unix nanoseconds; 0 = not told. */
  readonly startNanos: bigint
  readonly endNanos: bigint
  readonly attributes: Attributes
  /** Its status is an error. */
  readonly isError: boolean
  /** Names of its events with their times; what else events hold, texts among them, is not read. */
  readonly events: readonly { readonly name: string; readonly nanos: bigint }[]
  /** Name of the library that made it. */
  readonly scope: string
  /** Attributes of what it ran in. */
  readonly resource: Attributes
}

/** A request's spans, and those that are none. */
export interface Spans {
  readonly spans: readonly Span[]
  readonly rejects: readonly { readonly reason: string; readonly raw: string }[]
}

/** A span of ids as hex; or why it is none. Ids of zeros are no ids. */
export function spanOr(span: Span): Span | { readonly reason: string; readonly raw: string } {
  const raw = span.name.slice(0, 100)
  if (!isId(span.traceId, 32)) return { reason: 'traceId: expected 16 bytes that are not all zero', raw }
  if (!isId(span.spanId, 16)) return { reason: 'spanId: expected 8 bytes that are not all zero', raw }
  return span
}

const isId = (text: string, digits: number): boolean =>
  text.length === digits && /^[0-9a-f]+$/.test(text) && /[^0]/.test(text)

/** Sorts what was decoded into spans and rejects. */
export function spansOf(decoded: Iterable<Span>): Spans {
  const spans: Span[] = []
  const rejects: { reason: string; raw: string }[] = []
  for (const one of decoded) {
    const checked = spanOr(one)
    if ('reason' in checked) rejects.push(checked)
    else spans.push(checked)
  }
  return { spans, rejects }
}

// Spans as plain values in; an ExportTraceServiceRequest as OTLP/JSON, as an exporter of another make would write it, out.

export interface TestSpan {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentId?: string
  readonly name?: string
  readonly kind?: number
  readonly scope?: string
  readonly resource?: Readonly<Record<string, unknown>>
  readonly attributes: Readonly<Record<string, unknown>>
  readonly startNanos?: bigint
  readonly endNanos?: bigint
  readonly status?: number
  readonly events?: readonly { readonly name: string; readonly nanos: bigint }[]
}

/** 2026-11-20T10:00:00Z. */
export const spanStartNanos: bigint = BigInt(Date.parse('2026-11-20T10:00:00Z')) * 1_000_000n

function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { kvlistValue: { values: pairs(value as Record<string, unknown>) } }
}

const pairs = (attributes: Readonly<Record<string, unknown>>) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** Ids count up from 1 where a span has none of its own. */
export function jsonRequest(spans: readonly TestSpan[]): object {
  return {
    resourceSpans: spans.map((span, i) => ({
      resource: { attributes: pairs(span.resource ?? { 'service.name': 'search-api' }) },
      scopeSpans: [
        {
          scope: { name: span.scope ?? '', version: '1.0.0' },
          spans: [
            {
              traceId: span.traceId ?? hex(i + 1, 32),
              spanId: span.spanId ?? hex(i + 1, 16),
              parentSpanId: span.parentId ?? '',
              name: span.name ?? 'chat',
              kind: span.kind ?? 3,
              startTimeUnixNano: String(span.startNanos ?? spanStartNanos),
              endTimeUnixNano: String(span.endNanos ?? spanStartNanos + 1_200_000_000n),
              attributes: pairs(span.attributes),
              events: (span.events ?? []).map(({ name, nanos }) => ({ name, timeUnixNano: String(nanos) })),
              status: span.status === undefined ? {} : { code: span.status },
              droppedAttributesCount: 0,
            },
          ],
        },
      ],
    })),
  }
}

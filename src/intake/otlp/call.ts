// A span of a call to a model in; the call, and what was assumed of it, out.
import { type Money, parseUsd } from '../../core/meter/money.ts'
import { noUsage } from '../../core/meter/usage.ts'
import type { ReadCall } from '../importer.ts'
import { numberAt, numberOf, objectAt, objectOf, textAt } from './attribute.ts'
import { attributionOf } from './attribution.ts'
import { providerOf } from './provider.ts'
import { modelNames } from './role.ts'
import type { Attributes, Span } from './span.ts'
import { usageOfSpan } from './usage.ts'

export function callOfSpan(
  span: Span,
  kind: 'text' | 'embedding',
): { readonly call: ReadCall; readonly assumed: string | null } {
  const { attributes } = span
  const { startNanos, endNanos } = timesOf(span)
  const provider = providerOf(attributes)
  const told = usageOfSpan(span, provider, kind === 'embedding')
  const isNothing = told.usage.input === null && told.usage.output === null && isRefused(span)
  const [usage, assumed] = isNothing ? [noUsage, null] : [told.usage, told.assumed]
  const { attribution, tags } = attributionOf(span)
  return {
    call: {
      id: idOf(span),
      // A span without a beginning has no time of its own: its reader says so.
      atMicros: startNanos === 0n ? Number.NaN : Number(startNanos / 1000n),
      provider,
      model: textAt(attributes, ...modelNames),
      usage,
      tier: tierOf(attributes),
      region: null,
      speed: null,
      outcome: isFailed(span) ? 'failed' : 'ok',
      ttftMs: ttftOf(span),
      latencyMs: endNanos > startNanos && startNanos > 0n ? Number(endNanos - startNanos) / 1e6 : null,
      attribution,
      tags: assumed === null ? tags : { ...tags, assumed: 'cached inside the prompt' },
      prefixBlocks: null,
      reportedUsd: reportedOf(attributes),
      estimated: false,
    },
    assumed,
  }
}

/** Logfire's record of a streamed answer is made at its end, and says how long that took. */
function timesOf({ attributes, startNanos, endNanos }: Span): Pick<Span, 'startNanos' | 'endNanos'> {
  const seconds = attributes['logfire.span_type'] === 'log' ? numberAt(attributes, 'duration') : null
  const nanos = seconds === null ? 0n : BigInt(Math.round(seconds * 1e9))
  return { startNanos: startNanos > nanos ? startNanos - nanos : startNanos, endNanos }
}

/** By the provider's own id of the response, which a gateway and logs know it by too; else by trace and span. */
function idOf({ attributes, traceId, spanId }: Span): string {
  const id =
    textAt(attributes, 'gen_ai.response.id', 'ai.response.id', 'llm.response.id') ??
    answeredAs(attributes) ??
    // vLLM's own name of it: that of the response, with something random behind it in later versions.
    textAt(attributes, 'gen_ai.request.id')?.replace(/^([a-z]+-[0-9a-f]{32})-[0-9a-f]{8}$/, '$1') ??
    null
  return id === null || isRepeated(id) ? `${traceId}:${spanId}` : id
}

/** OpenInference keeps the answer as it came, which begins with its name: no more of it is looked at. */
function answeredAs(attributes: Attributes): string | null {
  const answer = attributes['openinference.span.kind'] === undefined ? null : attributes['output.value']
  return typeof answer === 'string' ? (answerName.exec(answer.slice(0, 200))?.[1] ?? null) : null
}

const answerName = /^\s*\{\s*"id"\s*:\s*"((?:chatcmpl|cmpl|resp|msg|gen)[-_][\w-]{6,128})"/

/** Ollama numbers its responses from 0 to 998, again and again. */
const isRepeated = (id: string): boolean => /^([a-z]+[-_])?\d{1,4}$/i.test(id)

const isFailed = ({ isError, attributes }: Span): boolean =>
  isError || textAt(attributes, 'error.type') !== null || textAt(attributes, 'langfuse.observation.level') === 'ERROR'

/**
 * A provider that refuses a request has answered nothing, and bills nothing. What broke off otherwise (a timeout, a client
 * that left) may have been answered in part.
 */
function isRefused(span: Span): boolean {
  if (!isFailed(span)) return false
  const { attributes } = span
  const status = numberAt(attributes, 'http.response.status_code', 'http.status_code', 'error.type')
  if (status !== null) return status >= 400
  return refusals.test(textAt(attributes, 'error.type', 'exception.type') ?? '')
}

/** As the SDKs of OpenAI and Anthropic, and LiteLLM, call the errors of a status. */
const refusals =
  /(^|[._])(BadRequest|InvalidRequest|Authentication|PermissionDenied|NotFound|Conflict|UnprocessableEntity|RateLimit|InternalServer|Overloaded|ServiceUnavailable|ContextWindowExceeded|ContentPolicyViolation)(Error)?$/

function tierOf(attributes: Attributes): string | null {
  const metadata = objectAt(attributes, 'ai.response.providerMetadata')
  const tier =
    textAt(
      attributes,
      'openai.response.service_tier',
      'gen_ai.openai.response.service_tier',
      'gen_ai.response.service_tier',
    ) ??
    objectOf(objectOf(metadata.anthropic).usage).service_tier ??
    objectOf(metadata.openai).serviceTier
  return typeof tier === 'string' && tier !== 'auto' ? tier : null
}

const firstTokenEvents = new Set(['First Token Stream Event', 'gen_ai.first_token', 'ai.stream.firstChunk'])

/** To the first piece of the answer, as attribute (seconds or milliseconds), as event, or as a time of its own. */
function ttftOf({ attributes, startNanos, events }: Span): number | null {
  const seconds = numberAt(
    attributes,
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
    'gen_ai.latency.time_to_first_token',
  )
  if (seconds !== null) return milliseconds(seconds * 1000)
  const told = numberAt(attributes, 'ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk')
  if (told !== null) return milliseconds(told)
  const event = events.find(({ name }) => firstTokenEvents.has(name))
  if (event !== undefined && event.nanos >= startNanos) return Number(event.nanos - startNanos) / 1e6
  const at = textAt(attributes, 'langfuse.observation.completion_start_time')?.replaceAll('"', '')
  const micros = at === undefined ? Number.NaN : Date.parse(at) * 1000
  const passed = micros - Number(startNanos / 1000n)
  return passed >= 0 ? passed / 1000 : null
}

/** Seconds times 1000, without the dust of the multiplication. */
const milliseconds = (ms: number): number => Number(ms.toPrecision(12))

/** What the call cost by whoever made the span: in dollars, unless it says otherwise. */
function reportedOf(attributes: Attributes): Money | null {
  const currency = textAt(attributes, 'gen_ai.usage.cost.currency')
  if (currency !== null && currency.toUpperCase() !== 'USD') return null
  const openrouter = objectOf(objectOf(objectAt(attributes, 'ai.response.providerMetadata').openrouter).usage)
  const usd =
    numberAt(
      attributes,
      'gen_ai.usage.cost.amount',
      'gen_ai.usage.cost',
      'gen_ai.usage.total_cost',
      'gen_ai.usage.cost_usd',
      'operation.cost',
      'llm.cost.total',
    ) ??
    numberOf(openrouter.cost) ??
    numberOf(objectAt(attributes, 'langfuse.observation.cost_details').total)
  // Twelve decimals are what money has here; no call costs a billion.
  return usd === null || usd > 1e9 ? null : parseUsd(usd.toFixed(12))
}

// Money and errors as providers report them in a response → one shape each.
import { type Money, parseUsd } from '../core/meter/money.ts'
import { asCount, asList, asObject, asText, type JsonObject } from './json.ts'
import type { ProviderError } from './wire.ts'

/**
 * What the provider says it charged, or null. It stands beside our own price and never replaces it.
 * - xAI: `cost_in_usd_ticks`, 1e10 ticks a dollar, tools included (https://docs.x.ai/developers/pricing); its schema also
 *   has `cost_in_nano_usd`.
 * - Perplexity: `cost` is an object with `total_cost` (https://docs.perplexity.ai/api-reference/chat-completions-post).
 * - OpenRouter: `cost` in credits of one dollar (https://openrouter.ai/docs/use-cases/usage-accounting).
 * - Vercel's gateway: `cost` as text, which `openai-chat.ts` brings here from the message.
 * - DeepInfra: `estimated_cost` (https://deepinfra.com/docs/openai_api).
 */
export function reportedUsd(usage: JsonObject): Money | null {
  const ticks = asCount(usage.cost_in_usd_ticks)
  if (ticks !== null) return (BigInt(ticks) * picoPerTick) as Money
  const nano = asCount(usage.cost_in_nano_usd)
  if (nano !== null) return (BigInt(nano) * picoPerNano) as Money
  return usd(asObject(usage.cost)?.total_cost) ?? usd(usage.cost) ?? usd(usage.estimated_cost)
}

const picoPerTick = 100n
const picoPerNano = 1000n

/** Dollars as a JSON number or text, ≥ 0: the shortest decimal that reads back as the number is the one that was sent. */
function usd(value: unknown): Money | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^\d{1,15}(\.\d{1,60})?(e[+-]?\d{1,2})?$/i.test(text) ? parseUsd(text) : null
}

/** Where a body tells its error: in a member of that name, or by being one. */
export const errorMembers: Readonly<Record<string, true>> = Object.fromEntries(
  [
    ...['error', 'errors', 'error_code', 'base_resp', 'object', 'type'],
    ...['code', 'status', 'message', 'msg', 'detail'],
  ].map(name => [name, true] as const),
)

/**
 * The error that a body tells. Sellers of one wire have as many shapes for it: OpenAI's around it; vLLM's and Mistral's with
 * `"object":"error"`; a `message` (Cohere, Cerebras, Bedrock, DashScope), `msg` (Z.ai), `detail` (Voyage, FastAPI) or list of
 * `errors` (Cloudflare) alone; xAI's text with its code beside it; MiniMax's status beside an empty answer.
 */
export function bodyError(json: JsonObject): ProviderError | null {
  const around = reportedError(json.error)
  if (around !== null) return around.code === null ? { ...around, code: codeOf(json) } : around
  const status = asObject(json.base_resp)
  if (asCount(status?.status_code)) return { code: `${status!.status_code}`, message: asText(status!.status_msg) }
  if (isAnswer(json)) return null
  const message = wordsOf(json.message ?? json.msg ?? json.detail ?? json.errors)
  if (message === null) return null
  return { code: codeOf(json) ?? codeOf(asObject(asList(json.errors)[0]) ?? {}), message }
}

/** Whether a body is, or may be, something else than an error. */
const isAnswer = (json: JsonObject): boolean =>
  (json.object !== undefined && json.object !== null && json.object !== 'error') ||
  json.type === 'message' ||
  ['usage', 'usageMetadata', 'choices', 'candidates'].some(name => json[name] !== undefined && json[name] !== null)

/** `{"error":{"type","code","message"}}`, `{"error":"text"}`, `{"error":{"status"}}` (Gemini) as one shape; null when there is none. */
export function reportedError(error: unknown): ProviderError | null {
  if (typeof error === 'string' && error !== '') return { code: null, message: error }
  const object = asObject(error)
  return object === null ? null : { code: codeOf(object), message: wordsOf(object.message) }
}

function codeOf({ status, code, error_code, type }: JsonObject): string | null {
  const named = asText(status) ?? asText(code) ?? asText(error_code) ?? asText(type)
  return named ?? (typeof code === 'number' ? `${code}` : null)
}

/** A text, the first of several, or the one inside, to the depth that checks of a request go to. */
function wordsOf(value: unknown, depth = 4): string | null {
  if (depth === 0 || typeof value === 'string') return asText(value)
  if (Array.isArray(value)) return wordsOf(value[0], depth - 1)
  const object = asObject(value)
  return object === null ? null : wordsOf(object.message ?? object.msg ?? object.detail, depth - 1)
}

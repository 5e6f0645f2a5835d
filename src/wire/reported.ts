// Money and errors as providers report them in a response → one shape each.
import { type Money, parseUsd } from '../core/meter/money.ts'
import { asCount, asObject, asText, type JsonObject } from './json.ts'
import type { ProviderError } from './wire.ts'

/**
 * What the provider says it charged, or null. It stands beside our own price and never replaces it.
 * - xAI: `cost_in_usd_ticks`, 1e10 ticks a dollar, tools included (https://docs.x.ai/developers/pricing).
 * - Perplexity: `cost` is an object with `total_cost` (https://docs.perplexity.ai/api-reference/chat-completions-post).
 * - OpenRouter: `cost` in credits of one dollar (https://openrouter.ai/docs/use-cases/usage-accounting).
 * - DeepInfra: `estimated_cost` (https://deepinfra.com/docs/openai_api).
 */
export function reportedUsd(usage: JsonObject): Money | null {
  const ticks = asCount(usage.cost_in_usd_ticks)
  if (ticks !== null) return (BigInt(ticks) * picoPerTick) as Money
  return usd(asObject(usage.cost)?.total_cost) ?? usd(usage.cost) ?? usd(usage.estimated_cost)
}

const picoPerTick = 100n

/** Dollars as a JSON number or text, ≥ 0: the shortest decimal that reads back as the number is the one that was sent. */
function usd(value: unknown): Money | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^\d{1,15}(\.\d{1,60})?(e[+-]?\d{1,2})?$/i.test(text) ? parseUsd(text) : null
}

/** Where a body tells its error: in a member of that name, or by being one. */
export const errorMembers = { error: true, object: true, type: true, code: true, status: true, message: true } as const

/** `{"error":{"type","code","message"}}`, `{"error":"text"}`, `{"error":{"status"}}` (Gemini) as one shape; null when there is none. */
export function reportedError(error: unknown): ProviderError | null {
  if (typeof error === 'string' && error !== '') return { code: null, message: error }
  const object = asObject(error)
  if (object === null) return null
  const code = object.code
  return {
    code: asText(object.status) ?? asText(code) ?? asText(object.type) ?? (typeof code === 'number' ? `${code}` : null),
    message: asText(object.message),
  }
}

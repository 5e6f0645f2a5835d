// OpenAI chat completions, and the many servers that speak the same, as a wire.
// https://platform.openai.com/docs/api-reference/chat/object, https://platform.openai.com/docs/api-reference/chat-streaming
import type { BilledUnits } from '../core/meter/usage.ts'
import { asCount, asList, asObject, asText, countOr, type JsonObject } from './json.ts'
import { merged } from './merge.ts'
import { countOpenAi } from './openai-counts.ts'
import { bodyError, errorMembers, reportedError } from './reported.ts'
import { tierOfTraffic } from './vertex-traffic.ts'
import type { Told, Wire } from './wire.ts'

const names = {
  prompt: 'prompt_tokens',
  answer: 'completion_tokens',
  promptDetails: 'prompt_tokens_details',
  answerDetails: 'completion_tokens_details',
}

const chargedBy = { provider_metadata: { gateway: { cost: true } } } as const

export const openAiChat: Wire = {
  name: 'openai.chat',
  lastText: '[DONE]',
  // Words cut short on purpose: regular expressions skip ahead by the letters that all alternatives lack.
  news: /(?:usage|reason|error)"\s*(?::\s*[^n\s]|[,}])|DONE/,
  event: json => told(json, false),
  wanted: {
    id: true,
    model: true,
    usage: true,
    service_tier: true,
    choices: { index: true, finish_reason: true, usage: true, error: true, message: chargedBy, delta: chargedBy },
    x_groq: true,
    timings: true,
    ...errorMembers,
  },
  body: json => told(json, true),
  count(usage, about) {
    // A search model searches on every call and does not say how often; others tell, or do not search.
    const isSearchModel = /-search-(preview|api)/.test(about.model ?? '')
    const searches = searchesOf(usage, isSearchModel ? null : 0)
    return {
      usage: { ...countOpenAi(usage, names, about), searches },
      units: unitsOf(usage),
      // Perplexity's fee of a request goes by how much it searched.
      serviceTier: tierIn(usage) ?? asText(usage.search_context_size),
    }
  },
}

/** The chunk that `stream_options.include_usage` adds. */
const isUsageAlone = ({ choices, usage }: JsonObject): boolean =>
  Array.isArray(choices) && choices.length === 0 && asObject(usage) !== null

/** A body and a chunk have the same members; Azure's first chunk has an empty model and no choices. */
function told(json: JsonObject, isBody: boolean): Told {
  const choices = asList(json.choices).map(asObject)
  const first = choices.find(choice => (choice?.index ?? 0) === 0) ?? null
  const groq = asObject(json.x_groq)
  return {
    id: asText(json.id),
    model: asText(json.model),
    usage: usageOf([timedIn(json), costIn(first), groq?.usage, ...choices.map(choice => choice?.usage), json.usage]),
    serviceTier: servedTier(json.service_tier),
    stopReason: asText(first?.finish_reason),
    error: bodyError(json) ?? reportedError(groq?.error) ?? reportedError(first?.error),
    isTerminal: isBody,
    isUsageAlone: !isBody && isUsageAlone(json),
  }
}

/** What Vercel's gateway charged stands in the message, or in the delta of a stream (https://vercel.com/docs/ai-gateway/usage). */
function costIn(choice: JsonObject | null): JsonObject | null {
  const answer = asObject(choice?.message) ?? asObject(choice?.delta)
  const cost = asText(asObject(asObject(answer?.provider_metadata)?.gateway)?.cost)
  return cost === null ? null : { cost }
}

/** llama.cpp's counts of what its cache held, of what it worked on and of what it wrote: told unasked, with the last words. */
function timedIn(json: JsonObject): JsonObject | null {
  const { cache_n, prompt_n, predicted_n } = asObject(json.timings) ?? {}
  return asCount(cache_n) === null ? null : { timings: { cache_n, prompt_n, predicted_n } }
}

/**
 * Where usage stands in a chunk: `usage` on the last one; Groq's finish chunk has it in `x_groq` too
 * (https://console.groq.com/docs/api-reference), Moonshot's in its choice. The same counts told twice are merged, not added.
 */
function usageOf(places: readonly unknown[]): JsonObject | null {
  let usage: JsonObject | null = null
  for (const place of places) {
    const object = asObject(place)
    if (object !== null) usage = merged(usage, object)
  }
  return usage
}

/** The tier that served; `auto` is what was asked for and not yet decided. */
export const servedTier = (tier: unknown): string | null => (tier === 'auto' ? null : asText(tier))

/** The tier that is told among the counts: by Mistral, and by Vertex as the kind of traffic. */
export function tierIn(usage: JsonObject): string | null {
  const google = asObject(asObject(usage.extra_properties)?.google)
  return servedTier(usage.service_tier) ?? tierOfTraffic(asText(google?.traffic_type))
}

/**
 * Perplexity's `num_search_queries`, of its agents the calls of `search_web`; xAI's counts of searches of the web and of X
 * among the tools that its servers ran, which cost the same (https://docs.x.ai/developers/pricing); OpenRouter's under the
 * name of its documentation or of its answers (https://openrouter.ai/docs/client-sdks/python/components/bodyservertooluse.md).
 */
export function searchesOf(usage: JsonObject, absent: number | null): number | null {
  const tools = asObject(usage.server_side_tool_usage_details)
  const web = countOr(tools, 'web_search_calls', 0)
  const posts = countOr(tools, 'x_search_calls', 0)
  const xai = tools === null ? absent : web === null || posts === null ? null : web + posts
  const routed = asObject(usage.server_tool_use_details) ?? asObject(usage.server_tool_use)
  const agent = asObject(asObject(usage.tool_calls_details)?.search_web)
  const others = countOr(agent, 'invocation', countOr(routed, 'web_search_requests', xai))
  return countOr(usage, 'num_search_queries', others)
}

/** Perplexity's quoted tokens, Mistral's seconds of audio. */
function unitsOf(usage: JsonObject): BilledUnits {
  const citationTokens = asCount(usage.citation_tokens)
  const audioSeconds = asCount(usage.prompt_audio_seconds)
  return { ...(citationTokens && { citationTokens }), ...(audioSeconds && { audioSeconds }) }
}

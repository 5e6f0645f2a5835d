// A span of a call in; the usage that it tells, under whatever names, and what had to be assumed of it, out.
import type { Usage } from '../../core/meter/usage.ts'
import { countAt, countOf, type Json, objectAt, objectOf, textAt } from './attribute.ts'
import type { Attributes, Span } from './span.ts'
import { type ToldUsage, usageOf } from './told-usage.ts'
import { type ToldKind, usageNames } from './usage-names.ts'

/** @param provider as the price catalog knows it */
export function usageOfSpan(
  { attributes, scope }: Span,
  provider: string | null,
  isEmbedding: boolean,
): { readonly usage: Usage; readonly assumed: string | null } {
  const told = toldByLangfuse(attributes) ?? {
    ...toldByAttributes(attributes),
    cachedBeside: besideBy(scope, provider, attributes),
  }
  const whole = { ...told, ...toldByProvider(attributes, told) }
  // An embedding is no text: no answer was written, and none is told.
  return usageOf(isEmbedding && whole.output === null ? { ...whole, output: 0 } : whole)
}

const nothing = { cacheWrite5m: null, cacheWrite1h: null, cachedBeside: null } as const

function toldByAttributes(attributes: Attributes): ToldUsage {
  const counts = Object.entries(usageNames).map(([kind, names]) => [kind, countAt(attributes, names)])
  return { ...(Object.fromEntries(counts) as Record<ToldKind, number | null>), ...nothing }
}

/**
 * Libraries that hand on what the API calls input, which leaves cached tokens out at Bedrock, as read in their source (2026-08),
 * and tell a total of their own. OpenInference's for Bedrock and Strands do both, by the operation: their totals tell.
 */
const besideScopes = [/^opentelemetry\.instrumentation\.bedrock$/]

/** Providers whose own counts leave cached tokens out of the input: who hands them on as they are does too. */
const besideProviders = new Set(['anthropic', 'aws'])

/** Libraries that add them up, as read likewise. */
const insideScopes = [
  /^opentelemetry\.instrumentation\.anthropic$/,
  /^openinference\.instrumentation\.anthropic$/,
  /^opentelemetry\.instrumentation\.langchain$/,
  /^openinference\.instrumentation\.langchain$/,
  /^langsmith$/,
  /^logfire\.(openai|anthropic)$/,
  /^pydantic-ai$/,
  /^gen_ai$/,
]

function besideBy(scope: string, provider: string | null, attributes: Attributes): boolean | null {
  if (besideScopes.some(pattern => pattern.test(scope))) return true
  if (insideScopes.some(pattern => pattern.test(scope))) return false
  // Whoever speaks OpenAI's API counts as OpenAI does, whoever it is.
  const isSpokenAsOpenAi = textAt(attributes, 'gen_ai.provider.name', 'gen_ai.system')?.toLowerCase() === 'openai'
  return isSpokenAsOpenAi || (provider !== null && !besideProviders.has(provider)) ? false : null
}

/** What libraries pass on of the provider's own answer, whose input Anthropic tells without its caches, and how long writes live. */
function toldByProvider(attributes: Attributes, told: ToldUsage): Partial<ToldUsage> {
  const raw = objectAt(attributes, 'gen_ai.usage.raw')
  if (Object.keys(raw).length > 0) return ofRaw(raw, told)
  const metadata = objectAt(attributes, 'ai.response.providerMetadata')
  const usage = objectOf(objectOf(metadata.anthropic).usage)
  const fresh = countOf(usage.input_tokens)
  if (fresh === null || told.input === null)
    return { ...ofOtherProviders(metadata, told), ...detailsOf(attributes, told) }
  return ofAnthropic(usage, fresh, told)
}

function ofAnthropic(usage: Json, fresh: number, told: ToldUsage): Partial<ToldUsage> {
  const cacheRead = told.cacheRead ?? countOf(usage.cache_read_input_tokens)
  const cacheWrite = told.cacheWrite ?? countOf(usage.cache_creation_input_tokens)
  const isOfThisCall = told.input === fresh || told.input === fresh + (cacheRead ?? 0) + (cacheWrite ?? 0)
  const split = objectOf(usage.cache_creation)
  return {
    cacheRead,
    cacheWrite,
    cacheWrite5m: countOf(split.ephemeral_5m_input_tokens),
    cacheWrite1h: countOf(split.ephemeral_1h_input_tokens),
    ...(isOfThisCall ? { fresh } : {}),
  }
}

/** Logfire's clients: the provider's usage object as it was, and beside it only the two sums. */
function ofRaw(raw: Json, told: ToldUsage): Partial<ToldUsage> {
  const fresh = countOf(raw.input_tokens)
  const isOfAnthropic = raw.cache_read_input_tokens !== undefined || raw.cache_creation_input_tokens !== undefined
  if (isOfAnthropic && fresh !== null) return ofAnthropic(raw, fresh, told)
  const prompt = objectOf(raw.prompt_tokens_details ?? raw.input_tokens_details)
  const completion = objectOf(raw.completion_tokens_details ?? raw.output_tokens_details)
  return {
    total: told.total ?? countOf(raw.total_tokens),
    cacheRead: told.cacheRead ?? countOf(prompt.cached_tokens),
    cacheWrite: told.cacheWrite ?? countOf(prompt.cache_write_tokens),
    reasoning: told.reasoning ?? countOf(completion.reasoning_tokens),
    inputAudio: told.inputAudio ?? countOf(prompt.audio_tokens),
    outputAudio: told.outputAudio ?? countOf(completion.audio_tokens),
  }
}

/** LangSmith's exporter: LangChain's details of both sums, as Python prints them. */
function detailsOf(attributes: Attributes, told: ToldUsage): Partial<ToldUsage> {
  const printed = (name: string): Json => {
    const value = attributes[name]
    return objectAt(typeof value === 'string' ? { [name]: value.replaceAll("'", '"') } : attributes, name)
  }
  const prompt = printed('gen_ai.usage.input_token_details')
  const completion = printed('gen_ai.usage.output_token_details')
  const details = {
    cacheRead: told.cacheRead ?? countOf(prompt.cache_read),
    cacheWrite: told.cacheWrite ?? countOf(prompt.cache_creation),
    inputAudio: told.inputAudio ?? countOf(prompt.audio),
    reasoning: told.reasoning ?? countOf(completion.reasoning),
    outputAudio: told.outputAudio ?? countOf(completion.audio),
  }
  return Object.fromEntries(Object.entries(details).filter(([, count]) => count !== null))
}

function ofOtherProviders(metadata: Json, told: ToldUsage): Partial<ToldUsage> {
  const openai = objectOf(metadata.openai)
  const bedrock = objectOf(objectOf(metadata.bedrock).usage)
  return {
    cacheRead: told.cacheRead ?? countOf(openai.cachedPromptTokens) ?? countOf(bedrock.cacheReadInputTokens),
    cacheWrite: told.cacheWrite ?? countOf(bedrock.cacheWriteInputTokens),
    reasoning: told.reasoning ?? countOf(openai.reasoningTokens),
  }
}

/** Langfuse's SDKs: buckets beside each other and their total, or OpenAI's own object; null where they tell nothing. */
function toldByLangfuse(attributes: Attributes): ToldUsage | null {
  const usage = objectAt(attributes, 'langfuse.observation.usage_details')
  const first = (...values: readonly unknown[]) => values.map(countOf).find(count => count !== null) ?? null
  const prompt = objectOf(usage.prompt_tokens_details ?? usage.input_tokens_details)
  const completion = objectOf(usage.completion_tokens_details ?? usage.output_tokens_details)
  const bucket = first(usage.input)
  const input = bucket ?? first(usage.prompt_tokens, usage.input_tokens, usage.promptTokens)
  const output = first(usage.output, usage.completion_tokens, usage.output_tokens, usage.completionTokens)
  if (input === null && output === null) return null
  const short = first(usage.input_cache_creation_5m)
  const long = first(usage.input_cache_creation_1h)
  const rest = first(usage.input_cache_creation, usage.cache_creation_input_tokens)
  const written = [rest, short, long].filter(count => count !== null)
  return {
    input,
    output,
    total: first(usage.total, usage.total_tokens, usage.totalTokens),
    fresh: null,
    cacheRead: first(
      usage.input_cached_tokens,
      usage.cache_read_input_tokens,
      usage.input_cache_read,
      prompt.cached_tokens,
    ),
    cacheWrite: written.length === 0 ? null : written.reduce((sum, count) => sum + count, 0),
    cacheWrite5m: short,
    cacheWrite1h: long,
    reasoning: first(usage.output_reasoning_tokens, usage.output_reasoning, completion.reasoning_tokens),
    inputAudio: first(usage.input_audio_tokens, prompt.audio_tokens),
    inputImage: null,
    outputAudio: first(usage.output_audio_tokens, completion.audio_tokens),
    outputImage: null,
    cachedBeside: bucket === null && usage.prompt_tokens !== undefined ? false : bucket !== null,
  }
}

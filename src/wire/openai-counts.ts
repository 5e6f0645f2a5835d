// OpenAI's three totals with their details → usage: what stands inside what is told by arithmetic, not by the seller's name.
import { isOwnServer } from '../core/meter/own-servers.ts'
import { providerId } from '../core/meter/seller.ts'
import { type Usage, unknownUsage } from '../core/meter/usage.ts'
import { asCount, asObject, countOr, type JsonObject } from './json.ts'
import { freshPrompt, textAnswer } from './split.ts'
import type { About } from './wire.ts'

/** The names that chat and responses give to the same counts. */
export interface OpenAiNames {
  readonly prompt: string
  readonly answer: string
  readonly promptDetails: string
  readonly answerDetails: string
}

/**
 * OpenAI counts cached and written tokens, audio and images inside the prompt, and reasoning inside the answer
 * (https://platform.openai.com/docs/api-reference/chat/object, https://platform.openai.com/docs/guides/prompt-caching).
 * A detail that is left out is 0: OpenAI lists a detail wherever it has one. Own servers differ: vLLM tells cache hits only
 * with --enable-prompt-tokens-details and does not count reasoning apart, so that with them what is left out is unknown.
 *
 * Sellers of the same shape differ in what is inside: xAI and Vertex count reasoning outside the answer, some gateways count
 * caches outside the prompt. `total_tokens` decides, where it is the sum of one reading and not of another. Gemini thinks
 * outside the answer and does not say how much: what the total has on top of prompt and answer is its thinking, billed as
 * output (https://ai.google.dev/gemini-api/docs/openai).
 */
export function countOpenAi(usage: JsonObject, names: OpenAiNames, about: About): Usage {
  const absent = isOwnServer(about.provider) ? null : 0
  const promptDetails = detailsOf(usage, names.promptDetails)
  const answerDetails = detailsOf(usage, names.answerDetails)
  const timings = asObject(usage.timings)
  const total = asCount(usage.total_tokens)

  const cacheRead = readsOf(usage, promptDetails, absent)
  const writes = writesOf(usage, promptDetails, about)
  const caches = (cacheRead ?? 0) + (writes.cacheWrite ?? 0)
  let reasoning = countOr(answerDetails, 'reasoning_tokens', countOr(usage, 'reasoning_tokens', absent))

  let prompt = asCount(usage[names.prompt]) ?? promptByCache(usage)
  let answer = isLeftOut(usage[names.answer]) ? asCount(timings?.predicted_n) : asCount(usage[names.answer])
  // The totals of two of the three give the third, where it is not told at all.
  if (answer === null && prompt !== null && total !== null && isLeftOut(usage[names.answer])) {
    answer = total >= prompt ? total - prompt : null
  } else if (prompt !== null && answer !== null) {
    const sum = prompt + answer
    const isOutside =
      reasoning !== null &&
      (reasonsApart(usage, answer, reasoning, about) ||
        reasoningIsOutside(sum, answer, reasoning, total, about.provider))
    if (isOutside) answer += reasoning ?? 0
    else if (total !== null && total !== sum && total === sum + caches) prompt += caches
    else if (total !== null && total > sum && !reasoning && isGemini(about)) {
      reasoning = total - sum
      answer += reasoning
    }
  }

  const audioOut = countOr(answerDetails, 'audio_tokens', 0)
  const imageOut = countOr(answerDetails, 'image_tokens', 0)
  const output = textAnswer(answer, audioOut, imageOut)
  const cachedDetails = asObject(promptDetails?.cached_tokens_details)
  return {
    ...unknownUsage,
    ...freshPrompt({
      whole: prompt,
      cacheRead,
      cacheWrite: writes.cacheWrite,
      audio: countOr(promptDetails, 'audio_tokens', 0),
      image: countOr(promptDetails, 'image_tokens', 0),
      cachedAudio: asCount(cachedDetails?.audio_tokens) ?? 0,
      cachedImage: asCount(cachedDetails?.image_tokens) ?? 0,
    }),
    cacheRead,
    ...writes,
    output,
    reasoning: reasoning !== null && output !== null && reasoning > output ? null : reasoning,
    outputAudio: audioOut,
    outputImage: imageOut,
    searches: about.searches,
  }
}

const isLeftOut = (value: unknown): boolean => value === undefined || value === null

/** Mistral writes both `prompt_tokens_details` and `prompt_token_details` (https://docs.mistral.ai/api). */
const detailsOf = (usage: JsonObject, name: string): JsonObject | null =>
  asObject(usage[name]) ?? asObject(usage[name.replace('tokens', 'token')])

const isGemini = ({ provider, model }: About): boolean =>
  /gemini/i.test(model ?? '') || (provider !== null && /^google(-vertex)?$/.test(providerId(provider)))

/**
 * Perplexity's deep research reasons beside its answer, outside of the total, and bills it on top: 11,395 tokens of answer with
 * 193,947 of reasoning cost 0.091 + 0.582 (https://docs.perplexity.ai/getting-started/pricing). What its other models tell
 * among the details is inside.
 */
function reasonsApart(usage: JsonObject, answer: number, reasoning: number, { provider, model }: About): boolean {
  const isPerplexity = provider === null ? /^sonar/.test(model ?? '') : providerId(provider) === 'perplexity'
  const isDeep = reasoning > answer || /deep-research/.test(model ?? '')
  return isPerplexity && isDeep && asCount(usage.reasoning_tokens) !== null
}

/**
 * xAI: reasoning is "counted separately from completion_tokens, but counted in total_tokens" (https://docs.x.ai); one of its
 * endpoints counts it inside all the same. So the total decides; without one, more reasoning than answer cannot be inside,
 * and xAI's stands outside.
 */
function reasoningIsOutside(
  sum: number,
  answer: number,
  reasoning: number,
  total: number | null,
  provider: string | null,
): boolean {
  if (reasoning === 0 || total === sum) return false
  if (total === sum + reasoning) return true
  return reasoning > answer || (total === null && provider !== null && providerId(provider) === 'x-ai')
}

/**
 * Cache hits: `cached_tokens` of the details; of the usage itself (Moonshot); DeepSeek's `prompt_cache_hit_tokens`
 * (https://api-docs.deepseek.com/guides/kv_cache); Anthropic's name, as gateways pass it on; llama.cpp's `cache_n` among its
 * timings (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md).
 */
function readsOf(usage: JsonObject, details: JsonObject | null, absent: number | null): number | null {
  const elsewhere = ['prompt_cache_hit_tokens', 'cached_tokens', 'cache_read_input_tokens', 'num_cached_tokens']
  const key = elsewhere.find(name => !isLeftOut(usage[name]))
  const timed = countOr(asObject(usage.timings), 'cache_n', absent)
  return countOr(details, 'cached_tokens', key === undefined ? timed : asCount(usage[key]))
}

/** DeepSeek's hits and misses are the prompt, as are what llama.cpp had and what it worked on. */
function promptByCache(usage: JsonObject): number | null {
  const timings = asObject(usage.timings)
  const hit = asCount(usage.prompt_cache_hit_tokens) ?? asCount(timings?.cache_n)
  const miss = asCount(usage.prompt_cache_miss_tokens) ?? asCount(timings?.prompt_n)
  return hit === null || miss === null ? null : hit + miss
}

type Writes = Pick<Usage, 'cacheWrite' | 'cacheWrite5m' | 'cacheWrite1h' | 'cacheWrite30m' | 'cacheWrite12h'>

/**
 * Cache writes and their time to live. OpenAI's `cache_write_tokens` live 30 minutes unless the request asked otherwise
 * (https://platform.openai.com/docs/guides/prompt-caching); sellers of Claude write for 5 minutes by default and some
 * tell the split (DashScope: https://help.aliyun.com/zh/model-studio/context-cache). A router sells many makers' models:
 * there the maker in the model's name decides, and without one the time is unknown. new-api has names of its own for
 * Anthropic's (https://github.com/QuantumNous/new-api/blob/main/dto/openai_response.go).
 */
function writesOf(usage: JsonObject, details: JsonObject | null, about: About): Writes {
  const isOpenAiName = !isLeftOut(details?.cache_write_tokens)
  const elsewhere = ['cache_creation_input_tokens', 'cache_creation_tokens', 'cached_creation_tokens']
  const key = elsewhere.find(name => !isLeftOut(details?.[name]))
  const cacheWrite = isOpenAiName
    ? asCount(details!.cache_write_tokens)
    : key !== undefined
      ? asCount(details![key])
      : countOr(usage, 'cache_creation_input_tokens', 0)
  const split = asObject(details?.cache_creation) ?? asObject(usage.cache_creation)
  const cacheWrite1h = asCount(split?.ephemeral_1h_input_tokens ?? usage.claude_cache_creation_1_h_tokens)
  const none = { cacheWrite5m: 0, cacheWrite1h: 0, cacheWrite30m: 0, cacheWrite12h: 0 }
  if (cacheWrite === 0) return { cacheWrite, ...none }
  const unknown = { cacheWrite5m: null, cacheWrite1h: null, cacheWrite30m: null, cacheWrite12h: null }
  if (cacheWrite === null) return { cacheWrite, ...unknown }
  const maker = /^(.*)\//.exec(about.model ?? '')?.[1] ?? null
  if (maker === 'anthropic' || split !== null || !isOpenAiName) {
    if (cacheWrite1h !== null && cacheWrite1h > cacheWrite) return { cacheWrite, ...unknown }
    return { cacheWrite, ...none, cacheWrite5m: cacheWrite - (cacheWrite1h ?? 0), cacheWrite1h: cacheWrite1h ?? 0 }
  }
  if (maker !== null && maker !== 'openai') return { cacheWrite, ...unknown }
  return { cacheWrite, ...none, cacheWrite30m: cacheWrite }
}

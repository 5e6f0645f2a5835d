// Gemini generateContent and streamGenerateContent, at AI Studio and at Vertex, as a wire.
// https://ai.google.dev/api/generate-content#UsageMetadata
import { type Usage, unknownUsage } from '../core/meter/usage.ts'
import { asCount, asList, asObject, asText, countOr, type JsonObject } from './json.ts'
import { bodyError, errorMembers } from './reported.ts'
import { freshPrompt, textAnswer } from './split.ts'
import { tierOfTraffic } from './vertex-traffic.ts'
import type { About, Told, Wire } from './wire.ts'

export const geminiGenerateContent: Wire = {
  name: 'gemini.generateContent',
  event: told,
  wanted: {
    responseId: true,
    modelVersion: true,
    usageMetadata: true,
    candidates: { index: true, finishReason: true, groundingMetadata: { webSearchQueries: true } },
    promptFeedback: { blockReason: true },
    ...errorMembers,
  },
  body: json => ({ ...told(json), isTerminal: true }),
  count: (usage, about) => ({ usage: counts(usage, about), serviceTier: tierOf(usage) }),
}

/**
 * Google's own libraries for Vertex ask for `$alt=json;enum-encoding=int`: then names of enumerations come as their numbers
 * (https://github.com/googleapis/googleapis/blob/master/google/cloud/aiplatform/v1/content.proto and prediction_service.proto).
 */
function enumName(value: unknown, names: readonly string[]): string | null {
  const name = typeof value === 'number' ? (names[value - 1] ?? (value === 0 ? null : `${value}`)) : asText(value)
  return name === null || /unspecified$/i.test(name) ? null : name
}

const finishReasons = ['STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER']
const blockReasons = ['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT']
const modalityNames = ['TEXT', 'IMAGE', 'VIDEO', 'AUDIO', 'DOCUMENT']
const trafficTypes = ['ON_DEMAND', 'PROVISIONED_THROUGHPUT', 'ON_DEMAND_PRIORITY', 'ON_DEMAND_FLEX']

/** A chunk is a whole response of its own, with running totals. One with a reason to stop, or a blocked prompt, is the last. */
function told(json: JsonObject): Told {
  const candidates = asList(json.candidates).map(asObject)
  const first = candidates.find(candidate => (candidate?.index ?? 0) === 0) ?? null
  const { blockReason } = asObject(json.promptFeedback) ?? {}
  const stopReason = enumName(first?.finishReason, finishReasons) ?? enumName(blockReason, blockReasons)
  return {
    id: asText(json.responseId),
    model: asText(json.modelVersion),
    usage: asObject(json.usageMetadata),
    stopReason,
    error: bodyError(json),
    searches: searchesOf(candidates),
    isTerminal: stopReason !== null,
  }
}

/**
 * Each query of a grounded answer is a search: empty ones are not billed, nor one that was asked before ("we ignore the empty
 * web search queries when counting unique queries", https://ai.google.dev/gemini-api/docs/google-search).
 */
function searchesOf(candidates: readonly (JsonObject | null)[]): ReadonlyMap<string, number> {
  const searches = new Map<string, number>()
  for (const candidate of candidates) {
    const grounding = asObject(candidate?.groundingMetadata)
    for (const query of asList(grounding?.webSearchQueries)) {
      const words = asText(query)?.trim()
      if (words) searches.set(words, 1)
    }
  }
  return searches
}

/**
 * The cache stands inside the prompt; thinking and what tools put into the prompt stand outside candidates and prompt, and
 * the total is the sum of the four. Where it is another sum of them, it says what stood inside. Counts of 0 are left out, as
 * ever in JSON of protocol buffers (https://protobuf.dev/programming-guides/json).
 */
function counts(usage: JsonObject, about: About): Usage {
  const prompt = asCount(usage.promptTokenCount)
  const cacheRead = countOr(usage, 'cachedContentTokenCount', 0)
  const tool = countOr(usage, 'toolUsePromptTokenCount', 0)
  const reasoning = countOr(usage, 'thoughtsTokenCount', 0)
  const total = asCount(usage.totalTokenCount)
  const { whole, answer } = placed(
    prompt,
    answerOf(usage, prompt, tool, reasoning, total, about),
    tool,
    reasoning,
    total,
  )

  const promptBy = modalities(usage.promptTokensDetails)
  const toolBy = modalities(usage.toolUsePromptTokensDetails)
  const cachedBy = modalities(usage.cacheTokensDetails)
  const answerBy = modalities(usage.candidatesTokensDetails ?? usage.responseTokensDetails)
  return {
    ...unknownUsage,
    ...freshPrompt({
      whole,
      cacheRead,
      cacheWrite: 0,
      audio: promptBy.audio + toolBy.audio,
      image: promptBy.image + toolBy.image,
      cachedAudio: cachedBy.audio,
      cachedImage: cachedBy.image,
    }),
    cacheRead,
    // A cache is made by a call of its own and billed by the hour, not written by this one.
    cacheWrite: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    cacheWrite30m: 0,
    cacheWrite12h: 0,
    output: textAnswer(answer, answerBy.audio, answerBy.image),
    reasoning,
    outputAudio: answerBy.audio,
    outputImage: answerBy.image,
    searches: about.searches,
  }
}

/**
 * Candidates without thinking. Left out, the total still says how many there are; without it there are none once the answer
 * is over or its thinking was counted, and before that nobody knows.
 */
function answerOf(
  usage: JsonObject,
  prompt: number | null,
  tool: number | null,
  reasoning: number | null,
  total: number | null,
  about: About,
): number | null {
  const key = usage.candidatesTokenCount ?? usage.responseTokenCount
  if (key !== undefined && key !== null) return asCount(key)
  const isKnown = about.isComplete || asCount(usage.thoughtsTokenCount) !== null
  const rest = total === null || prompt === null ? 0 : total - prompt - (tool ?? 0) - (reasoning ?? 0)
  return rest > 0 ? rest : isKnown ? 0 : null
}

/** The whole prompt and the whole answer, by the reading of the four counts that gives the total; else the documented one. */
function placed(
  prompt: number | null,
  candidates: number | null,
  tool: number | null,
  reasoning: number | null,
  total: number | null,
): { readonly whole: number | null; readonly answer: number | null } {
  if (tool === null || reasoning === null) {
    return {
      whole: tool === null ? null : prompt === null ? null : prompt + tool,
      answer: reasoning === null || candidates === null ? null : candidates + reasoning,
    }
  }
  const sum = prompt === null || candidates === null ? null : prompt + candidates
  const isSum = (more: number): boolean => sum !== null && total === sum + more
  const isDocumented = isSum(tool + reasoning)
  const isToolInside = !isDocumented && (isSum(reasoning) || isSum(0))
  const isThinkingInside = !isDocumented && !isSum(reasoning) && (isSum(tool) || isSum(0))
  return {
    whole: prompt === null ? null : prompt + (isToolInside ? 0 : tool),
    answer: candidates === null ? null : candidates + (isThinkingInside ? 0 : reasoning),
  }
}

/** Tokens by modality, where they are told. Video and documents are input like text. */
function modalities(details: unknown): { readonly audio: number; readonly image: number } {
  let audio = 0
  let image = 0
  for (const item of asList(details).map(asObject)) {
    const tokens = asCount(item?.tokenCount) ?? 0
    const modality = enumName(item?.modality, modalityNames)
    if (modality === 'AUDIO') audio += tokens
    else if (modality === 'IMAGE') image += tokens
  }
  return { audio, image }
}

/** The tier that served: AI Studio names it, Vertex names the kind of traffic it belongs to. */
const tierOf = (usage: JsonObject): string | null =>
  enumName(usage.serviceTier, []) ?? tierOfTraffic(enumName(usage.trafficType, trafficTypes))

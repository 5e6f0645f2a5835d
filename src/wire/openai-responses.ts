// OpenAI responses, and servers that speak the same, as a wire.
// https://platform.openai.com/docs/api-reference/responses/object, https://platform.openai.com/docs/api-reference/responses-streaming
import { adviceUnit } from '../core/meter/advice.ts'
import { type BilledUnits, noUnits, type UsageKind } from '../core/meter/usage.ts'
import { asCount, asList, asObject, asText, type JsonObject } from './json.ts'
import { searchesOf, servedTier, tierIn } from './openai-chat.ts'
import { countOpenAi } from './openai-counts.ts'
import { bodyError, errorMembers, reportedError } from './reported.ts'
import type { About, Told, Wire } from './wire.ts'

const names = {
  prompt: 'input_tokens',
  answer: 'output_tokens',
  promptDetails: 'input_tokens_details',
  answerDetails: 'output_tokens_details',
}

/** An incomplete response is over and billed; a failed one is over and mostly has no usage. */
const lastEvents: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

export const openAiResponses: Wire = {
  name: 'openai.responses',
  news: /"response"\s*[:,}]|output_item|"?error"?\s*[,}:\r\n]/,
  event(json, name) {
    const type = asText(json.type) ?? name
    const response = asObject(json.response)
    if (response !== null) return { ...told(response), isTerminal: lastEvents.has(type) }
    if (type === 'response.output_item.done') return searchesIn([json.item], json.output_index)
    if (type === 'error') return { error: reportedError(json.error ?? { ...json, type: null }) }
    // Not an event: a body that came in a stream's place, or an error without a type.
    return json.object === 'response' ? told(json) : { error: reportedError(json.error) }
  },
  wanted: {
    id: true,
    model: true,
    usage: true,
    service_tier: true,
    incomplete_details: true,
    output: { type: true, id: true, status: true, action: { type: true } },
    tools: { type: true, model: true },
    tool_usage: { image_gen: true },
    ...errorMembers,
  },
  // A response of the background is asked for again until it is over: before that its usage is null.
  body: json => ({ ...told(json), isTerminal: json.status !== 'queued' && json.status !== 'in_progress' }),
  count(usage, about) {
    const counted = countOpenAi(usage, names, about)
    const tools = asObject(usage.server_side_tool_usage_details)
    const fileSearches = asCount(tools?.file_search_calls) ?? about.fileSearches
    // A seller that counts its searches in the usage says what it charges; else they are the items of the output.
    return {
      usage: { ...counted, searches: searchesOf(usage, about.searches) },
      serviceTier: tierIn(usage),
      units: { ...(fileSearches > 0 && { fileSearches }), ...imagesIn(usage, about) },
    }
  },
}

function told(response: JsonObject): Told {
  return {
    id: asText(response.id),
    model: asText(response.model),
    usage: withImages(response),
    serviceTier: servedTier(response.service_tier),
    stopReason: asText(asObject(response.incomplete_details)?.reason) ?? endedAs(response.status),
    error: bodyError(response),
    ...searchesIn(asList(response.output), 0),
  }
}

/** The counts, and among them those of the tool that made images, if it did, with the model that it is. */
function withImages(response: JsonObject): JsonObject | null {
  const usage = asObject(response.usage)
  const images = asObject(asObject(response.tool_usage)?.image_gen)
  const isUsed = asCount(images?.input_tokens) !== 0 || asCount(images?.output_tokens) !== 0
  if (usage === null || images === null || !isUsed) return usage
  const tool = asList(response.tools).map(asObject)
  return { ...usage, image_gen: { ...images, model: tool.find(one => one?.type === 'image_generation')?.model } }
}

/**
 * What the tool that makes images used: tokens of a model of its own, which stand beside those of the one that answered and
 * are billed by its rates (https://platform.openai.com/docs/guides/tools-image-generation).
 */
function imagesIn(usage: JsonObject, about: About): BilledUnits {
  const images = asObject(usage.image_gen)
  if (images === null) return noUnits
  const model = asText(images.model) ?? 'unnamed'
  const counted = Object.entries(countOpenAi(images, names, { ...about, model })) as [UsageKind, number | null][]
  // Prompt and answer are told even where they are 0: an advice that leaves them out is one of unknown usage.
  const told = counted.flatMap(([kind, count]) =>
    count === null || kind === 'searches' || (count === 0 && kind !== 'input' && kind !== 'output')
      ? []
      : [[adviceUnit(1, kind, model), count] as const],
  )
  return Object.fromEntries(told)
}

const endedAs = (status: unknown): string | null =>
  status === 'queued' || status === 'in_progress' ? null : asText(status)

/**
 * Searches of the web and of own files among items of the output, each once by its id. Of a web search's three actions `search`
 * is charged; opening a page and finding in it are not (https://platform.openai.com/docs/guides/tools-web-search).
 */
function searchesIn(items: readonly unknown[], firstIndex: unknown): Required<Pick<Told, 'searches' | 'fileSearches'>> {
  const searches = new Map<string, number>()
  const fileSearches = new Map<string, number>()
  items.forEach((value, i) => {
    const item = asObject(value)
    if (item === null || item.status === 'failed') return
    const maker = asText(item.id) ?? `#${Number(firstIndex) + i}`
    if (item.type === 'file_search_call') fileSearches.set(maker, 1)
    if (item.type !== 'web_search_call') return
    const action = asText(asObject(item.action)?.type)
    if (action === null || action === 'search') searches.set(maker, 1)
  })
  return { searches, fileSearches }
}

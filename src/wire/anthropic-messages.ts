// Anthropic messages, and servers that speak the same, as a wire.
// https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/docs/build-with-claude/streaming
import { adviceUnit } from '../core/meter/advice.ts'
import { isOwnServer } from '../core/meter/own-servers.ts'
import { type BilledUnits, noUnits, type Usage, type UsageKind, unknownUsage } from '../core/meter/usage.ts'
import { asCount, asList, asObject, asText, countOr, type JsonObject } from './json.ts'
import { bodyError, errorMembers, reportedError } from './reported.ts'
import type { About, Told, Wire } from './wire.ts'

export const anthropicMessages: Wire = {
  name: 'anthropic.messages',
  news: /message_st(?:art|op)|message_delta|content_block_start|error/,
  event(json, name) {
    const type = asText(json.type) ?? name
    if (type === 'message_start') return message(asObject(json.message) ?? {})
    if (type === 'message_delta') {
      return { usage: asObject(json.usage), stopReason: asText(asObject(json.delta)?.stop_reason) }
    }
    if (type === 'content_block_start') return { model: fallbackModel(asObject(json.content_block)) }
    if (type === 'error') return { error: reportedError(json.error) }
    return { isTerminal: type === 'message_stop' }
  },
  wanted: { id: true, model: true, usage: true, stop_reason: true, ...errorMembers },
  body: json => ({ ...message(json), isTerminal: true }),
  count(usage, about) {
    return {
      usage: counts(usage, about),
      units: adviceIn(usage),
      serviceTier: asText(usage.service_tier),
      speed: asText(usage.speed),
      region: asText(usage.inference_geo),
    }
  },
}

const message = (json: JsonObject): Told => ({
  id: asText(json.id),
  model: asText(json.model),
  usage: asObject(json.usage),
  stopReason: asText(json.stop_reason),
  error: bodyError(json),
})

/** A model that declined hands the answer to another, which serves it from there on, and by whose rates it is billed. */
const fallbackModel = (block: JsonObject | null): string | null =>
  block?.type === 'fallback' ? asText(asObject(block.to)?.model) : null

/** Counts that a message and each of its iterations have: all stand side by side, none inside another. */
interface Side {
  readonly input: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  readonly cacheWrite1h: number | null
  readonly output: number | null
}

/**
 * `input_tokens` is what neither came from the cache nor went into it; writes live 5 minutes unless `cache_creation` says
 * otherwise; `output_tokens` is everything that was generated, thinking included, and in `message_start` no more than a
 * beginning. `message_delta` is cumulative and tells no `cache_creation`, so that the split of the start stays
 * (https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance). A cache that was not
 * used may be left out; how much was thinking is unknown unless told.
 */
function counts(usage: JsonObject, about: About): Usage {
  const absent = isOwnServer(about.provider) ? null : 0
  const message = withoutCaches(side(usage, absent), usage, about)
  const total = withCompaction(message, usage)
  const { cacheWrite, output } = total
  const thinking = countOr(asObject(usage.output_tokens_details), 'thinking_tokens', null)
  return {
    ...unknownUsage,
    ...sideKinds(total),
    cacheWrite30m: cacheWrite === null ? null : 0,
    cacheWrite12h: cacheWrite === null ? null : 0,
    // Images and documents are tokens of the input like any other.
    inputAudio: 0,
    inputImage: 0,
    reasoning: thinking !== null && output !== null && thinking > output ? null : thinking,
    outputAudio: 0,
    outputImage: 0,
    // Searches are counted as they are made: what tells none had none so far.
    searches: countOr(asObject(usage.server_tool_use), 'web_search_requests', 0),
  }
}

function sideKinds({ input, cacheRead, cacheWrite, cacheWrite1h, output }: Side) {
  const isSplit = cacheWrite !== null && cacheWrite1h !== null && cacheWrite1h <= cacheWrite
  const parts = isSplit
    ? { cacheWrite5m: cacheWrite - cacheWrite1h, cacheWrite1h }
    : { cacheWrite5m: null, cacheWrite1h: null }
  return { input, cacheRead, cacheWrite, ...parts, output }
}

function side(usage: JsonObject, absent: number | null): Side {
  const split = asObject(usage.cache_creation)
  const for5m = countOr(split, 'ephemeral_5m_input_tokens', 0)
  const for1h = countOr(split, 'ephemeral_1h_input_tokens', 0)
  const bySplit = split === null || for5m === null || for1h === null ? absent : for5m + for1h
  return {
    input: asCount(usage.input_tokens),
    cacheRead: countOr(usage, 'cache_read_input_tokens', absent),
    cacheWrite: countOr(usage, 'cache_creation_input_tokens', bySplit),
    cacheWrite1h: for1h,
    output: asCount(usage.output_tokens),
  }
}

/**
 * Kimi's endpoint tells the whole prompt as `input_tokens`, cache included, where Anthropic tells the rest of it
 * (https://github.com/maximhq/bifrost/issues/5510): 173,306 with 173,056 of them read. Its streams may tell the whole at the
 * start and the rest at the end; then the start is the sum of the end's parts, and nothing is to be taken off.
 */
function withoutCaches(told: Side, usage: JsonObject, { provider, model, first }: About): Side {
  const { input, cacheRead, cacheWrite } = told
  const caches = (cacheRead ?? 0) + (cacheWrite ?? 0)
  if (input === null || caches === 0 || caches > input || !/kimi|moonshot/i.test(provider ?? model ?? '')) return told
  const atStart = asCount(first.input_tokens)
  if (atStart !== null && atStart !== asCount(usage.input_tokens) && atStart >= input + caches) return told
  return { ...told, input: input - caches }
}

/**
 * Compaction is billed on top of what the message tells of itself: its usage leaves out `iterations` of that type
 * (https://platform.claude.com/docs/en/build-with-claude/compaction). Attempts of other models are billed elsewhere. Where
 * the message already is the sum of all iterations, it is left as it is.
 */
function withCompaction(whole: Side, usage: JsonObject): Side {
  const iterations = asList(usage.iterations)
    .map(asObject)
    .filter(item => item !== null)
  const told = withAdvice(whole, iterations)
  const compactions = iterations.filter(item => item.type === 'compaction').map(item => side(item, 0))
  if (compactions.length === 0) return told
  const all = iterations.map(item => side(item, 0)).reduce(together)
  if (all.input === told.input && all.output === told.output && all.cacheRead === told.cacheRead) return told
  return [told, ...compactions].reduce(together)
}

/** What each advice used, see `withAdvice`. An advice that tells nothing is one of unknown usage. */
function adviceIn(usage: JsonObject): BilledUnits {
  const advice = asList(usage.iterations)
    .map(asObject)
    .filter(item => item?.type === 'advisor_message')
  const units = advice.flatMap((item, i) => {
    const told = Object.entries(sideKinds(side(item!, 0)))
    const model = asText(item!.model) ?? 'unnamed'
    return told.flatMap(([kind, count]) =>
      count === null ? [] : [[adviceUnit(i + 1, kind as UsageKind, model), count] as const],
    )
  })
  return units.length === 0 ? noUnits : Object.fromEntries(units)
}

/**
 * Between the iterations of a message another model may be asked for advice. Its tokens are that model's, billed by its rates;
 * of the message's own prompts the top tells the first alone, though each is billed
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool#usage-and-billing).
 */
function withAdvice(told: Side, iterations: readonly JsonObject[]): Side {
  const messages = iterations.filter(item => item.type === 'message').map(item => side(item, 0))
  if (messages.length === 0 || !iterations.some(item => item.type === 'advisor_message')) return told
  const all = messages.reduce(together)
  // Where the answers do not add up to the whole one, nobody can say what the iterations are of.
  if (all.output !== told.output) return told
  return { ...all, cacheWrite1h: Math.max(all.cacheWrite1h ?? 0, told.cacheWrite1h ?? 0) }
}

const together = (a: Side, b: Side): Side => ({
  input: plus(a.input, b.input),
  cacheRead: plus(a.cacheRead, b.cacheRead),
  cacheWrite: plus(a.cacheWrite, b.cacheWrite),
  cacheWrite1h: plus(a.cacheWrite1h, b.cacheWrite1h),
  output: plus(a.output, b.output),
})

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)

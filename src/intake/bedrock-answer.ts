// Counts of a Bedrock invocation and the answer beside them, where it was logged, in; usage, model, tier and times, out. Text is never read.
import { noUsage, type Usage, unknownUsage } from '../core/meter/usage.ts'
import { anthropicMessages } from '../wire/anthropic-messages.ts'
import { openAiChat } from '../wire/openai-chat.ts'
import { type Reading, startReading } from '../wire/reading.ts'
import type { Wire } from '../wire/wire.ts'
import { partedBy } from './inclusion.ts'
import { isObject, type Json } from './pages.ts'
import { countCell, numberCell, textCell } from './record-cells.ts'

export interface BedrockAnswer {
  readonly usage: Usage
  /** As the answer names it; null where it does not. */
  readonly model: string | null
  readonly tier: string | null
  readonly latencyMs: number | null
  readonly ttftMs: number | null
}

const reads = ['cacheReadInputTokenCount', 'cacheReadInputTokensCount', 'cacheReadInputTokens'] as const
const writes = ['cacheWriteInputTokenCount', 'cacheWriteInputTokensCount', 'cacheWriteInputTokens'] as const

/** The log's own counts are what is billed; the answer's add kinds to them (times to live, reasoning) where both agree. */
export function bedrockAnswer(log: Json): BedrockAnswer {
  const [input, output] = [objectOf(log.input), objectOf(log.output)]
  const body = output.outputBodyJson
  const events = (Array.isArray(body) ? body : [body]).filter(isObject)
  const metrics = objectOf(events.map(event => event['amazon-bedrock-invocationMetrics']).find(isObject))
  const counted = logCounts(log, input, output)
  const told = toldBy(body, events)
  const agrees = told !== null && same(told.usage.input, counted.input) && same(told.usage.output, counted.output)
  const converse = events.map(event => objectOf(event.metadata).metrics ?? event.metrics).find(isObject)
  return {
    usage: agrees ? told.usage : counted,
    model: told?.model ?? null,
    tier: events.map(event => textCell(objectOf(event.serviceTier), 'type')).find(tier => tier !== null) ?? null,
    latencyMs: numberCell(metrics, 'invocationLatency') ?? numberCell(objectOf(converse), 'latencyMs'),
    ttftMs: numberCell(metrics, 'firstByteLatency'),
  }
}

const objectOf = (value: unknown): Json => (isObject(value) ? value : {})

/** A count that the log leaves out contradicts none. */
const same = (told: number | null, logged: number | null): boolean =>
  told !== null && (logged === null || told === logged)

function logCounts(log: Json, input: Json, output: Json): Usage {
  const prompt = countCell(input, 'inputTokenCount')
  // Embeddings write nothing, and the log of some tells no count of it.
  const isEmbedding = /embed/i.test(textCell(log, 'modelId') ?? '')
  const answer = countCell(output, 'outputTokenCount') ?? (isEmbedding && prompt !== null ? 0 : null)
  return counts(prompt, answer, countCell(input, ...reads) ?? 0, countCell(input, ...writes) ?? 0)
}

/** Writes live 5 minutes unless the request asked for an hour, which Bedrock's counts do not tell. */
function counts(prompt: number | null, answer: number | null, cacheRead: number, cacheWrite: number): Usage {
  if (prompt === null && answer === null) return unknownUsage
  return { ...noUsage, input: prompt, cacheRead, cacheWrite, cacheWrite5m: cacheWrite, output: answer, reasoning: null }
}

/** What the answer says of itself: a message of Anthropic, a chat completion, or Converse's own usage. */
function toldBy(body: unknown, events: readonly Json[]): Pick<Reading, 'usage' | 'model'> | null {
  const first = events[0]
  if (first === undefined) return null
  if (Array.isArray(body) && first.type === 'message_start') return read(anthropicMessages, body, true)
  const usage = events.map(event => event.usage ?? objectOf(event.metadata).usage).find(isObject)
  if (usage === undefined) return null
  if ('input_tokens' in usage) return read(anthropicMessages, first, false)
  if ('prompt_tokens' in usage) return read(openAiChat, first, false)
  return { usage: converseCounts(usage), model: null }
}

function converseCounts(usage: Json): Usage {
  const [prompt, answer] = [countCell(usage, 'inputTokens'), countCell(usage, 'outputTokens')]
  const [cacheRead, cacheWrite] = [countCell(usage, ...reads) ?? 0, countCell(usage, ...writes) ?? 0]
  const { prompt: parted } = partedBy(
    countCell(usage, 'totalTokens'),
    { whole: prompt ?? 0, parts: cacheRead + cacheWrite },
    { whole: answer ?? 0, parts: 0 },
    { prompt: false, answer: true },
  )
  return counts(prompt === null ? null : parted.rest, answer, cacheRead, cacheWrite)
}

function read(wire: Wire, body: unknown, stream: boolean): Reading {
  const reading = startReading(wire, { stream, framing: 'json-array', provider: 'bedrock' })
  reading.push(Buffer.from(JSON.stringify(body)))
  return reading.end()
}

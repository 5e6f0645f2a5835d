// The bytes of a recorded answer, a body or a stream of events, in; what it said and which tools it called, out.
import { asObject, type JsonObject, parseJson } from '../../wire/json.ts'
import { openAiResponses } from '../requests/openai-responses.ts'
import type { ToolCall } from '../task.ts'
import { toolUsesOf } from './anthropic-prompt.ts'
import { functionCallsOf } from './gemini-prompt.ts'
import { toolCallsOf } from './openai-chat-prompt.ts'
import { objects, text } from './read-prompt.ts'

export interface RecordedAnswer {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
}

/** Null = it is no answer of that wire: an error, or cut before it said anything. */
export function recordedAnswer(wire: string, said: string): RecordedAnswer | null {
  const body = parseJson(said)
  const events = body === null ? eventsOf(said) : Array.isArray(body) ? objects(body) : []
  if (wire === 'openai.chat') return chatAnswer(body === null ? chatMessage(events) : messageIn(asObject(body)))
  if (wire === 'openai.responses') return responsesAnswer(body === null ? responseIn(events) : asObject(body))
  if (wire === 'anthropic.messages') {
    const blocks = body === null ? anthropicBlocks(events) : asObject(body)?.content
    return Array.isArray(blocks) ? blocksAnswer(objects(blocks)) : null
  }
  if (wire === 'gemini.generateContent') return geminiAnswer(events.length > 0 ? events : [asObject(body) ?? {}])
  return null
}

/** Data of server-sent events that is JSON; what a sender cuts into several lines is put together again. */
function eventsOf(said: string): JsonObject[] {
  return objects(
    said.split(/\r?\n\r?\n/).map(event => {
      const lines = event.split(/\r?\n/).filter(line => line.startsWith('data:'))
      return parseJson(lines.map(line => line.slice(5).trimStart()).join('\n'))
    }),
  )
}

const messageIn = (body: JsonObject | null): JsonObject | null => asObject(asObject(objects(body?.choices)[0])?.message)

/** Pieces of a message add up; calls go by their index. */
function chatMessage(events: readonly JsonObject[]): JsonObject | null {
  let content = ''
  const calls = new Map<number, { id: string | null; name: string; written: string }>()
  let isSeen = false
  for (const event of events) {
    const delta = asObject(objects(event.choices).find(choice => (choice.index ?? 0) === 0)?.delta)
    if (delta === null) continue
    isSeen = true
    content += text(delta.content) ?? text(delta.refusal) ?? ''
    for (const call of objects(delta.tool_calls)) {
      const index = typeof call.index === 'number' ? call.index : calls.size
      const known = calls.get(index) ?? { id: null, name: '', written: '' }
      const called = asObject(call.function)
      calls.set(index, {
        id: known.id ?? text(call.id),
        name: known.name + (text(called?.name) ?? ''),
        written: known.written + (text(called?.arguments) ?? ''),
      })
    }
  }
  if (!isSeen) return null
  const told = [...calls.values()].map(({ id, name, written }) => ({ id, function: { name, arguments: written } }))
  return { content, tool_calls: told }
}

function chatAnswer(message: JsonObject | null): RecordedAnswer | null {
  if (message === null) return null
  const content =
    text(message.content) ??
    objects(message.content)
      .flatMap(part => text(part.text) ?? [])
      .join('') ??
    ''
  return { text: content === '' ? (text(message.refusal) ?? '') : content, toolCalls: toolCallsOf(message) }
}

/** The event that ends a stream holds all of it; a stream without one is not an answer. */
const responseIn = (events: readonly JsonObject[]): JsonObject | null =>
  asObject(events.find(event => event.type === 'response.completed' || event.type === 'response.incomplete')?.response)

function responsesAnswer(response: JsonObject | null): RecordedAnswer | null {
  const said = openAiResponses.read(response)
  if (said === null) return null
  // Who was stopped by a filter said nothing: its name is no answer.
  const declined = said.refusal === said.stopReason ? null : said.refusal
  return { text: said.text === '' ? (declined ?? '') : said.text, toolCalls: said.toolCalls }
}

function anthropicBlocks(events: readonly JsonObject[]): JsonObject[] | null {
  const blocks = new Map<number, { block: JsonObject; said: string }>()
  for (const event of events) {
    const index = typeof event.index === 'number' ? event.index : 0
    if (event.type === 'content_block_start')
      blocks.set(index, { block: asObject(event.content_block) ?? {}, said: '' })
    if (event.type !== 'content_block_delta') continue
    const known = blocks.get(index)
    const delta = asObject(event.delta)
    if (known !== undefined) known.said += text(delta?.text) ?? text(delta?.partial_json) ?? ''
  }
  if (!events.some(event => event.type === 'message_start')) return null
  return [...blocks.values()].map(({ block, said }) =>
    block.type === 'tool_use'
      ? { ...block, input: said === '' ? (block.input ?? {}) : (parseJson(said) ?? {}) }
      : { ...block, text: (text(block.text) ?? '') + said },
  )
}

const blocksAnswer = (blocks: readonly JsonObject[]): RecordedAnswer => ({
  text: blocks.flatMap(block => (block.type === 'text' ? [text(block.text) ?? ''] : [])).join(''),
  toolCalls: toolUsesOf(blocks),
})

function geminiAnswer(pieces: readonly JsonObject[]): RecordedAnswer | null {
  const candidates = pieces.flatMap(piece => objects(piece.candidates).slice(0, 1))
  if (candidates.length === 0) return null
  const parts = candidates.flatMap(one => objects(asObject(one.content)?.parts)).filter(part => part.thought !== true)
  return { text: parts.flatMap(part => text(part.text) ?? []).join(''), toolCalls: functionCallsOf(parts) }
}

// A prompt as Anthropic's messages want it, and their answer as text and tool calls.
import type { ContentPart, Message } from '../task.ts'
import {
  argumentsOf,
  isObject,
  type JsonObject,
  laidOver,
  objectsIn,
  plainText,
  type Request,
  textOrNull,
} from './request.ts'

/** The API takes no request without a limit. */
const defaultMaxTokens = 4096

export const anthropicMessages: Request = {
  wire: 'anthropic.messages',
  path: () => '/v1/messages',
  credential: secret => ({ 'x-api-key': secret }),
  headers: { 'anthropic-version': '2023-06-01' },
  body({ model, settings }, { messages, tools, responseSchema, maxOutputTokens }) {
    const system = messages.flatMap(one => (one.role === 'system' ? [plainText(one.content)] : [])).join('\n\n')
    return laidOver(
      {
        model,
        max_tokens: maxOutputTokens ?? defaultMaxTokens,
        ...(system === '' ? {} : { system }),
        messages: turnsOf(messages),
        ...(tools.length === 0
          ? {}
          : {
              tools: tools.map(({ name, description, parameters }) => ({
                name,
                ...(description === null ? {} : { description }),
                input_schema: parameters,
              })),
            }),
        ...(responseSchema === null
          ? {}
          : { output_config: { format: { type: 'json_schema', schema: responseSchema } } }),
      },
      settings,
    )
  },
  read(json) {
    if (!isObject(json) || !Array.isArray(json.content)) return null
    const blocks = objectsIn(json.content)
    const stopReason = textOrNull(json.stop_reason)
    const text = blocks.flatMap(block => (block.type === 'text' ? [textOrNull(block.text) ?? ''] : [])).join('')
    return {
      text,
      toolCalls: blocks.flatMap(({ type, id, name, input }) =>
        type === 'tool_use'
          ? [{ id: textOrNull(id) ?? '', name: textOrNull(name) ?? '', arguments: JSON.stringify(input ?? {}) }]
          : [],
      ),
      stopReason,
      refusal: stopReason === 'refusal' ? text || stopReason : null,
    }
  },
}

/** Results of tools are the user's to tell, and all of one turn stand in one message. */
function turnsOf(messages: readonly Message[]): JsonObject[] {
  const turns: { role: string; content: JsonObject[] }[] = []
  for (const message of messages) {
    if (message.role === 'system') continue
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...blocksOf(message))
    else turns.push({ role, content: blocksOf(message) })
  }
  return turns
}

function blocksOf(message: Exclude<Message, { role: 'system' }>): JsonObject[] {
  if (message.role === 'tool') {
    return [{ type: 'tool_result', tool_use_id: message.toolCallId, content: message.content }]
  }
  if (message.role === 'assistant') {
    const said = message.content === null || message.content === '' ? [] : [{ type: 'text', text: message.content }]
    const calls = message.toolCalls.map(call => ({
      type: 'tool_use',
      id: call.id,
      name: call.name,
      input: argumentsOf(call),
    }))
    return [...said, ...calls]
  }
  const { content } = message
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(blockOf)
}

const blockOf = (part: ContentPart): JsonObject =>
  part.kind === 'text'
    ? { type: 'text', text: part.text }
    : { type: 'image', source: { type: 'base64', media_type: part.mediaType, data: part.base64 } }

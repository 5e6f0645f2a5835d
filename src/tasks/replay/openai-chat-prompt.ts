// A recorded body of OpenAI's chat completions in; its prompt out.
import { asObject, type JsonObject } from '../../wire/json.ts'
import type { Message, ToolCall, ToolDefinition } from '../task.ts'
import { contentOf, emptyParameters, flat, jsonOf, objects, type PromptReader, text, whole } from './read-prompt.ts'

export const openAiChatPrompt: PromptReader = body => {
  const request = asObject(body)
  if (request === null || !Array.isArray(request.messages)) return null
  const lost = new Set<string>()
  const messages = objects(request.messages).flatMap((message): Message[] => messageOf(message, lost))
  if (messages.length === 0) return null
  const format = asObject(request.response_format)
  return {
    prompt: {
      messages,
      tools: objects(request.tools).flatMap(tool => toolOf(tool, lost)),
      responseSchema: format?.type === 'json_schema' ? jsonOf(asObject(format.json_schema)?.schema) : null,
      maxOutputTokens: whole(request.max_completion_tokens) ?? whole(request.max_tokens),
    },
    lost: [...lost],
  }
}

function messageOf(message: JsonObject, lost: Set<string>): Message[] {
  const role = text(message.role)
  const content = contentOf(message.content, lost, pictureUrl)
  if (role === 'system' || role === 'developer') return [{ role: 'system', content }]
  if (role === 'user') return [{ role: 'user', content }]
  if (role === 'tool' || role === 'function') {
    return [
      { role: 'tool', toolCallId: text(message.tool_call_id) ?? text(message.name) ?? '', content: flat(content) },
    ]
  }
  if (role !== 'assistant') return []
  const said = flat(content)
  return [{ role: 'assistant', content: said === '' ? null : said, toolCalls: toolCallsOf(message) }]
}

/** Also of an answer's message. */
export const toolCallsOf = (message: JsonObject): ToolCall[] =>
  objects(message.tool_calls).map((call, i) => {
    const called = asObject(call.function)
    return {
      id: text(call.id) ?? `call_${i}`,
      name: text(called?.name) ?? '',
      arguments: text(called?.arguments) ?? '',
    }
  })

const pictureUrl = (part: JsonObject): string | null | undefined =>
  part.type === 'image_url' ? text(asObject(part.image_url)?.url) : undefined

function toolOf(tool: JsonObject, lost: Set<string>): ToolDefinition[] {
  const named = asObject(tool.function)
  const name = text(named?.name)
  if (named === null || name === null) {
    lost.add(`tool ${text(tool.type) ?? 'of no name'}`)
    return []
  }
  return [{ name, description: text(named.description), parameters: jsonOf(named.parameters) ?? emptyParameters }]
}

// A recorded body of OpenAI's responses API in; its prompt out. What it continues on the provider's side is not in it: then it cannot be tried elsewhere.
import { asObject, type JsonObject } from '../../wire/json.ts'
import type { Message, ToolDefinition } from '../task.ts'
import { contentOf, emptyParameters, flat, jsonOf, objects, type PromptReader, text, whole } from './read-prompt.ts'

export const openAiResponsesPrompt: PromptReader = body => {
  const request = asObject(body)
  if (request === null || request.input === undefined) return null
  // The conversation before it lies with the provider.
  if (text(request.previous_response_id) !== null || request.conversation != null) return null
  const lost = new Set<string>()
  const instructions = text(request.instructions)
  const input: Message[] =
    typeof request.input === 'string'
      ? [{ role: 'user', content: request.input }]
      : joined(objects(request.input).flatMap(item => itemOf(item, lost)))
  if (input.length === 0) return null
  const format = asObject(asObject(request.text)?.format)
  return {
    prompt: {
      messages: instructions === null ? input : [{ role: 'system', content: instructions }, ...input],
      tools: objects(request.tools).flatMap(tool => toolOf(tool, lost)),
      responseSchema: format?.type === 'json_schema' ? jsonOf(format.schema) : null,
      maxOutputTokens: whole(request.max_output_tokens),
    },
    lost: [...lost],
  }
}

function itemOf(item: JsonObject, lost: Set<string>): Message[] {
  const role = text(item.role)
  if (role !== null) {
    const content = contentOf(item.content, lost, pictureUrl)
    if (role === 'system' || role === 'developer') return [{ role: 'system', content }]
    if (role === 'user') return [{ role: 'user', content }]
    return [{ role: 'assistant', content: flat(content), toolCalls: [] }]
  }
  if (item.type === 'function_call') {
    const call = { id: text(item.call_id) ?? '', name: text(item.name) ?? '', arguments: text(item.arguments) ?? '' }
    return [{ role: 'assistant', content: null, toolCalls: [call] }]
  }
  if (item.type === 'function_call_output') {
    const output = typeof item.output === 'string' ? item.output : flat(contentOf(item.output, lost, pictureUrl))
    return [{ role: 'tool', toolCallId: text(item.call_id) ?? '', content: output }]
  }
  lost.add(text(item.type) ?? 'an item of no kind')
  return []
}

/** Several calls of one turn, and what was said before them, are one message elsewhere. */
function joined(messages: readonly Message[]): Message[] {
  const turns: Message[] = []
  for (const message of messages) {
    const last = turns.at(-1)
    if (message.role === 'assistant' && last?.role === 'assistant' && message.content === null) {
      turns[turns.length - 1] = { ...last, toolCalls: [...last.toolCalls, ...message.toolCalls] }
    } else turns.push(message)
  }
  return turns
}

const pictureUrl = (part: JsonObject): string | null | undefined =>
  part.type === 'input_image' ? text(part.image_url) : undefined

function toolOf(tool: JsonObject, lost: Set<string>): ToolDefinition[] {
  const name = text(tool.name)
  if (tool.type !== 'function' || name === null) {
    lost.add(`tool ${text(tool.type) ?? 'of no name'}`)
    return []
  }
  return [{ name, description: text(tool.description), parameters: jsonOf(tool.parameters) ?? emptyParameters }]
}

// A recorded body of Anthropic's messages in; its prompt out.
import { asObject, type JsonObject } from '../../wire/json.ts'
import type { ContentPart, Message, ToolCall, ToolDefinition } from '../task.ts'
import { emptyParameters, jsonOf, objects, type PromptReader, plainest, text, whole } from './read-prompt.ts'

export const anthropicPrompt: PromptReader = body => {
  const request = asObject(body)
  if (request === null || !Array.isArray(request.messages)) return null
  const lost = new Set<string>()
  const system = typeof request.system === 'string' ? request.system : textsOf(objects(request.system))
  const messages = objects(request.messages).flatMap(message => messagesOf(message, lost))
  if (messages.length === 0) return null
  const format = asObject(asObject(request.output_config)?.format) ?? asObject(request.output_format)
  return {
    prompt: {
      messages: system === '' ? messages : [{ role: 'system', content: system }, ...messages],
      tools: objects(request.tools).flatMap(tool => toolOf(tool, lost)),
      responseSchema: format?.type === 'json_schema' ? jsonOf(format.schema) : null,
      maxOutputTokens: whole(request.max_tokens),
    },
    lost: [...lost],
  }
}

const textsOf = (blocks: readonly JsonObject[]): string =>
  blocks.flatMap(block => (block.type === 'text' ? [text(block.text) ?? ''] : [])).join('\n\n')

/** Results of tools stand in the user's turn: each becomes a message of its own, frozen as it was. */
function messagesOf(message: JsonObject, lost: Set<string>): Message[] {
  const blocks =
    typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : objects(message.content)
  if (message.role === 'assistant') {
    const said = textsOf(blocks)
    // Thinking is signed by who thought it: no other model may be given it.
    for (const { type } of blocks)
      if (type !== 'text' && type !== 'tool_use') lost.add(text(type) ?? 'a block of no kind')
    return [{ role: 'assistant', content: said === '' ? null : said, toolCalls: toolUsesOf(blocks) }]
  }
  const results = blocks.flatMap((block): Message[] =>
    block.type === 'tool_result'
      ? [{ role: 'tool', toolCallId: text(block.tool_use_id) ?? '', content: resultOf(block.content, lost) }]
      : [],
  )
  const parts = blocks.flatMap((block): ContentPart[] => (block.type === 'tool_result' ? [] : partOf(block, lost)))
  const role = message.role === 'system' ? 'system' : 'user'
  return parts.length === 0 ? results : [...results, { role, content: plainest(parts) }]
}

/** Also of an answer. */
export const toolUsesOf = (blocks: readonly JsonObject[]): ToolCall[] =>
  blocks.flatMap(block =>
    block.type === 'tool_use'
      ? [{ id: text(block.id) ?? '', name: text(block.name) ?? '', arguments: JSON.stringify(block.input ?? {}) }]
      : [],
  )

function resultOf(content: unknown, lost: Set<string>): string {
  if (typeof content === 'string') return content
  const blocks = objects(content)
  for (const { type } of blocks) if (type !== 'text') lost.add(`${text(type) ?? 'a block'} in a tool's result`)
  return textsOf(blocks)
}

function partOf(block: JsonObject, lost: Set<string>): ContentPart[] {
  if (block.type === 'text') return [{ kind: 'text', text: text(block.text) ?? '' }]
  const source = asObject(block.source)
  const [mediaType, base64] = [text(source?.media_type), text(source?.data)]
  if (block.type === 'image' && source?.type === 'base64' && mediaType !== null && base64 !== null) {
    return [{ kind: 'image', mediaType, base64 }]
  }
  lost.add(block.type === 'image' ? 'pictures that lie elsewhere' : (text(block.type) ?? 'a block of no kind'))
  return []
}

function toolOf(tool: JsonObject, lost: Set<string>): ToolDefinition[] {
  const name = text(tool.name)
  const schema = asObject(tool.input_schema)
  // Tools that run on the provider's side have a type and no schema.
  if (name === null || schema === null) {
    lost.add(`tool ${text(tool.type) ?? name ?? 'of no name'}`)
    return []
  }
  return [{ name, description: text(tool.description), parameters: jsonOf(schema) ?? emptyParameters }]
}

// A prompt as OpenAI's responses API wants it, and its answer as text and tool calls.
// https://platform.openai.com/docs/api-reference/responses/create
import type { ContentPart, Message, Prompt } from '../task.ts'
import { isObject, type JsonObject, laidOver, objectsIn, type Request, textOrNull } from './request.ts'

export const openAiResponses: Request = {
  wire: 'openai.responses',
  path: () => '/v1/responses',
  credential: secret => ({ authorization: `Bearer ${secret}` }),
  headers: {},
  body: ({ model, settings }, prompt) =>
    // Kept for a month unless it is asked not to be, as chat completions are not.
    laidOver({ model, store: false, input: prompt.messages.flatMap(itemsOf), ...askedOf(prompt) }, settings),
  read(json) {
    if (!isObject(json) || !Array.isArray(json.output) || isObject(json.error)) return null
    const items = objectsIn(json.output)
    const parts = items.flatMap(item => (item.type === 'message' ? objectsIn(item.content) : []))
    const words = (type: string, field: string) =>
      parts.flatMap(part => (part.type === type ? [textOrNull(part[field]) ?? ''] : [])).join('')
    const cutBy = isObject(json.incomplete_details) ? textOrNull(json.incomplete_details.reason) : null
    const said = words('refusal', 'refusal')
    return {
      text: words('output_text', 'text'),
      toolCalls: items.flatMap(item =>
        item.type === 'function_call'
          ? [
              {
                id: textOrNull(item.call_id) ?? '',
                name: textOrNull(item.name) ?? '',
                arguments: textOrNull(item.arguments) ?? '',
              },
            ]
          : [],
      ),
      stopReason: cutBy ?? textOrNull(json.status),
      refusal: said !== '' ? said : cutBy === 'content_filter' ? cutBy : null,
    }
  },
}

function askedOf({ tools, responseSchema, maxOutputTokens }: Prompt): JsonObject {
  return {
    ...(maxOutputTokens === null ? {} : { max_output_tokens: maxOutputTokens }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
    ...(responseSchema === null
      ? {}
      : { text: { format: { type: 'json_schema', name: 'answer', schema: responseSchema } } }),
  }
}

/** Strict unless said otherwise here, and not so in chat completions: one suite asks the same of both. */
const toolOf = ({ name, description, parameters }: Prompt['tools'][number]): JsonObject => ({
  type: 'function',
  name,
  ...(description === null ? {} : { description }),
  parameters,
  strict: false,
})

/** What an assistant said and each of its calls are items of their own. */
function itemsOf(message: Message): JsonObject[] {
  if (message.role === 'tool') {
    return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }]
  }
  if (message.role === 'assistant') {
    const { content, toolCalls } = message
    const said = content === null || content === '' ? [] : [{ role: 'assistant', content }]
    const calls = toolCalls.map(({ id, name, arguments: written }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: written,
    }))
    return [...said, ...calls]
  }
  const { role, content } = message
  if (typeof content !== 'string') return [{ role, content: content.map(partOf) }]
  return [{ role, content: role === 'system' ? content : [partOf({ kind: 'text', text: content })] }]
}

const partOf = (part: ContentPart): JsonObject =>
  part.kind === 'text'
    ? { type: 'input_text', text: part.text }
    : { type: 'input_image', image_url: `data:${part.mediaType};base64,${part.base64}` }

// A prompt as OpenAI's chat completions want it, which nearly every server speaks; and their answer as text and tool calls.
import type { ContentPart, Message, Prompt } from '../task.ts'
import { isObject, type JsonObject, laidOver, objectsIn, type Request, textOrNull } from './request.ts'

/** Where `max_tokens` is refused by newer models. Servers of open weights know the old name best. */
const newName: ReadonlySet<string> = new Set(['openai', 'azure'])

export const openAiChat: Request = {
  wire: 'openai.chat',
  path: () => '/v1/chat/completions',
  credential: secret => ({ authorization: `Bearer ${secret}` }),
  headers: {},
  body: ({ model, settings }, prompt, provider) =>
    laidOver({ model, messages: prompt.messages.map(messageOf), ...askedOf(prompt, provider) }, settings),
  read(json) {
    const choice = isObject(json) ? objectsIn(json.choices)[0] : undefined
    const message = choice?.message
    if (!isObject(message)) return null
    const stopReason = textOrNull(choice?.finish_reason)
    const text = textOf(message.content)
    const said = textOrNull(message.refusal)
    return {
      text,
      toolCalls: objectsIn(message.tool_calls).map(({ id, function: called }, i) => ({
        id: textOrNull(id) ?? `call_${i}`,
        name: (isObject(called) ? textOrNull(called.name) : null) ?? '',
        arguments: (isObject(called) ? textOrNull(called.arguments) : null) ?? '',
      })),
      stopReason,
      refusal: said ?? (stopReason === 'content_filter' ? stopReason : null),
    }
  },
}

function askedOf({ tools, responseSchema, maxOutputTokens }: Prompt, provider: string): JsonObject {
  const limit = newName.has(provider) ? 'max_completion_tokens' : 'max_tokens'
  return {
    ...(maxOutputTokens === null ? {} : { [limit]: maxOutputTokens }),
    ...(tools.length === 0 ? {} : { tools: tools.map(tool => ({ type: 'function', function: functionOf(tool) })) }),
    ...(responseSchema === null
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: responseSchema } } }),
  }
}

const functionOf = ({ name, description, parameters }: Prompt['tools'][number]): JsonObject => ({
  name,
  ...(description === null ? {} : { description }),
  parameters,
})

function messageOf(message: Message): JsonObject {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content }
  if (message.role !== 'assistant') return { role: message.role, content: contentOf(message.content) }
  const { content, toolCalls } = message
  const calls = toolCalls.map(({ id, name, arguments: written }) => ({
    id,
    type: 'function',
    function: { name, arguments: written },
  }))
  return { role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}

const contentOf = (content: string | readonly ContentPart[]): unknown =>
  typeof content === 'string'
    ? content
    : content.map(part =>
        part.kind === 'text'
          ? { type: 'text', text: part.text }
          : { type: 'image_url', image_url: { url: `data:${part.mediaType};base64,${part.base64}` } },
      )

/** Some servers give parts where others give a text. */
const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : objectsIn(content)
        .flatMap(part => textOrNull(part.text) ?? [])
        .join('')

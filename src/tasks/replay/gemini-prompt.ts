// A recorded body of Gemini's generateContent in; its prompt out.
import { asObject, type JsonObject } from '../../wire/json.ts'
import type { ContentPart, Message, ToolCall, ToolDefinition } from '../task.ts'
import { emptyParameters, jsonOf, objects, type PromptReader, plainest, text, whole } from './read-prompt.ts'

export const geminiPrompt: PromptReader = body => {
  const request = asObject(body)
  if (request === null) return null
  const contents =
    typeof request.contents === 'string' ? [{ parts: [{ text: request.contents }] }] : objects(request.contents)
  if (contents.length === 0) return null
  const lost = new Set<string>()
  const instruction = asObject(request.systemInstruction) ?? asObject(request.system_instruction)
  const system =
    instruction === null
      ? ''
      : objects(instruction.parts)
          .flatMap(part => text(part.text) ?? [])
          .join('\n\n')
  const ids = callIds()
  const messages = contents.flatMap(content => messagesOf(content, ids, lost))
  if (messages.length === 0) return null
  const config = asObject(request.generationConfig) ?? asObject(request.generation_config)
  const schema = config?.responseJsonSchema ?? config?.responseSchema ?? config?.response_schema
  return {
    prompt: {
      messages: system === '' ? messages : [{ role: 'system', content: system }, ...messages],
      tools: objects(request.tools).flatMap(tool => toolsOf(tool, lost)),
      responseSchema: schema === undefined ? null : lowerTypes(jsonOf(schema)),
      maxOutputTokens: whole(config?.maxOutputTokens) ?? whole(config?.max_output_tokens),
    },
    lost: [...lost],
  }
}

/** Calls often have no id there: results name their function, in order. */
interface CallIds {
  called(name: string, id: string | null): string
  answered(name: string, id: string | null): string
}

function callIds(): CallIds {
  const waiting = new Map<string, string[]>()
  let count = 0
  return {
    called(name, id) {
      const given = id ?? `call_${++count}`
      waiting.set(name, [...(waiting.get(name) ?? []), given])
      return given
    },
    answered: (name, id) => id ?? waiting.get(name)?.shift() ?? name,
  }
}

function messagesOf(content: JsonObject, ids: CallIds, lost: Set<string>): Message[] {
  const parts = objects(content.parts).filter(part => part.thought !== true)
  if (content.role === 'model') {
    const said = parts.flatMap(part => text(part.text) ?? []).join('')
    const toolCalls = functionCallsOf(parts, ids)
    return said === '' && toolCalls.length === 0
      ? []
      : [{ role: 'assistant', content: said === '' ? null : said, toolCalls }]
  }
  const results = parts.flatMap((part): Message[] => {
    const response = asObject(part.functionResponse) ?? asObject(part.function_response)
    if (response === null) return []
    const id = ids.answered(text(response.name) ?? '', text(response.id))
    const { result, output } = asObject(response.response) ?? {}
    const told = result ?? output
    return [
      {
        role: 'tool',
        toolCallId: id,
        content: typeof told === 'string' ? told : JSON.stringify(response.response ?? {}),
      },
    ]
  })
  const said = parts.flatMap((part): ContentPart[] => partOf(part, lost))
  return said.length === 0 ? results : [...results, { role: 'user', content: plainest(said) }]
}

/** Also of an answer. */
export function functionCallsOf(parts: readonly JsonObject[], ids: CallIds = callIds()): ToolCall[] {
  return parts.flatMap(part => {
    const call = asObject(part.functionCall) ?? asObject(part.function_call)
    if (call === null) return []
    const name = text(call.name) ?? ''
    return [{ id: ids.called(name, text(call.id)), name, arguments: JSON.stringify(call.args ?? {}) }]
  })
}

function partOf(part: JsonObject, lost: Set<string>): ContentPart[] {
  const said = text(part.text)
  if (said !== null) return [{ kind: 'text', text: said }]
  if (part.functionResponse !== undefined || part.function_response !== undefined) return []
  const inline = asObject(part.inlineData) ?? asObject(part.inline_data)
  const mediaType = text(inline?.mimeType) ?? text(inline?.mime_type)
  const base64 = text(inline?.data)
  if (mediaType?.startsWith('image/') && base64 !== null) return [{ kind: 'image', mediaType, base64 }]
  lost.add(mediaType ?? (part.fileData === undefined ? 'a part of no kind' : 'files that lie elsewhere'))
  return []
}

function toolsOf(tool: JsonObject, lost: Set<string>): ToolDefinition[] {
  const declared = objects(tool.functionDeclarations ?? tool.function_declarations)
  for (const name of Object.keys(tool)) if (!/^function_?[dD]eclarations$/.test(name)) lost.add(`tool ${name}`)
  return declared.flatMap(one => {
    const name = text(one.name)
    if (name === null) return []
    const schema =
      one.parametersJsonSchema ?? (one.parameters === undefined ? undefined : lowerTypes(jsonOf(one.parameters)))
    return [{ name, description: text(one.description), parameters: jsonOf(schema) ?? emptyParameters }]
  })
}

/** Gemini's own schemas write types in capitals (`STRING`), JSON Schema does not. */
function lowerTypes(schema: ReturnType<typeof jsonOf>): ReturnType<typeof jsonOf> {
  if (Array.isArray(schema)) return schema.map(lowerTypes)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === 'type' && typeof value === 'string' ? value.toLowerCase() : lowerTypes(value),
    ]),
  )
}

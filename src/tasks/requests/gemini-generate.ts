// A prompt as Gemini's generateContent wants it, and its answer as text and tool calls.
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

/** Reasons to stop that mean: not this. */
const refusals: ReadonlySet<string> = new Set(['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII'])

export const geminiGenerate: Request = {
  wire: 'gemini.generateContent',
  path: model => `/v1beta/models/${encodeURIComponent(model)}:generateContent`,
  credential: secret => ({ 'x-goog-api-key': secret }),
  headers: {},
  body({ settings }, { messages, tools, responseSchema, maxOutputTokens }) {
    const system = messages.flatMap(one => (one.role === 'system' ? [plainText(one.content)] : [])).join('\n\n')
    const config = {
      ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
      ...(responseSchema === null ? {} : { responseMimeType: 'application/json', responseJsonSchema: responseSchema }),
    }
    return laidOver(
      {
        ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
        contents: contentsOf(messages),
        ...(tools.length === 0
          ? {}
          : {
              tools: [
                {
                  functionDeclarations: tools.map(({ name, description, parameters }) => ({
                    name,
                    ...(description === null ? {} : { description }),
                    parametersJsonSchema: parameters,
                  })),
                },
              ],
            }),
        ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
      },
      settings,
    )
  },
  read(json) {
    if (!isObject(json)) return null
    const blocked = isObject(json.promptFeedback) ? textOrNull(json.promptFeedback.blockReason) : null
    const candidate = objectsIn(json.candidates)[0]
    if (candidate === undefined) {
      return blocked === null ? null : { text: '', toolCalls: [], stopReason: blocked, refusal: blocked }
    }
    const parts = isObject(candidate.content) ? objectsIn(candidate.content.parts) : []
    const stopReason = textOrNull(candidate.finishReason)
    return {
      text: parts.flatMap(part => (part.thought === true ? [] : (textOrNull(part.text) ?? []))).join(''),
      toolCalls: parts.flatMap(({ functionCall: call }, i) =>
        isObject(call)
          ? [
              {
                id: textOrNull(call.id) ?? `call_${i}`,
                name: textOrNull(call.name) ?? '',
                arguments: JSON.stringify(call.args ?? {}),
              },
            ]
          : [],
      ),
      stopReason,
      refusal: stopReason !== null && refusals.has(stopReason) ? stopReason : null,
    }
  },
}

function contentsOf(messages: readonly Message[]): JsonObject[] {
  /** A result names its function, not the call. */
  const names = new Map<string, string>()
  const turns: { role: string; parts: JsonObject[] }[] = []
  let before: Message['role'] | null = null
  for (const message of messages) {
    if (message.role === 'system') continue
    if (message.role === 'assistant') for (const { id, name } of message.toolCalls) names.set(id, name)
    const parts = partsOf(message, names)
    // All results of one turn's calls stand in one turn, and nothing else does.
    if (message.role === 'tool' && before === 'tool') turns.at(-1)!.parts.push(...parts)
    else turns.push({ role: message.role === 'assistant' ? 'model' : 'user', parts })
    before = message.role
  }
  return turns
}

function partsOf(message: Exclude<Message, { role: 'system' }>, names: ReadonlyMap<string, string>): JsonObject[] {
  if (message.role === 'tool') {
    const { toolCallId, content } = message
    return [{ functionResponse: { name: names.get(toolCallId) ?? toolCallId, response: { result: content } } }]
  }
  if (message.role === 'assistant') {
    const said = message.content === null || message.content === '' ? [] : [{ text: message.content }]
    return [...said, ...message.toolCalls.map(call => ({ functionCall: { name: call.name, args: argumentsOf(call) } }))]
  }
  return typeof message.content === 'string' ? [{ text: message.content }] : message.content.map(partOf)
}

const partOf = (part: ContentPart): JsonObject =>
  part.kind === 'text' ? { text: part.text } : { inlineData: { mimeType: part.mediaType, data: part.base64 } }

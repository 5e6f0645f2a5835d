// The body of a request in; its system prompt as one text, the same whatever the wire, out; null where it has none.
import { asList, asObject, type JsonObject } from '../wire/json.ts'
import type { WireName } from '../wire/wire.ts'

/**
 * What stands before the conversation: OpenAI's leading system and developer messages or `instructions`, Anthropic's `system`,
 * Gemini's `systemInstruction`. Parts are told apart by a line feed, so that a text and a list of one text are one prompt.
 */
export function systemPromptOf(wire: WireName, body: JsonObject): string | null {
  const found = rulesOf[wire](body).trim()
  return found === '' ? null : found
}

const rulesOf: Readonly<Record<WireName, (body: JsonObject) => string>> = {
  'openai.chat': ({ messages }) => leading(messages),
  'openai.responses': ({ instructions, input }) => joined([wordsOf(instructions), leading(input)]),
  'openai.embeddings': () => '',
  'anthropic.messages': ({ system }) => wordsOf(system),
  'gemini.generateContent': body => wordsOf(asObject(body.systemInstruction ?? body.system_instruction)?.parts),
}

/** Messages of a system or developer, up to the first of anybody else. */
function leading(messages: unknown): string {
  const texts: string[] = []
  for (const message of asList(messages)) {
    const { role, content } = asObject(message) ?? {}
    if (role !== 'system' && role !== 'developer') break
    texts.push(wordsOf(content))
  }
  return joined(texts)
}

/** A text, or the texts of a list of parts. */
function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content
  return joined(
    asList(content).map(part => {
      const text = typeof part === 'string' ? part : asObject(part)?.text
      return typeof text === 'string' ? text : ''
    }),
  )
}

const joined = (texts: readonly string[]): string => texts.filter(text => text !== '').join('\n')

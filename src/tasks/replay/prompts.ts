// A recorded request and the wire it was on in; its prompt in the shape of all providers out. One file per API and a line here.
import { anthropicPrompt } from './anthropic-prompt.ts'
import { geminiPrompt } from './gemini-prompt.ts'
import { openAiChatPrompt } from './openai-chat-prompt.ts'
import { openAiResponsesPrompt } from './openai-responses-prompt.ts'
import type { PromptRead, PromptReader } from './read-prompt.ts'

const readers: ReadonlyMap<string, PromptReader> = new Map([
  ['openai.chat', openAiChatPrompt],
  ['openai.responses', openAiResponsesPrompt],
  ['anthropic.messages', anthropicPrompt],
  ['gemini.generateContent', geminiPrompt],
])

/** Null = it is no request of that wire, needs what only its provider has, or nobody here reads the wire. */
export const promptOf = (wire: string, body: unknown): PromptRead | null => readers.get(wire)?.(body) ?? null

/** Which wire a body without a name is most likely of, by the fields that only it has. */
export function wireOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null
  if ('contents' in body) return 'gemini.generateContent'
  if ('input' in body) return 'openai.responses'
  if (!('messages' in body)) return null
  const told = JSON.stringify(body)
  const isAnthropic = 'system' in body || /"type":"(tool_use|tool_result)"|"input_schema":/.test(told)
  return isAnthropic ? 'anthropic.messages' : 'openai.chat'
}

// The wire formats that Crossline reads: a new one is a file and a line here.
import { anthropicMessages } from './anthropic-messages.ts'
import { geminiGenerateContent } from './gemini-generate-content.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiEmbeddings } from './openai-embeddings.ts'
import { openAiResponses } from './openai-responses.ts'
import type { Wire, WireName } from './wire.ts'

const wires: readonly Wire[] = [openAiChat, openAiResponses, openAiEmbeddings, anthropicMessages, geminiGenerateContent]

export const wireNames: readonly WireName[] = wires.map(wire => wire.name)

/** The wire of a name, or null when there is none. */
export const wireNamed = (name: string): Wire | null => wires.find(wire => wire.name === name) ?? null

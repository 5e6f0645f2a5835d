// The ways to ask a model that the runner knows: a new one is a file and a line here.
import type { Target } from '../client.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { geminiGenerate } from './gemini-generate.ts'
import { openAiChat } from './openai-chat.ts'
import { openAiResponses } from './openai-responses.ts'
import type { Request } from './request.ts'

const requests: readonly Request[] = [openAiChat, openAiResponses, anthropicMessages, geminiGenerate]

export const requestOf = (wire: Target['wire']): Request => requests.find(one => one.wire === wire)!

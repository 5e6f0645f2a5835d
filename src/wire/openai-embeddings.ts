// OpenAI embeddings, and servers that speak the same, as a wire. https://platform.openai.com/docs/api-reference/embeddings
import { asCount } from './json.ts'
import { openAiChat } from './openai-chat.ts'
import type { Wire } from './wire.ts'

/**
 * An embedding has a prompt and no answer: `prompt_tokens` and `total_tokens` are the same count, and Voyage tells only the
 * latter (https://docs.voyageai.com/reference/embeddings-api).
 */
export const openAiEmbeddings: Wire = {
  ...openAiChat,
  name: 'openai.embeddings',
  count(usage, about) {
    const prompt = asCount(usage.prompt_tokens) ?? asCount(usage.total_tokens)
    // The total is of the prompt, and says nothing of an answer that is not told.
    const answer = asCount(usage.completion_tokens) ?? 0
    const plain = { ...usage, prompt_tokens: prompt, completion_tokens: answer, total_tokens: null }
    const counted = openAiChat.count(plain, about)
    return { ...counted, usage: { ...counted.usage, reasoning: 0 } }
  },
}

// The id of a call in; OpenAI's published shapes of an answer, whole and in chunks, with one usage for all, out.
/** What each call uses, and so what it costs: the ledger is held to it. */
export const promptTokens = 250
export const completionTokens = 200

const model = 'gpt-5-mini-2025-08-07'
export const usage = {
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}
export const answerBytes = 1024

/** Ids are of one length, so that each whole answer has 1 KiB. */
export const idOf = (n: number) => `chatcmpl-${String(n).padStart(12, '0')}`
const completion = (id: string, content: string) =>
  JSON.stringify({
    id,
    object: 'chat.completion',
    created: 1_760_000_000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    usage,
    service_tier: 'default',
  })
const padding = 'tokens '.repeat(200).slice(0, answerBytes - completion(idOf(0), '').length)

export const chunk = (id: string, rest: object) =>
  `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 1_760_000_000, model, ...rest })}\n\n`
/** The `n`-th token of a call; no two in a row are the same, or some gateways take the model for broken. */
export function delta(id: string, n: number): string {
  const [before, after] = around
  return `data: {"id":"${id}",${before}${words[n % words.length]}${after}`
}
const words = [' a', ' model', ' never', ' says', ' one', ' thing', ' twice']
const around = chunk('', {
  choices: [{ index: 0, delta: { content: '|' }, logprobs: null, finish_reason: null }],
})
  .slice('data: {"id":"",'.length)
  .split('|')

/** A whole answer. */
export const whole = (id: string): string => completion(id, padding)

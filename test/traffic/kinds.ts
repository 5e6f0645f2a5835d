// The kinds of calls that go through a gateway in tests; what the ledger must say of each by the provider's published prices.

/**
 * `whole`, `stream`, `messages`, `gzip` and `slow` are answered to their end (`slow` to a client that reads a long stream at
 * its leisure); a client `left` in mid-stream; the provider `cut` a stream or a `short` body; it `refused`; or it stays `hanging`.
 */
export type Kind = 'whole' | 'stream' | 'messages' | 'gzip' | 'slow' | 'left' | 'cut' | 'short' | 'refused' | 'hanging'

export const chatUsage = {
  prompt_tokens: 1000,
  completion_tokens: 50,
  total_tokens: 1050,
  prompt_tokens_details: { cached_tokens: 400 },
}

export const messagesUsage = {
  input_tokens: 9,
  cache_read_input_tokens: 183,
  cache_creation_input_tokens: 556,
  cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
  output_tokens: 12,
}

/**
 * USD by the published prices per million tokens: gpt-5-mini 0.25 in, 0.025 cached, 2 out; claude-sonnet-4-5 3 in, 0.30 read,
 * 3.75 and 6 written for five minutes and an hour, 15 out.
 */
const chatUsd = ((600 * 0.25 + 400 * 0.025 + 50 * 2) / 1e6).toFixed(12)
const messagesUsd = ((9 * 3 + 183 * 0.3 + 456 * 3.75 + 100 * 6 + 12 * 15) / 1e6).toFixed(12)

/** What a call costs whose usage was told. */
export const usdOf = (kind: Kind): string => (kind === 'messages' ? messagesUsd : chatUsd)

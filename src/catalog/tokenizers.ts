// Weights by name in; the tokenizer that counts their tokens, where it is known, out.

/**
 * Which weights share a tokenizer. Open families by their published vocabulary (data/models.json, `vocab`); OpenAI's by
 * tiktoken's own table of encodings. Closed families whose tokenizer is not published, or changed within the family, are
 * not here: a ratio that nobody can check is not 1.
 */
const families: readonly { readonly weights: RegExp; readonly tokenizer: string }[] = [
  { weights: /^(gpt-oss-|gpt-4o|gpt-4\.1|gpt-5|o\d)/, tokenizer: 'o200k' },
  { weights: /^llama-3\./, tokenizer: 'llama-3 (128,256)' },
  { weights: /^llama-4-/, tokenizer: 'llama-4 (202,048)' },
  { weights: /^(llama-2-|codellama-|mixtral-8x7b)/, tokenizer: 'sentencepiece 32,000' },
  { weights: /^qwen(2\.5|3)-(?!max)/, tokenizer: 'qwen2 (151,936)' },
  { weights: /^qwen3\.[56]-/, tokenizer: 'qwen3.5 (248,320)' },
  { weights: /^deepseek-(v3|r1|v4)/, tokenizer: 'deepseek-v3 (129,280)' },
  { weights: /^kimi-k2/, tokenizer: 'kimi-k2 (163,840)' },
  { weights: /^glm-4\.[567]/, tokenizer: 'glm-4 (151,552)' },
  { weights: /^glm-5/, tokenizer: 'glm-5 (154,880)' },
  { weights: /^minimax-/, tokenizer: 'minimax (200,064)' },
  { weights: /^gemma-3-/, tokenizer: 'gemma-3 (262,208)' },
  { weights: /^gemma-2-/, tokenizer: 'gemma-2 (256,000)' },
  { weights: /^(mistral-nemo-|ministral-8b|mistral-small-3)/, tokenizer: 'tekken (131,072)' },
]

/** Name of the tokenizer of these weights; null = not known to be shared with any other's. */
export function tokenizerOf(weights: string): string | null {
  return families.find(family => family.weights.test(weights))?.tokenizer ?? null
}

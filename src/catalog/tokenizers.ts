// Weights by name in; the tokenizer that counts their tokens, where it is known, out.

/**
 * Which weights share a tokenizer. OpenAI's: the table of encodings in openai/tiktoken (tiktoken/model.py, 2026-10-04).
 * Open families: one maker's line with one vocabulary size in data/models.json, which two tokenizers of different makers may
 * share by chance. What is not here (closed families, and lines whose tokenizer changed) has a ratio that nobody checked.
 */
const families: readonly { readonly weights: RegExp; readonly tokenizer: string }[] = [
  { weights: /^(gpt-oss-|gpt-4o|gpt-4\.1|gpt-5|o[134](-|$))/, tokenizer: 'o200k' },
  { weights: /^llama-3\./, tokenizer: 'llama-3, 128,256' },
  { weights: /^llama-4-/, tokenizer: 'llama-4, 202,048' },
  { weights: /^llama-2-/, tokenizer: 'llama-2, 32,000' },
  { weights: /^qwen(2\.5|3)-(?!max)/, tokenizer: 'qwen2.5, 151,936' },
  { weights: /^qwen3\.[56]-\d/, tokenizer: 'qwen3.5, 248,320' },
  { weights: /^deepseek-(v3|r1)/, tokenizer: 'deepseek-v3, 129,280' },
  { weights: /^kimi-k2/, tokenizer: 'kimi-k2, 163,840' },
  { weights: /^glm-4\.[56]/, tokenizer: 'glm-4.5, 151,552' },
  { weights: /^glm-5/, tokenizer: 'glm-5, 154,880' },
  { weights: /^minimax-m2/, tokenizer: 'minimax-m2, 200,064' },
  { weights: /^gemma-3-/, tokenizer: 'gemma-3, 262,208' },
  { weights: /^gemma-2-/, tokenizer: 'gemma-2, 256,000' },
]

/** Name of the tokenizer of these weights; null = not known to be shared with any other's. */
export function tokenizerOf(weights: string): string | null {
  return families.find(family => family.weights.test(weights))?.tokenizer ?? null
}

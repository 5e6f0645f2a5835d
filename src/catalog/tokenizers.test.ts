import { expect, test } from 'vitest'
import { loadFacts } from './facts.ts'
import { tokenizerOf } from './tokenizers.ts'

test('weights of one tokenizer have one vocabulary, as their published configurations say, and are of one maker', () => {
  const byTokenizer = new Map<string, { id: string; vocab: number }[]>()
  for (const { id, vocab } of loadFacts().models) {
    const name = tokenizerOf(id)
    if (name !== null) byTokenizer.set(name, [...(byTokenizer.get(name) ?? []), { id, vocab }])
  }
  expect(byTokenizer.size).toBeGreaterThan(8)
  for (const [name, models] of byTokenizer) {
    // Sizes are padded to a multiple that training hardware likes, so one tokenizer may have two near sizes.
    const sizes = models.map(({ vocab }) => vocab)
    expect(Math.max(...sizes) - Math.min(...sizes), `${name}: ${models.map(({ id }) => id)}`).toBeLessThanOrEqual(256)
  }
})

test('what nobody published is not known to be shared', () => {
  for (const closed of ['claude-sonnet-4-5', 'gemini-2.5-pro', 'grok-4', 'qwen3-max', 'mixtral-8x7b']) {
    expect(tokenizerOf(closed)).toBeNull()
  }
  expect(tokenizerOf('gpt-5')).toBe(tokenizerOf('gpt-oss-120b'))
  expect(tokenizerOf('gpt-4-turbo')).toBeNull()
})

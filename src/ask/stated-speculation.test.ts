import { expect, test } from 'vitest'
import { statedSpeculation } from './stated-speculation.ts'

const stated = (text: string | null, model = 'llama-3.1-70b') => statedSpeculation(text, model)

test('a draft is stated by its length, how often a guess holds, and what makes it', () => {
  expect(stated('3:0.7')).toEqual({ draftTokens: 3, acceptance: 0.7, draft: 'head' })
  expect(stated('1:.9:head')?.draft).toBe('head')
  expect(stated('5:0.8:llama-3.1-8b')?.draft).toMatchObject({ id: 'llama-3.1-8b' })
  expect(stated(null)).toBeUndefined()
})

test.each(['3', '3:x', '3:1.2', '0:0.5', '3:0.5.1', '3:0.7:no-such-model'])('%s is refused', text => {
  expect(() => stated(text)).toThrow()
})

// What servers say of these pairs: vLLM issues 5203 and 10913 (one tokenizer, its table padded to two sizes).
test.each([
  ['llama-3.2-1b', 'llama-3.1-405b'],
  ['qwen2.5-0.5b', 'qwen2.5-72b'],
  ['gpt-oss-20b', 'gpt-oss-120b'],
  ['smollm2-135m', 'smollm2-1.7b'],
])('%s speaks the tokens of %s', (draft, model) => {
  expect(stated(`3:0.7:${draft}`, model)?.draft).toMatchObject({ id: draft })
})

test.each([
  ['qwen3-8b', 'llama-3.1-70b', /other tokens/],
  ['llama-2-7b', 'llama-3.1-70b', /other tokens/],
  ['llama-3.1-70b', 'llama-3.1-8b', /no smaller/],
  ['llama-3.1-8b', 'llama-3.1-8b', /no smaller/],
])('%s guesses no tokens of %s', (draft, model, why) => {
  expect(() => stated(`3:0.7:${draft}`, model)).toThrow(why)
})

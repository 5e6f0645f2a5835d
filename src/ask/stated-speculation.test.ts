import { expect, test } from 'vitest'
import { statedSpeculation } from './stated-speculation.ts'

test('a draft is stated by its length, how often a guess holds, and what makes it', () => {
  expect(statedSpeculation('3:0.7')).toEqual({ draftTokens: 3, acceptance: 0.7, draft: 'head' })
  expect(statedSpeculation('1:.9:head')?.draft).toBe('head')
  expect(statedSpeculation('5:0.8:llama-3.1-8b')?.draft).toMatchObject({ id: 'llama-3.1-8b' })
  expect(statedSpeculation(null)).toBeUndefined()
})

test.each(['3', '3:x', '3:1.2', '0:0.5', '3:0.5.1', '3:0.7:no-such-model'])('%s is refused', text => {
  expect(() => statedSpeculation(text)).toThrow()
})

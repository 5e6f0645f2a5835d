import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandOf, firstState, fragmentOf, type PageState, stateOf } from './address.ts'

const word = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
const state: fc.Arbitrary<PageState> = fc.record({
  question: fc.record({ model: word, asModel: word }, { requiredKeys: [] }),
  choices: fc.record(
    {
      term: word,
      gpu: word,
      api: word,
      spareReplicas: fc.integer({ min: 0, max: 64 }),
      operationsUsdPerMonth: fc.double({ min: 0, max: 1e9, noNaN: true }).map(x => x + 0),
      tokensPerMonth: fc.double({ min: 1, max: 1e18, noNaN: true }),
      providers: fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }),
    },
    { requiredKeys: [] },
  ),
  yScale: fc.constantFrom('log' as const, 'linear' as const),
  shown: fc.option(fc.array(word, { minLength: 1 })),
})

test('an address means the state that it was made from, whatever the names contain', () => {
  fc.assert(
    fc.property(state, value => {
      expect(stateOf(`#${fragmentOf(value)}`)).toEqual(value)
    }),
  )
})

test('the bare address is the default state, and the other way round', () => {
  expect(stateOf('')).toEqual(firstState)
  expect(fragmentOf(firstState)).toBe('')
})

test('the command quotes names for a shell', () => {
  const command = commandOf({ ...firstState, choices: { api: "o'hare gpt; rm -rf", tokensPerMonth: 3e9 } })
  expect(command).toBe("crossline crossover --api 'o'\\''hare gpt; rm -rf' --volume 3000000000")
})

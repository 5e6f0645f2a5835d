import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandOf, firstState, fragmentOf, ofSlice, type PageState, stateOf, whereOf, whereOfRow } from './address.ts'

const word = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
const state: fc.Arbitrary<PageState> = fc.record({
  question: fc.record(
    {
      model: word,
      asModel: word,
      where: fc.dictionary(word, word, { minKeys: 1, noNullPrototype: true }).map(where => JSON.stringify(where)),
    },
    { requiredKeys: [] },
  ),
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

test('the address of a slice filters to it and forgets what was chosen among other calls; all calls are the bare one', () => {
  const before: PageState = {
    ...firstState,
    question: { model: 'open-70b', at: '2026-10-10', where: '{"feature":"chat"}' },
    choices: { gpu: 'h100', api: 'hosted 1', tokensPerMonth: 3e9, term: 'spot' },
    shown: ['metered'],
  }
  const where = { feature: 'search', environment: 'production' }
  const slice = stateOf(`#${fragmentOf(ofSlice(before, where))}`)
  expect(whereOf(slice.question)).toEqual(where)
  expect(slice).toEqual({
    ...firstState,
    question: { at: '2026-10-10', where: JSON.stringify(where) },
    choices: { term: 'spot' },
  })
  expect(fragmentOf(ofSlice(stateOf('#where={"feature":"search"}'), {}))).toBe('')
})

test('a row is filtered to by its value and environment, within the slice shown, and only where that is exactly its calls', () => {
  const row = (key: string | null, environment: string | null = null) => ({ key, environment })
  const rows = [row('search', 'production'), row('search'), row('chat'), row(null)]
  const wheres = (now = {}) => rows.map(one => whereOfRow('feature', one, rows, now))
  expect(wheres()).toEqual([{ feature: 'search', environment: 'production' }, null, { feature: 'chat' }, null])
  expect(wheres({ team: 'web' })[2]).toEqual({ team: 'web', feature: 'chat' })
  expect(wheres({ feature: 'search', environment: 'production' })[0]).toBeNull()
})

test.each([
  '',
  'search',
  '{}',
  '[]',
  '["search"]',
  'null',
  '{"feature":7}',
])('a filter that makes no sense is none: %s', where => {
  const state = stateOf(`#${new URLSearchParams({ where })}`)
  expect(state).toEqual(firstState)
  expect(whereOf({ where })).toEqual({})
})

test('the command filters by one flag a dimension, quoted where a shell needs it', () => {
  const where = JSON.stringify({ feature: 'search', 'tag:lang': 'de, at' })
  expect(commandOf({ ...firstState, question: { where } })).toBe(
    "crossline crossover --where feature=search --where 'tag:lang=de, at'",
  )
})

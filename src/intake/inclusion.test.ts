// Parts that stand in a count or beside it: whoever wrote it, nothing is counted twice (law 1).
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partedBy } from './inclusion.ts'

const count = fc.nat({ max: 100_000 })

test('where the total tells, the rest is what was not in the parts, whatever was expected', () => {
  fc.assert(
    fc.property(
      fc.record({ fresh: count, cached: count, answer: count, thought: count }),
      fc.record({ inPrompt: fc.boolean(), inAnswer: fc.boolean() }),
      fc.record({ prompt: fc.boolean(), answer: fc.boolean() }),
      ({ fresh, cached, answer, thought }, { inPrompt, inAnswer }, expected) => {
        const total = fresh + cached + answer + thought
        const prompt = { whole: inPrompt ? fresh + cached : fresh, parts: cached }
        const answered = { whole: inAnswer ? answer + thought : answer, parts: thought }
        const parted = partedBy(total, prompt, answered, expected)
        const sum = parted.prompt.rest + cached + parted.answer.rest + thought
        expect(sum).toBe(total)
        if (parted.prompt.isSure) expect(parted.prompt.rest).toBe(fresh)
        if (parted.answer.isSure) expect(parted.answer.rest).toBe(answer)
      },
    ),
  )
})

test('without a total the size tells, else the convention', () => {
  const inside = { prompt: true, answer: true }
  const none = { whole: 5, parts: 0 }
  expect(partedBy(null, { whole: 9, parts: 183 }, none, inside).prompt).toEqual({
    inside: false,
    rest: 9,
    isSure: true,
  })
  expect(partedBy(null, { whole: 100, parts: 60 }, none, inside).prompt).toEqual({
    inside: true,
    rest: 40,
    isSure: false,
  })
  expect(partedBy(null, { whole: 100, parts: 60 }, none, { prompt: false, answer: true }).prompt.rest).toBe(100)
})

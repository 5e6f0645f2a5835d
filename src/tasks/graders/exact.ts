// An answer and what is expected in; whether they are the same, character by character or as JSON, out.
import { z } from 'zod'
import { expectedField, expectedOf, needsExpected, textOf } from './expected.ts'
import type { GraderKind } from './grader.ts'
import { isSameJson, jsonOf } from './same-json.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('exact'),
  expected: expectedField,
  trim: z.boolean().optional().meta({ description: 'leave blanks at both ends out of account; default true' }),
})

type Spec = z.output<typeof shape>

export const exact: GraderKind<Spec> = {
  kind: 'exact',
  shape,
  about:
    'The answer is what is expected, character by character; an expected number, list or object is compared as JSON.',
  misfit: needsExpected,
  grade(spec, { text, task }) {
    const expected = expectedOf(spec, task.expected)
    if (typeof expected === 'string') {
      const isSame = spec.trim === false ? text === expected : text.trim() === expected.trim()
      return graded(isSame, `expected ${quoted(expected)}, got ${quoted(text)}`)
    }
    const value = jsonOf(text)
    const isSame = value !== undefined && isSameJson(value, expected)
    return graded(isSame, `expected ${quoted(textOf(expected))}, got ${quoted(text)}`)
  },
}

// A pattern and an answer in; whether the pattern is found in it, or whether what it catches is what is expected, out.
import { z } from 'zod'
import { expectedField, expectedOf, needsExpected, textsOf } from './expected.ts'
import type { GraderKind } from './grader.ts'
import { linearRegex, patternMisfit } from './linear-regex.ts'
import { normalText } from './normalised.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('regex'),
  pattern: z.string().min(1).meta({ description: 'RE2 syntax: no look-arounds, no back-references' }),
  flags: z
    .string()
    .regex(/^[ims]*$/, 'expected flags of i, m and s')
    .optional()
    .meta({ description: 'i: any case; m: ^ and $ at each line; s: . is any character' }),
  absent: z.boolean().optional().meta({ description: 'passes where it is not found' }),
  group: z.int().nonnegative().optional().meta({
    description: 'what this group caught in the last match must be what is expected, as normalised says it',
  }),
  expected: expectedField,
})

type Spec = z.output<typeof shape>

export const regex: GraderKind<Spec> = {
  kind: 'regex',
  shape,
  about:
    'The pattern is found in the answer, blanks at its ends left out of account; RE2, so that no answer stalls it.',
  misfit(spec, expected) {
    if (spec.group !== undefined && spec.absent === true) return 'group and absent do not go together'
    const misfit = patternMisfit(spec.pattern, spec.flags)
    return misfit ?? (spec.group === undefined ? null : needsExpected(spec, expected))
  },
  grade(spec, answer) {
    const text = answer.text.trim()
    const found = linearRegex(spec.pattern, spec.flags)
    if (spec.group === undefined) {
      const isFound = found.test(text)
      const says = `/${spec.pattern}/${spec.flags ?? ''} is ${isFound ? '' : 'not '}found in ${quoted(text)}`
      return graded(isFound !== (spec.absent === true), says)
    }
    const caught = found.all(text).at(-1)?.[spec.group] ?? null
    if (caught === null) return graded(false, `/${spec.pattern}/ catches nothing in ${quoted(text)}`)
    const right = textsOf(expectedOf(spec, answer.task.expected)!)
    const isRight = right.some(one => normalText(one) === normalText(caught))
    return graded(isRight, `expected ${right.map(one => quoted(one)).join(' or ')}, caught ${quoted(caught)}`)
  },
}

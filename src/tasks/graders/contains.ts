// An answer and texts in; whether it holds all of them, any of them, or none, out.
import { z } from 'zod'
import { expectedOf, textsOf } from './expected.ts'
import type { GraderKind } from './grader.ts'
import { normalField, normalText } from './normalised.ts'
import { graded, quoted } from './verdicts.ts'

const texts = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

const shape = z.strictObject({
  kind: z.literal('contains'),
  all: texts.optional().meta({ description: 'each must stand in the answer; default: what the task expects' }),
  any: texts.optional().meta({ description: 'one of these must stand in it' }),
  none: texts.optional().meta({ description: 'none of these may stand in it' }),
  words: z
    .boolean()
    .optional()
    .meta({ description: 'as whole words, so that "refund" is not in "refunded"; default true' }),
  ...normalField,
})

type Spec = z.output<typeof shape>

const isStated = ({ all, any, none }: Spec): boolean => all !== undefined || any !== undefined || none !== undefined

export const contains: GraderKind<Spec> = {
  kind: 'contains',
  shape,
  about:
    'The answer holds all, any or none of some texts, as whole words; case, blanks and punctuation as in normalised.',
  misfit: (spec, expected) => (isStated(spec) || expected !== null ? null : 'nothing says what is to be in the answer'),
  grade(spec, { text, task }) {
    const all = [spec.all ?? (isStated(spec) ? [] : textsOf(expectedOf({}, task.expected)!))].flat()
    const any = [spec.any ?? []].flat()
    const none = [spec.none ?? []].flat()
    const said = normalText(text, spec)
    const holds = (one: string) => stands(normalText(one, spec), said, spec.words !== false)
    const missing = all.filter(one => !holds(one))
    if (missing.length > 0) {
      return graded(false, `${quoted(missing[0]!)} is not in ${quoted(text)}`, 1 - missing.length / all.length)
    }
    if (any.length > 0 && !any.some(holds))
      return graded(false, `none of ${any.map(one => quoted(one)).join(', ')} is in it`)
    const unwanted = none.find(holds)
    return graded(unwanted === undefined, `${quoted(unwanted ?? '')} is in ${quoted(text)}`)
  },
}

const isWordCharacter = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}\p{M}]/u.test(character)

/** Whether `part` stands in `whole`: as a word, where its own ends are letters or digits, no further ones go on there. */
function stands(part: string, whole: string, asWord: boolean): boolean {
  if (part === '') return false
  for (let at = whole.indexOf(part); at >= 0; at = whole.indexOf(part, at + 1)) {
    if (!asWord) return true
    const isCutBefore = isWordCharacter(part[0]) && isWordCharacter(whole[at - 1])
    const isCutAfter = isWordCharacter(part.at(-1)) && isWordCharacter(whole[at + part.length])
    if (!isCutBefore && !isCutAfter) return true
  }
  return false
}

// An answer and a set of items in; how many of them it names and how many else (precision, recall, F1), out: their order says nothing.
import { z } from 'zod'
import type { Json } from '../task.ts'
import { expectedField, expectedOf, needsExpected, textOf } from './expected.ts'
import { foundJson } from './found-json.ts'
import type { GraderKind } from './grader.ts'
import { normalField, normalText } from './normalised.ts'
import { overlap, shareField } from './overlap.ts'
import { jsonOf } from './same-json.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('set'),
  expected: expectedField,
  separator: z.string().min(1).optional().meta({
    description:
      'between the items of a text; default: line ends, commas and semicolons, bullets and numbering taken off',
  }),
  f1: shareField('F1 to pass; default 1, unless precision or recall is stated'),
  precision: shareField('share of the named items that are right'),
  recall: shareField('share of the right items that are named'),
  ...normalField,
})

type Spec = z.output<typeof shape>

export const set: GraderKind<Spec> = {
  kind: 'set',
  shape,
  about:
    'The answer names the items that are expected, in any order, as a JSON list or as text; passes at an F1, precision or recall.',
  misfit: needsExpected,
  grade(spec, { text, task }) {
    const right = new Set(itemsOf(expectedOf(spec, task.expected)!, spec))
    const listed = foundJson(text, 'any')
    const said = new Set(itemsOf(Array.isArray(listed) ? (listed as Json) : text, spec))
    const { precision, recall, f1 } = overlap([...said], [...right])
    const least = spec.f1 ?? (spec.precision === undefined && spec.recall === undefined ? 1 : 0)
    const isRight = f1 >= least && precision >= (spec.precision ?? 0) && recall >= (spec.recall ?? 0)
    const missing = [...right].filter(item => !said.has(item))
    const more = [...said].filter(item => !right.has(item))
    const says = [
      ...(missing.length > 0 ? [`${missing.length} of ${right.size} missing, such as ${quoted(missing[0]!, 40)}`] : []),
      ...(more.length > 0 ? [`${more.length} too many, such as ${quoted(more[0]!, 40)}`] : []),
    ]
    return graded(isRight, says.join('; '), f1)
  },
}

/** A list's members, or those of a text, each without what is left out of account. */
function itemsOf(value: Json, spec: Spec): readonly string[] {
  const read = typeof value === 'string' ? jsonOf(value) : value
  const items = Array.isArray(read)
    ? (read as readonly Json[]).map(textOf)
    : textOf(value)
        .split(spec.separator ?? /[\n,;]/)
        .map(item => (spec.separator === undefined ? item.replace(/^\s*(?:[-*•–]|\d{1,3}[.)])\s+/, '') : item))
  return items.map(item => normalText(item, spec)).filter(item => item !== '')
}

// An answer and a JSON value in; whether the JSON in the answer is that value, or holds it, out.
import { z } from 'zod'
import type { Json } from '../task.ts'
import { expectedField, expectedOf, needsExpected, textOf } from './expected.ts'
import { extractField, foundJson } from './found-json.ts'
import type { GraderKind } from './grader.ts'
import { isSameJson, jsonOf } from './same-json.ts'
import { graded, quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('json'),
  expected: expectedField,
  extract: extractField,
  subset: z.boolean().optional().meta({ description: 'the answer’s objects may have more fields than are expected' }),
})

type Spec = z.output<typeof shape>

export const json: GraderKind<Spec> = {
  kind: 'json',
  shape,
  about: 'The JSON in the answer is the value that is expected, its fields in any order.',
  misfit: needsExpected,
  grade(spec, { text, task }) {
    const stated = expectedOf(spec, task.expected)!
    // A cell of a table is text even where it means an object.
    const expected = typeof stated === 'string' ? (jsonOf(stated) ?? stated) : stated
    const value = foundJson(text, spec.extract)
    if (value === undefined) return graded(false, `no JSON in ${quoted(text)}`)
    const isRight = spec.subset === true ? holdsJson(value, expected) : isSameJson(value, expected)
    return graded(isRight, `expected ${quoted(textOf(expected))}, got ${quoted(JSON.stringify(value))}`)
  },
}

/** Whether `value` is `part` or more: objects may have further fields, at every depth; lists have the same length. */
export function holdsJson(value: Json, part: Json): boolean {
  if (Array.isArray(part)) {
    const list = part as readonly Json[]
    return Array.isArray(value) && value.length === list.length && list.every((item, i) => holdsJson(value[i], item))
  }
  if (typeof part !== 'object' || part === null) return isSameJson(value, part)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const fields = value as Readonly<Record<string, Json>>
  return Object.entries(part).every(([name, item]) => Object.hasOwn(fields, name) && holdsJson(fields[name]!, item))
}

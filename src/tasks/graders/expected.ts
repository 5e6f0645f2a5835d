// What a task expects in; the value or texts that a grader holds the answer against, out.
import { z } from 'zod'
import type { Json } from '../task.ts'

/** A grader may state what it expects itself, for all tasks alike or beside other graders of one task. */
export const expectedField = z.json().optional().meta({ description: 'default: what the task expects' })

/** The grader's own expectation, else the task's; null = nobody states one. */
export const expectedOf = (spec: { readonly expected?: unknown }, expected: Json | null): Json | null =>
  spec.expected === undefined ? expected : (spec.expected as Json)

/** A value as the text that an answer would write: texts as they are, all else as JSON. */
export const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Any of several texts that are right: a list stands for each of its members. */
export const textsOf = (value: Json): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).map(textOf) : [textOf(value)]

/** The misfit of a grader that has nothing to hold the answer against. */
export const needsExpected = (spec: { readonly expected?: unknown }, expected: Json | null): string | null =>
  expectedOf(spec, expected) === null ? 'nothing says what is expected' : null

// Two JSON values in; whether they say the same, out: the order of an object's fields says nothing.
import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../task.ts'

/** Equality of JSON values: fields in any order, 1 = 1.0, −0 = 0. */
export const isSameJson = (a: Json, b: Json): boolean => isDeepStrictEqual(plain(a), plain(b))

/** Objects without a prototype and −0 as 0, so that where a value came from makes no difference. */
function plain(value: Json): unknown {
  if (value === 0) return 0
  if (Array.isArray(value)) return (value as readonly Json[]).map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, plain(inside)]))
}

/** A text read as JSON; undefined = it is none. */
export function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

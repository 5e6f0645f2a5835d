// What a stream has told of its usage so far, and what its next event tells → both: field by field, the later one wins.
import { asCount, asObject, type JsonObject } from './json.ts'

/**
 * Providers repeat running totals and leave out what they told before, so that nothing is ever added up: a later value
 * takes the place of an earlier one, null and absent take none, objects go deeper and lists are replaced whole. What should
 * be a count and is none does not displace one that is.
 */
export function merged(before: JsonObject | null, after: JsonObject): JsonObject {
  if (before === null) return after
  const both: Record<string, unknown> = { ...before }
  for (const key in after) {
    // Assigning this one would give the object another prototype.
    if (key === '__proto__') continue
    const old = both[key]
    const value = after[key]
    const inner = asObject(value)
    if (inner !== null) both[key] = merged(asObject(old), inner)
    else if (value === undefined || value === null) both[key] ??= null
    else if (asCount(value) !== null || asCount(old) === null || !countName.test(key)) both[key] = value
  }
  return both
}

/** Names of counts on the wires read here: prompt_tokens, tokenCount, totalTokenCount, web_search_requests … */
const countName = /(tokens|count|requests)$/i

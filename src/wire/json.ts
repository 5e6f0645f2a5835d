// An unknown JSON value → the object, text or count that it is, or null: what a provider sends is never trusted.

export type JsonObject = Readonly<Record<string, unknown>>

export const asObject = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A text that says something: an empty one (Azure's first chunk has `"model":""`) tells nothing. */
export const asText = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** A count: a whole number from 0 to 2^53 − 1. Negative, fractional, larger or quoted ones are no counts. */
export const asCount = (value: unknown): number | null =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) + 0 : null

/**
 * A count that may be left out: `absent` where the key is missing or null, and null (unknown) where something stands
 * there that is no count.
 */
export function countOr(object: JsonObject | null, key: string, absent: number | null): number | null {
  const value = object?.[key]
  return value === undefined || value === null ? absent : asCount(value)
}

/** Text as JSON, or null when it is none. (`null` itself tells nothing either.) */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

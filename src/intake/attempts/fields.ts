// A JSON value of unknown shape in; one field of it as the type that is expected, or null, out.
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
export const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null
/** A count of tokens or calls. */
export const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
/** Plain settings of a request, as an option keeps them. */
export const settingsOf = (value: unknown): Record<string, string | number | boolean> =>
  Object.fromEntries(
    Object.entries(fieldsOf(value)).filter(
      (entry): entry is [string, string | number | boolean] =>
        typeof entry[1] === 'number' || typeof entry[1] === 'boolean' || typeof entry[1] === 'string',
    ),
  )

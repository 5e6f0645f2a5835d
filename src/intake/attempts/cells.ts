// A field of a record in; its text, and whether that is an amount of money, out.

/** A row of a CSV by its head, or an object of JSON Lines. */
export type PlainRecord = Readonly<Record<string, unknown>>

/** The trimmed text of a field; null for nothing. */
export function cellOf(record: PlainRecord, field: string): string | null {
  const value = record[field]
  if (value === undefined || value === null) return null
  const text = typeof value === 'string' ? value.trim() : typeof value === 'object' ? JSON.stringify(value) : `${value}`
  return text === '' ? null : text
}

/** `0.012`, `.5`, `1.2e-05`; not `$1`, `1,000`, `-3` or `1e999`: money that nobody can have meant is a problem. */
export const isAmount = (text: string): boolean =>
  /^\+?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) && Number(text) < 1e15

export function quoted(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

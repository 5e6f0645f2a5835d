// A value with `{{field}}` in its texts and a row's fields in; the value filled in, out. Nothing is executed: there are no loops, no conditions.
import type { Json } from '../task.ts'

export type Row = Readonly<Record<string, Json>>

/** `{{field}}`, `{{field.part}}`, `{{field?}}` where the row may lack it. Anything else in braces is text. */
const placeholder = /\{\{\s*([\p{L}_][\p{L}\p{N}_ .-]*?)(\?)?\s*\}\}/gu

/**
 * Fills a template: a text that is nothing but one placeholder becomes the field's value as it is, whatever its type; inside
 * a longer text numbers and texts stand as they are, all else as JSON. Fields of an object whose value is missing (`{{field?}}`) are left out.
 * `missing` says what happens where the row lacks a field that the template needs.
 */
export function filled(template: unknown, row: Row, missing: (field: string) => never): unknown {
  if (typeof template === 'string') return filledText(template, row, missing)
  if (Array.isArray(template)) return template.map(item => filled(item, row, missing))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(
    Object.entries(template).flatMap(([name, value]) => {
      const inside = filled(value, row, missing)
      return inside === undefined ? [] : [[name, inside]]
    }),
  )
}

function filledText(text: string, row: Row, missing: (field: string) => never): unknown {
  const found = (field: string, mark: string | undefined): Json | undefined => {
    const value = fieldOf(row, field)
    return value === undefined && mark === undefined ? missing(field) : value
  }
  const [first] = text.matchAll(placeholder)
  if (first !== undefined && first[0] === text.trim()) return found(first[1]!, first[2])
  return text.replace(placeholder, (_, field: string, mark?: string) => {
    const value = found(field, mark)
    return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** A field of this very name, or the way through objects that its dots say. */
function fieldOf(row: Row, field: string): Json | undefined {
  if (Object.hasOwn(row, field)) return row[field]
  let value: Json | undefined = row
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Row)[part]
  }
  return value
}

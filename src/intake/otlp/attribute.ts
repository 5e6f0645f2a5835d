// Attributes and the names that one thing goes by in; the first of them that tells it, as text or count, out.
import type { Attributes, AttributeValue } from './span.ts'

export type Json = Readonly<Record<string, unknown>>

/** The first text among these attributes that is not empty. */
export function textAt(attributes: Attributes, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = attributes[name]
    const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''
    if (text !== '') return text
  }
  return null
}

/** The first number ≥ 0 among these attributes; senders of what they do not know write NaN, or −1. */
export function numberAt(attributes: Attributes, ...names: readonly string[]): number | null {
  for (const name of names) {
    const number = numberOf(attributes[name])
    if (number !== null) return number
  }
  return null
}

/** A number ≥ 0, as itself or as text. */
export function numberOf(value: AttributeValue | unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null
}

/** The same for tokens, of which there are no halves. */
export function countOf(value: unknown): number | null {
  const number = numberOf(value)
  return number !== null && Number.isInteger(number) ? number : null
}

export function countAt(attributes: Attributes, names: readonly string[]): number | null {
  for (const name of names) {
    const count = countOf(attributes[name])
    if (count !== null) return count
  }
  return null
}

/** An object, written as JSON text or as it is; empty when it is none. */
export function objectAt(attributes: Attributes, name: string): Json {
  const value = attributes[name]
  if (typeof value === 'string') {
    try {
      return objectOf(JSON.parse(value))
    } catch {
      return {}
    }
  }
  return objectOf(value)
}

export const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

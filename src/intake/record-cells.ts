// A field of somebody's record, as JSON or a cell of a table has it, in; the text, count, amount or time that it is, out.
import { Fault } from '../core/fault/fault.ts'
import { parseInstant } from '../core/meter/calendar.ts'
import type { Money } from '../core/meter/money.ts'
import { amountOf } from './bill.ts'
import { isObject, type Json } from './pages.ts'

/** The first of these fields that says something: null, an empty cell and an empty text say nothing. */
export function cellOf(record: Json, ...names: readonly string[]): unknown {
  for (const name of names) {
    const value = record[name]
    if (value !== undefined && value !== null && value !== '') return value
  }
  return null
}

/** Text, or a number or a truth as text; objects and lists are none. */
export function textCell(record: Json, ...names: readonly string[]): string | null {
  const value = cellOf(record, ...names)
  const text = typeof value === 'object' ? '' : String(value).trim()
  return text === '' ? null : text
}

/** A whole number ≥ 0, however it is written. @throws Fault FIELD_INVALID */
export function countCell(record: Json, ...names: readonly string[]): number | null {
  return countOf(cellOf(record, ...names), names[0]!)
}

/** The same of a value; `name` is what errors call it. @throws Fault FIELD_INVALID */
export function countOf(value: unknown, name: string): number | null {
  if (value === null || value === undefined || value === '') return null
  const count = typeof value === 'boolean' ? Number.NaN : Number(value)
  if (Number.isSafeInteger(count) && count >= 0) return count
  throw new Fault('FIELD_INVALID', `${name}: expected a whole number >= 0, got ${shown(value)}`)
}

/** A number ≥ 0; what is none is unknown. */
export function numberCell(record: Json, ...names: readonly string[]): number | null {
  const value = cellOf(record, ...names)
  const number = value === null || typeof value === 'boolean' ? Number.NaN : Number(value)
  return Number.isFinite(number) && number >= 0 ? number : null
}

/** US dollars ≥ 0, exact as written; what is none (−1 is not known) is unknown, since it stands only beside our own price. */
export function usdCell(record: Json, ...names: readonly string[]): Money | null {
  const value = cellOf(record, ...names)
  const usd = value === null || typeof value === 'object' ? null : amountOf(String(value))
  return usd !== null && usd < 0n ? null : usd
}

/** A date and time as UTC microseconds. @throws Fault FIELD_INVALID */
export function timeCell(record: Json, ...names: readonly string[]): number | null {
  const value = cellOf(record, ...names)
  if (value === null) return null
  const micros = typeof value === 'string' ? parseInstant(value.trim()) : null
  if (micros !== null) return micros
  throw new Fault('FIELD_INVALID', `${names[0]}: expected a date and time, got ${shown(value)}`)
}

/** The same where it is missing is an error. @throws Fault FIELD_INVALID */
export function neededTime(record: Json, ...names: readonly string[]): number {
  const micros = timeCell(record, ...names)
  if (micros === null) throw new Fault('FIELD_INVALID', `${names[0]}: missing`)
  return micros
}

/**
 * An object, or the cell of a table that holds one as JSON text. Some exporters double its quotes once too often, and
 * ClickHouse writes a map with single ones.
 */
export function objectCell(record: Json, ...names: readonly string[]): Json | null {
  const value = parsedCell(cellOf(record, ...names))
  return isObject(value) ? value : null
}

/** The same of a list of texts. */
export function textsCell(record: Json, ...names: readonly string[]): readonly string[] {
  const value = parsedCell(cellOf(record, ...names))
  return Array.isArray(value) ? value.filter(one => typeof one === 'string' && one.trim() !== '') : []
}

function parsedCell(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (!/^[{[]/.test(text)) return null
  const repaired =
    text.startsWith("{'") || text.startsWith("['") ? text.replaceAll("'", '"') : text.replaceAll('""', '"')
  return parsedJson(text) ?? parsedJson(repaired)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Milliseconds from one moment to another, both in microseconds; unknown where either is, or where they are out of order. */
export const spanMs = (fromMicros: number | null, toMicros: number | null): number | null =>
  fromMicros === null || toMicros === null || toMicros < fromMicros ? null : (toMicros - fromMicros) / 1000

const shown = (value: unknown): string => (JSON.stringify(value) ?? '').slice(0, 60)

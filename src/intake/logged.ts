// The head of a log, whatever it came in, in; its first records, and how all of them are read, out.
import { parseCut } from '../wire/cut-json.ts'
import type { CallsOfRecord, Content, Head } from './importer.ts'
import { jsonItems, recordsWithin } from './json-items.ts'
import { nothing, together } from './logged-call.ts'
import { isObject, type Json } from './pages.ts'

const sampled = 50
const samples = new WeakMap<Head, readonly Json[]>()

/** The first records of a file: rows of a table, lines, elements of an array or of a page. None of Parquet. */
export function firstRecords(head: Head): readonly Json[] {
  const known = samples.get(head)
  if (known) return known
  const found = head.container === 'csv' ? csvRecords(head) : jsonRecords(head.text)
  samples.set(head, found)
  return found
}

/** A header without rows is known by its columns. */
const csvRecords = (head: Head): readonly Json[] => [
  Object.fromEntries(head.columns.map(column => [column, head.rows[0]?.[column] ?? ''])),
]

function jsonRecords(text: string): readonly Json[] {
  const items = jsonItems()
  const whole = items.push(text).slice(0, sampled).map(parsed)
  // One record that is longer than the head: what is seen of it.
  const cut = whole.length === 0 ? parseCut(items.rest() ?? '') : null
  return [...whole, cut].filter(isObject)
}

/** Whether some of a file's first records have, of each of these lists of names, at least one. */
export const haveAll = (head: Head, ...names: readonly (readonly string[])[]): boolean =>
  firstRecords(head).some(record => names.every(some => some.some(name => name in record)))

/**
 * How a log's records are read. `read` gets one record after another, however they are wrapped; a page that stands on one
 * line is taken apart.
 */
export function logged(head: Head, notes: readonly string[], read: (record: Json) => CallsOfRecord): Content {
  const records = head.container === 'csv' ? 'rows' : head.container === 'jsonl' ? 'lines' : 'items'
  const delimiter = head.delimiter || ','
  return {
    kind: 'calls',
    calls: {
      records,
      delimiter,
      notes,
      read: value => together([...recordsWithin(value).map(read), ...straysOf(value)]),
    },
  }
}

/** What stands where a record should: it is refused, so that no line goes without a word. */
const straysOf = (value: unknown): readonly CallsOfRecord[] =>
  (Array.isArray(value) ? value : [value])
    .filter(one => typeof one !== 'object' || one === null)
    .map(() => ({ ...nothing, rejects: [{ reason: 'expected a JSON object', raw: '' }] }))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

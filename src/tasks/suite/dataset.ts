// A dataset file in; its rows, each with the line it stands on, out.
import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import { Fault } from '../../core/fault/fault.ts'
import type { Json } from '../task.ts'
import type { Row } from './template.ts'

export interface DatasetRow {
  readonly row: Row
  /** `file:line`, for whatever is found wrong with it later. */
  readonly place: string
}

export type DatasetFormat = 'csv' | 'jsonl' | 'json'

/**
 * Reads a dataset: CSV by RFC 4180 with a header, JSON Lines, or a JSON list of objects.
 * @throws Fault FILE_UNREADABLE, DATASET_INVALID with file:line
 */
export function readDataset(path: string, stated: DatasetFormat | null): DatasetRow[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (thrown) {
    const isMissing = (thrown as NodeJS.ErrnoException).code === 'ENOENT'
    const message = isMissing ? 'no such file or folder' : (thrown as Error).message
    throw new Fault('FILE_UNREADABLE', message, { where: path, fix: 'check the name' }, { cause: thrown })
  }
  const format = stated ?? (/\.(jsonl|ndjson)$/i.test(path) ? 'jsonl' : /\.json$/i.test(path) ? 'json' : 'csv')
  const rows = { csv: csvRows, jsonl: lineRows, json: listRows }[format](text, path)
  if (rows.length === 0) throw invalid('no rows', path)
  return rows
}

const invalid = (message: string, where: string, fix = 'correct the file'): Fault =>
  new Fault('DATASET_INVALID', message, { where, fix })

function csvRows(text: string, path: string): DatasetRow[] {
  try {
    const records = parse(text, { columns: true, info: true, skip_empty_lines: true }) as {
      record: Record<string, string>
      info: { lines: number }
    }[]
    return records.map(({ record, info }) => ({ row: record, place: `${path}:${info.lines}` }))
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    const line = (thrown as { lines?: number }).lines
    throw invalid(thrown.message, line === undefined ? path : `${path}:${line}`)
  }
}

function lineRows(text: string, path: string): DatasetRow[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const place = `${path}:${i + 1}`
    return [{ row: objectOf(parsed(line, place), place), place }]
  })
}

function listRows(text: string, path: string): DatasetRow[] {
  const list = parsed(text, path)
  if (!Array.isArray(list)) throw invalid('not a list of objects', path, 'give a JSON list, or JSON Lines')
  return list.map((item, i) => ({ row: objectOf(item as Json, `${path}[${i}]`), place: `${path}[${i}]` }))
}

function parsed(text: string, place: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (thrown) {
    throw invalid(`not JSON: ${(thrown as Error).message}`, place)
  }
}

function objectOf(value: Json, place: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row
  throw invalid('expected an object with the fields of a row', place)
}

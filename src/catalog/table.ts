// A file of facts in; its rows, each checked against a schema, out: the one edge where the catalog's data are parsed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import { dataRoot } from './data-root.ts'

/** A decimal number as text, kept as text so that money stays exact. */
export const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal number such as 2.69')

/** An empty cell is unknown: null, never 0 or "". */
export function orNull<S extends z.ZodType>(schema: S) {
  return z.preprocess(cell => (cell === '' ? null : cell), schema.nullable())
}

export const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date YYYY-MM-DD')

/** All rows of a CSV file of the data folder. Throws DATA_INVALID naming file, line and field. */
export function readTable<S extends z.ZodType>(name: string, schema: S): z.output<S>[] {
  const records = parse(readFileSync(join(dataRoot(), name)), { columns: true, info: true, bom: true }) as {
    record: unknown
    info: { lines: number }
  }[]
  return records.map(({ record, info }) => checked(schema, record, `data/${name}:${info.lines}`))
}

/** A JSON file of the data folder. Throws DATA_INVALID naming file and field. */
export function readJson<S extends z.ZodType>(name: string, schema: S): z.output<S> {
  return checked(schema, JSON.parse(readFileSync(join(dataRoot(), name), 'utf8')), `data/${name}`)
}

const checked = <S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> =>
  checkedFacts(schema, value, where, 'restore the data folder that ships with this version')

/** A value as its schema says, or a Fault DATA_INVALID that names the field and what to do. */
export function checkedFacts<S extends z.ZodType>(schema: S, value: unknown, where: string, fix: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new Fault('DATA_INVALID', `${issue.path.join('.')}: ${issue.message}`, { where, fix })
}

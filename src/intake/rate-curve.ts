// Rate curves (second, requests_per_s, …) as a demand shape: how busy each moment is, without any call.
import { parse } from 'csv-parse/sync'
import { Fault } from '../core/fault/fault.ts'
import { defaultStartMicros, type Head, hasColumns, type Importer, startNote } from './importer.ts'

export const rateCurve: Importer = {
  name: 'rate-curve',
  title: 'arrival rate curve',
  container: 'csv',
  matches: head => head.container === 'csv' && hasColumns(head, ['second', 'requests_per_s']),
  content: (head, options) => ({
    kind: 'shape',
    shape: text => {
      const rows = rowsOf(text, head)
      const number = (row: Record<string, string>, column: string, line: number): number => {
        const cell = row[column] ?? ''
        const value = Number(cell)
        if (cell.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
        throw new Fault('FIELD_INVALID', `${column}: expected a number >= 0, got "${cell.slice(0, 60)}"`, {
          where: `${head.name}:${line}`,
        })
      }
      const seconds = rows.map((row, i) => number(row, 'second', i + 2))
      const disorder = seconds.findIndex((second, i) => i > 0 && second <= seconds[i - 1]!)
      if (disorder > 0) {
        throw new Fault('FIELD_INVALID', 'second: a rate curve must ascend', { where: `${head.name}:${disorder + 2}` })
      }
      return {
        startMicros: options.startMicros ?? defaultStartMicros,
        seconds,
        requestsPerSecond: rows.map((row, i) => number(row, 'requests_per_s', i + 2)),
        notes: [startNote(options), 'a rate curve is a demand shape: it holds no calls and no token counts'],
      }
    },
  }),
}

function rowsOf(text: string, { name, delimiter }: Head): Record<string, string>[] {
  try {
    return parse(text, { columns: true, bom: true, skip_empty_lines: true, delimiter }) as Record<string, string>[]
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown)
    throw new Fault('FILE_UNREADABLE', `not readable as CSV: ${message}`, { where: name }, { cause: thrown })
  }
}

// Rows of a table that a provider's console exports, texts all, in; the same as its API would answer them: counts, truths and texts, out.
import { type CsvRow, csvLines } from './bill.ts'
import type { Head } from './importer.ts'
import type { Json } from './pages.ts'

/** What a console writes where it has nothing to say. */
const isNone = (cell: string): boolean => cell === '' || cell === '--'

/** `59200.0` is a count, `FALSE` a truth; what says nothing is null. Rows of nothing but times are days without usage. */
export function consoleRows(text: string, head: Head, times: readonly string[]): { line: number; row: Json }[] {
  return csvLines(text, head).flatMap(({ line, content }) =>
    Object.entries(content).every(([name, cell]) => times.includes(name) || isNone(cell))
      ? []
      : [{ line: line ?? 0, row: typed(content) }],
  )
}

const typed = (row: CsvRow): Json => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, toldIn(cell)]))

function toldIn(cell: string): unknown {
  if (isNone(cell)) return null
  if (/^(true|false)$/i.test(cell)) return cell.toLowerCase() === 'true'
  return /^\d+(\.0+)?$/.test(cell) ? Number(cell) : cell
}

// The first lines of a file in; its container, columns and sampled rows, out.
import { parse } from 'csv-parse/sync'
import { Fault } from '../core/fault/fault.ts'
import type { Head } from './importer.ts'
import type { Inspection } from './inspect.ts'

const sampledRows = 200

/** Reads the head of a text file. Faults when it is neither CSV nor JSON Lines. */
export function readHead(name: string, { head }: Pick<Inspection, 'head'>): Head {
  const first = head.trimStart()[0]
  if (first === undefined) throw new Fault('FILE_EMPTY', 'the file has no rows', { where: name })
  const whole = { name, delimiter: '', linesBefore: 0, columns: [], paths: [], rows: [], text: head }
  if (isMetrics(head)) return { ...whole, container: 'metrics' }
  if (isPages(head) || first === '[' || isSpread(head)) {
    return { ...whole, container: 'json' }
  }
  return first === '{' ? jsonHead(name, head) : csvHead(name, head)
}

/** Answers of an API page by page, or of Prometheus: one document, which may spread over lines or lie in an array with others. */
export function isPages(head: string): boolean {
  const begins =
    /^\s*\[?\s*\{\s*"(object|data|has_more|next_page|first_id|starting_at|ending_at|start_time|results)"\s*:/
  if (/^\s*\{\s*"status"\s*:\s*"success"/.test(head) && /"resultType"\s*:/.test(head)) return true
  return begins.test(head) && /"(has_more|next_page|starting_at)"\s*:|"object"\s*:\s*"(page|bucket)"/.test(head)
}

/** An object of its own line by line, as `jq .` or a person writes it. */
const isSpread = (head: string): boolean => /^\s*\{\s*\n/.test(head)

/** Prometheus' text exposition: a line that types a metric, or a sample with labels. */
const isMetrics = (head: string): boolean =>
  /^# TYPE \S+ (counter|gauge|histogram|summary|untyped)\s*$/m.test(head) ||
  /^[a-zA-Z_]\w*:\w+\{.*\} \S+\s*$/m.test(head)

function csvHead(name: string, whole: string): Head {
  const blank = /^(?:[ \t]*(?:\r\n|\r|\n))*/.exec(whole)?.[0] ?? ''
  const head = whole.slice(blank.length)
  const header = head.slice(0, head.search(/[\r\n]|$/))
  const delimiter = [',', ';', '\t', '|'].reduce((a, b) => (header.split(b).length > header.split(a).length ? b : a))
  const records: string[][] = []
  try {
    parse(head, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: sampledRows + 1,
      on_record: (record: string[]) => {
        records.push(record)
        return null
      },
    })
  } catch (thrown) {
    // A head that ends inside a quoted cell has still shown its columns.
    if (records.length < 2) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      throw new Fault(
        'FILE_UNREADABLE',
        `not readable as CSV: ${message.split('\n')[0]}`,
        { where: name },
        { cause: thrown },
      )
    }
  }
  const [named = [], ...rows] = records
  // Spreadsheets leave cells without a name behind the last column.
  const columns = named.map((column, i) => (column.trim() === '' ? `(column ${i + 1})` : column))
  const twice = columns.find((column, i) => columns.indexOf(column) !== i)
  if (twice !== undefined)
    throw new Fault('COLUMN_TWICE', `two columns are named "${twice}"`, {
      where: `${name}:${blankLines(blank) + 1}`,
      fix: 'rename one of them',
    })
  return {
    name,
    container: 'csv',
    delimiter,
    linesBefore: blankLines(blank),
    columns,
    paths: [],
    rows: rows.map(row => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? '']))),
    text: head,
  }
}

const blankLines = (blank: string): number => blank.split(/\r\n|\r|\n/).length - 1

/** `response.body.usage.prompt_tokens_details.cached_tokens`, as batch results nest it. */
const deepest = 5

function jsonHead(name: string, head: string): Head {
  const paths = new Map<string, readonly string[]>()
  const rows: Record<string, string>[] = []
  for (const line of head.split('\n')) {
    if (rows.length >= sampledRows) break
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      continue
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue
    const row: Record<string, string> = {}
    flatten(value, [], paths, row)
    rows.push(row)
  }
  if (rows.length === 0 && head.includes('\n')) {
    throw new Fault('FILE_UNREADABLE', 'none of its first lines is a JSON object', {
      where: name,
      fix: 'write one object per line: jq -c . FILE > FILE.jsonl',
    })
  }
  // A first line longer than the head: its leading keys are all that is seen.
  if (rows.length === 0) for (const [, key] of head.matchAll(/"([A-Za-z_]\w*)"\s*:/g)) paths.set(key!, [key!])
  return {
    name,
    container: 'jsonl',
    delimiter: '',
    linesBefore: 0,
    columns: [...paths.keys()],
    paths: [...paths.values()],
    rows,
    text: head,
  }
}

function flatten(
  value: object,
  above: readonly string[],
  paths: Map<string, readonly string[]>,
  row: Record<string, string>,
): void {
  for (const [key, part] of Object.entries(value)) {
    const path = [...above, key]
    if (typeof part === 'object' && part !== null && !Array.isArray(part) && path.length < deepest) {
      flatten(part, path, paths, row)
      continue
    }
    const column = path.join('.')
    if (!paths.has(column)) paths.set(column, path)
    if (part !== null) row[column] = typeof part === 'object' ? JSON.stringify(part) : String(part)
  }
}

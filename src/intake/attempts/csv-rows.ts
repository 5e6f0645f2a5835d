// Lines of a CSV by RFC 4180 in; its rows as cells, and each line that is none, out. A line whose quotes are wrong costs itself alone: what follows it is read.

export interface CsvRow {
  /** The line that it begins on, counted from 1. */
  readonly line: number
  /** Null = not a row, and `reason` says why. */
  readonly cells: readonly string[] | null
  readonly reason: string | null
  readonly raw: string
}

/** A cell that goes on over more lines than this was meant to end. */
const mostLines = 1000

/**
 * Rows as they get whole. A byte order mark must be gone; lines end in LF or CRLF; empty lines, and those of empty cells
 * alone, are no rows.
 */
export async function* csvRows(texts: AsyncIterable<string>): AsyncGenerator<CsvRow[]> {
  let rest = ''
  // Lines that are read and belong to no row yet: more than one only while a quote is open.
  let waiting: string[] = []
  let first = 1
  const taken = (isEnd: boolean): CsvRow[] => {
    const rows: CsvRow[] = []
    let at = 0
    while (at < waiting.length) {
      const found = rowAt(waiting, at)
      if (found === 'open' && !isEnd && waiting.length - at <= mostLines) break
      const line = first + at
      if (typeof found === 'string') {
        const reason = found === 'open' ? 'a quote opens here and nothing closes it' : 'a quote stands where none may'
        rows.push({ line, cells: null, reason, raw: waiting[at]! })
        at++
        continue
      }
      if (found.cells.some(cell => cell.trim() !== '')) {
        rows.push({ line, cells: found.cells, reason: null, raw: waiting.slice(at, at + found.lines).join('\n') })
      }
      at += found.lines
    }
    waiting = waiting.slice(at)
    first += at
    return rows
  }
  for await (const text of texts) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    waiting = waiting.length === 0 ? lines : waiting.concat(lines)
    yield taken(false)
  }
  if (rest !== '') waiting.push(rest)
  yield taken(true)
}

type Found = { readonly cells: string[]; readonly lines: number } | 'open' | 'stray'

/** The row that begins at `lines[at]`; `open` when the lines end inside a quoted cell, `stray` when a quote breaks the rules. */
function rowAt(lines: readonly string[], at: number): Found {
  let text = lines[at]!
  if (!text.includes('"')) return { cells: bare(text).split(','), lines: 1 }
  const cells: string[] = []
  let used = 1
  let from = 0
  for (;;) {
    if (text[from] !== '"') {
      const comma = text.indexOf(',', from)
      const cell = comma < 0 ? bare(text.slice(from)) : text.slice(from, comma)
      if (cell.includes('"')) return 'stray'
      cells.push(cell)
      if (comma < 0) return { cells, lines: used }
      from = comma + 1
      continue
    }
    let cell = ''
    from++
    for (;;) {
      const quote = text.indexOf('"', from)
      if (quote < 0) {
        const next = lines[at + used]
        if (next === undefined || used > mostLines) return 'open'
        cell += `${text.slice(from)}\n`
        text = next
        from = 0
        used++
        continue
      }
      cell += text.slice(from, quote)
      from = quote + 1
      if (text[from] !== '"') break
      cell += '"'
      from++
    }
    cells.push(cell)
    if (from === bare(text).length) return { cells, lines: used }
    if (text[from] !== ',') return 'stray'
    from++
  }
}

/** Without the CR of a CRLF. */
const bare = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line)

// Lines of somebody's bill, whatever its format, in; charges in exact US dollars, and the lines that cannot be taken, out.
import { parse } from 'csv-parse/sync'
import { Fault } from '../core/fault/fault.ts'
import type { Charge } from '../core/meter/charge.ts'
import type { Reject } from '../core/meter/load.ts'
import { type Decimal, type Money, parseDecimal, roundHalfEven } from '../core/meter/money.ts'
import type { Bill, Head } from './importer.ts'

/** What a format makes of one line: a charge, a reason why it is none, or null for a line that is no part of the bill. */
export type LineReading = Charge | { readonly reason: string } | null

export interface BillLine<Line> {
  readonly line: number | null
  readonly raw: string
  readonly content: Line
}

/** Reads every line; `leftOut` of them may be told in a note. */
export function billOf<Line>(
  lines: readonly BillLine<Line>[],
  read: (content: Line) => LineReading,
  notes: (leftOut: number) => readonly string[] = () => [],
): Bill {
  const charges: Charge[] = []
  const rejects: Reject[] = []
  let leftOut = 0
  for (const { line, raw, content } of lines) {
    const found = read(content)
    if (found === null) leftOut++
    else if ('reason' in found) rejects.push({ line, reason: found.reason, raw })
    else charges.push(found)
  }
  return { charges, rejects, notes: notes(leftOut) }
}

export type CsvRow = Readonly<Record<string, string>>

/** Rows of a CSV with their lines. Faults: FILE_UNREADABLE. */
export function csvLines(text: string, { name, delimiter }: Head): BillLine<CsvRow>[] {
  const lines: BillLine<CsvRow>[] = []
  try {
    parse(text, {
      columns: true,
      bom: true,
      delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
      on_record: (record: Record<string, string>, { lines: line }: { lines: number }) => {
        lines.push({ line, raw: Object.values(record).join(','), content: record })
        return null
      },
    })
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown)
    throw new Fault('FILE_UNREADABLE', `not readable as CSV: ${message}`, { where: name }, { cause: thrown })
  }
  return lines
}

/**
 * An amount as exact pico-dollars, finer digits rounded half-even. Understands `1,234.50`, `$12`, `(3.10)` for a credit
 * and the `0E-6176` that a decimal library prints for zero; `centsPerUnit` 100 when it counts cents.
 */
export function amountOf(text: string, unit: 'dollars' | 'cents' = 'dollars'): Money | null {
  let bare = text.trim()
  const credit = /^\((.*)\)$/.exec(bare)
  if (credit) bare = `-${credit[1]}`
  bare = bare.replace(/^([+-]?)\s*(?:US)?\$\s*/, '$1').replace(/^\$\s*([+-])/, '$1')
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare)) bare = bare.replaceAll(',', '')
  if (/^[+-]?0+(\.0*)?[eE][+-]?\d+$/.test(bare)) bare = '0'
  const parsed = parseDecimal(bare)
  if (parsed === null) return null
  return picoOf(unit === 'cents' ? { ...parsed, scale: parsed.scale + 2 } : parsed)
}

function picoOf({ unscaled, scale }: Decimal): Money {
  if (scale <= 12) return (unscaled * 10n ** BigInt(12 - scale)) as Money
  return roundHalfEven(unscaled, 10n ** BigInt(scale - 12)) as Money
}

/** Why a currency cannot be taken; null for US dollars and where none is named. */
export function currencyReason(currency: string | null | undefined): string | null {
  const code = (currency ?? '').trim().toUpperCase()
  if (code === '' || code === 'USD' || code === 'US$' || code === '$') return null
  return `currency ${code.slice(0, 12)}: only US dollars are taken, since an exchange rate of one's own would change the bill`
}

// Any CSV of amounts with dates (a provider's invoice, a line of an accounting export) as lines of a bill.
import { type ChargeCategory, chargeCategories } from '../core/meter/charge.ts'
import { amountOf, billOf, type CsvRow, csvLines, currencyReason, type LineReading } from './bill.ts'
import { instantOf } from './bucket-times.ts'
import type { Head, Importer, ImportOptions } from './importer.ts'

/** Fields with the names that invoices give them. Names compare without case, spaces, `_` and `-`. */
const fieldNames = {
  provider: ['provider', 'vendor', 'supplier', 'seller', 'issuer'],
  from: ['from', 'start', 'period start', 'start date', 'service start', 'begin'],
  to: ['to', 'end', 'until', 'through', 'period end', 'end date', 'service end'],
  date: ['date', 'day', 'month', 'period', 'billing period', 'invoice date', 'usage date'],
  amount: ['amount', 'usd', 'amount usd', 'total', 'cost', 'cost usd', 'charge', 'billed', 'billed usd'],
  currency: ['currency', 'currency code', 'amount currency'],
  description: ['description', 'line item', 'item', 'memo', 'details', 'service'],
  category: ['category', 'charge category', 'type'],
  model: ['model'],
} as const
type Field = keyof typeof fieldNames
type Columns = Readonly<Partial<Record<Field, string>>>

const plain = (text: string) => text.toLowerCase().replace(/[\s_-]/g, '')

function columnsOf(head: Pick<Head, 'columns'>): Columns {
  return Object.fromEntries(
    Object.entries(fieldNames).flatMap(([field, names]) => {
      const column = names.map(name => head.columns.find(one => plain(one) === plain(name))).find(Boolean)
      return column === undefined ? [] : [[field, column]]
    }),
  )
}

export const invoice: Importer = {
  name: 'invoice',
  title: 'invoice',
  container: 'csv',
  matches: head => {
    if (head.container !== 'csv' || head.columns.some(column => /token|prompt|gpu/i.test(column))) return false
    const { amount, from, date, provider, currency, description } = columnsOf(head)
    const isBill = provider !== undefined || currency !== undefined || description !== undefined
    return amount !== undefined && (from !== undefined || date !== undefined) && isBill
  },
  content: (head, options) => ({
    kind: 'bill',
    bill: text => {
      const columns = columnsOf(head)
      return billOf(
        csvLines(text, head),
        row => chargeOf(row, columns, options),
        () => [
          'a period that ends with a date holds that day, unless it ends on the day of the month on which it began',
        ],
      )
    },
  }),
}

function chargeOf(row: CsvRow, columns: Columns, options: ImportOptions): LineReading {
  const cell = (field: Field) => (columns[field] === undefined ? '' : (row[columns[field]] ?? '').trim())
  if (Object.values(row).every(text => text.trim() === '')) return null
  const provider = cell('provider') || options.provider
  if (!provider) return { reason: `provider: missing (name it with --provider)` }
  const foreign = currencyReason(cell('currency'))
  if (foreign) return { reason: foreign }
  const usd = amountOf(cell('amount'))
  if (usd === null)
    return { reason: `${columns.amount ?? 'amount'}: expected an amount, got "${cell('amount').slice(0, 40)}"` }
  const period = periodOf(cell('from') || cell('date'), cell('to'))
  if (period === null)
    return {
      reason: `${columns.from ?? columns.date ?? 'from'}: expected a date, a month or a period, got "${(cell('from') || cell('date')).slice(0, 40)}" and "${cell('to').slice(0, 40)}"`,
    }
  const named = cell('category').toLowerCase() as ChargeCategory
  const category = chargeCategories.includes(named) ? named : categoryOf(cell('description'))
  return {
    provider,
    ...period,
    usd,
    category,
    description: cell('description') || null,
    model: cell('model') || options.model || null,
  }
}

/** A line that says that it is tax or a credit is not usage. */
function categoryOf(description: string): ChargeCategory {
  if (/\b(sales tax|vat|gst|tax)\b/i.test(description)) return 'tax'
  return /\b(credit|refund|promo(tional)?)\b/i.test(description) ? 'credit' : 'usage'
}

const dayMicros = 86_400e6

/** A month (`2026-11`), a day, or from a date to a date or instant; null when it is none. */
export function periodOf(from: string, to: string): { fromMicros: number; toMicros: number } | null {
  const month = /^(\d{4})-(\d{2})$/.exec(from)
  if (month && to === '') {
    const [year, index] = [Number(month[1]), Number(month[2]) - 1]
    if (index > 11) return null
    return { fromMicros: Date.UTC(year, index, 1) * 1000, toMicros: Date.UTC(year, index + 1, 1) * 1000 }
  }
  const fromMicros = instantOf(from)
  if (fromMicros === null) return null
  if (to === '') return { fromMicros, toMicros: fromMicros + dayMicros }
  const end = instantOf(to)
  if (end === null) return null
  const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text)
  const isNextMonth = isDate(from) && from.slice(8) === to.slice(8) && from !== to
  const toMicros = isDate(to) && !isNextMonth ? end + dayMicros : end
  return toMicros > fromMicros ? { fromMicros, toMicros } : null
}

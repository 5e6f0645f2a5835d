// OpenAI's costs, as the API answers them (pages of daily buckets) or as the dashboard exports them (CSV), as lines of a bill.
import { amountOf, type BillLine, billOf, type CsvRow, csvLines, currencyReason, type LineReading } from './bill.ts'
import { instantOf } from './bucket-times.ts'
import { type Head, hasColumns, type Importer } from './importer.ts'
import { bucketsOf, isObject, type Json, textOf } from './pages.ts'

const csvColumns = ['start_time', 'end_time', 'amount_value']

export const openaiCosts: Importer = {
  name: 'openai-costs',
  title: 'OpenAI costs',
  container: ['json', 'csv'],
  matches: head =>
    head.container === 'csv'
      ? hasColumns(head, csvColumns)
      : head.container === 'json' && /"organization\.costs\.result"/.test(head.text),
  content: head => ({
    kind: 'bill',
    bill: text =>
      head.container === 'csv'
        ? billOf(csvLines(text, head), fromRow)
        : billOf(resultsOf(text, head), ({ times, result }) => fromResult(times, result)),
  }),
}

interface Result {
  readonly times: { readonly fromMicros: number; readonly toMicros: number }
  readonly result: Json
}

function resultsOf(text: string, head: Head): BillLine<Result>[] {
  return bucketsOf(text, head.name).flatMap(({ results, ...times }) =>
    results.map(result => ({ line: null, raw: JSON.stringify(result), content: { times, result } })),
  )
}

function fromResult(times: Result['times'], result: Json): LineReading {
  const amount = isObject(result.amount) ? result.amount : {}
  return line(times, String(amount.value ?? ''), textOf(amount, 'currency'), textOf(result, 'line_item'))
}

function fromRow(row: CsvRow): LineReading {
  // A day without costs.
  if ((row.amount_value ?? '') === '' && (row.amount_currency ?? '') === '') return null
  const fromMicros = instantOf(row.start_time)
  const toMicros = instantOf(row.end_time)
  if (fromMicros === null)
    return { reason: `start_time: expected a time, got "${(row.start_time ?? '').slice(0, 40)}"` }
  if (toMicros === null || toMicros <= fromMicros)
    return { reason: `end_time: expected a time after start_time, got "${(row.end_time ?? '').slice(0, 40)}"` }
  return line({ fromMicros, toMicros }, row.amount_value ?? '', row.amount_currency, row.line_item || null)
}

function line(
  times: Result['times'],
  value: string,
  currency: string | null | undefined,
  item: string | null,
): LineReading {
  const foreign = currencyReason(currency)
  if (foreign) return { reason: foreign }
  const usd = amountOf(value)
  if (usd === null) return { reason: `amount: expected dollars, got "${value.slice(0, 40)}"` }
  // `gpt-5.6-terra, input`
  const model = item?.includes(', ') ? item.slice(0, item.indexOf(', ')) : null
  return { provider: 'openai', ...times, usd, category: 'usage', description: item, model }
}

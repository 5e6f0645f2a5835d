// Anthropic's cost report (pages of daily buckets, whose amounts are cents; or the console's CSV, in dollars) as lines of a bill.
import { amountOf, billOf, type CsvRow, csvLines, currencyReason, type LineReading } from './bill.ts'
import { consolePeriod } from './bucket-times.ts'
import { type Bill, type Head, hasColumns, type Importer } from './importer.ts'
import { bucketsOf, textOf } from './pages.ts'

const csvColumns = ['usage_date_utc', 'token_type', 'cost_usd']

export const anthropicCosts: Importer = {
  name: 'anthropic-costs',
  title: 'Anthropic cost report',
  container: ['json', 'csv'],
  matches: head =>
    head.container === 'csv'
      ? hasColumns(head, csvColumns)
      : head.container === 'json' && /"starting_at"/.test(head.text) && /"amount"\s*:\s*"/.test(head.text),
  content: head => ({
    kind: 'bill',
    bill: text =>
      head.container === 'csv' ? billOf(csvLines(text, head), fromRow, () => [notIn]) : billOfPages(text, head),
  }),
}

const notIn = 'Priority Tier is billed apart from it and is not in it'

const billOfPages = (text: string, head: Head): Bill =>
  billOf(
    bucketsOf(text, head.name).flatMap(({ results, ...times }) =>
      results.map(result => ({ line: null, raw: JSON.stringify(result), content: { times, result } })),
    ),
    ({ times, result }) => {
      const foreign = currencyReason(textOf(result, 'currency'))
      if (foreign) return { reason: foreign }
      const amount = String(result.amount ?? '')
      const usd = amountOf(amount, 'cents')
      if (usd === null) return { reason: `amount: expected cents as decimal text, got "${amount.slice(0, 40)}"` }
      const kind = [textOf(result, 'cost_type'), textOf(result, 'token_type')].filter(Boolean).join(', ')
      return {
        provider: 'anthropic',
        ...times,
        usd,
        category: 'usage',
        description: textOf(result, 'description') ?? (kind || null),
        model: textOf(result, 'model'),
      }
    },
    () => [`amounts of the report are cents; ${notIn}`],
  )

/** `Claude Sonnet 4.5` is the model's name for people. */
function fromRow(row: CsvRow): LineReading {
  const period = consolePeriod(row.usage_date_utc ?? '')
  if (period === null)
    return { reason: `usage_date_utc: expected a day, got "${(row.usage_date_utc ?? '').slice(0, 40)}"` }
  const usd = amountOf(row.cost_usd ?? '')
  if (usd === null) return { reason: `cost_usd: expected dollars, got "${(row.cost_usd ?? '').slice(0, 40)}"` }
  const told = [row.model, row.cost_type, row.token_type].filter(
    text => text !== undefined && text !== '' && text !== '--',
  )
  return { provider: 'anthropic', ...period, usd, category: 'usage', description: told.join(' ') || null, model: null }
}

// Anthropic's cost report (pages of daily buckets) as lines of a bill. Its amounts are cents, as decimal text.
import { amountOf, billOf, currencyReason } from './bill.ts'
import type { Importer } from './importer.ts'
import { bucketsOf, textOf } from './pages.ts'

export const anthropicCosts: Importer = {
  name: 'anthropic-costs',
  title: 'Anthropic cost report',
  container: 'json',
  matches: head => head.container === 'json' && /"starting_at"/.test(head.text) && /"amount"\s*:\s*"/.test(head.text),
  content: head => ({
    kind: 'bill',
    bill: text =>
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
        () => ['amounts of the report are cents; Priority Tier is billed apart from it and is not in it'],
      ),
  }),
}

// OpenRouter's activity (sums by day, model and endpoint, as its API answers) as sums from which requests are drawn.
import type { Money } from '../core/meter/money.ts'
import type { Aggregate } from './aggregate.ts'
import { drawingOf } from './aggregates.ts'
import type { Importer } from './importer.ts'
import { jsonItems } from './json-items.ts'
import { haveAll } from './logged.ts'
import { countOf, isObject, type Json } from './pages.ts'
import { neededTime, textCell, usdCell } from './record-cells.ts'

export const openrouterActivity: Importer = {
  name: 'openrouter-activity',
  title: 'OpenRouter activity',
  container: ['jsonl', 'json'],
  matches: head =>
    (head.container === 'jsonl' || head.container === 'json') &&
    haveAll(head, ['date'], ['model_permaslug', 'model'], ['requests'], ['byok_usage_inference', 'endpoint_id']),
  content: (head, options) => ({
    kind: 'drawn',
    draw: (text, profile) =>
      drawingOf(
        // A page that a fetch repeated counts once.
        [...new Set(jsonItems().push(text))].map(item => sumOf(JSON.parse(item), head.name)),
        options,
        profile,
        [
          'cached tokens are not reported: every prompt token counts as uncached input, so that the price is an upper bound; reasoning is part of the completion, and its share is not kept',
          'the cost is what OpenRouter charged and, with a key of your own, the provider: it is kept beside the price computed here',
        ],
      ),
  }),
}

function sumOf(item: unknown, where: string): Aggregate {
  const row: Json = isObject(item) ? item : {}
  const fromMicros = neededTime(row, 'date')
  const [own, upstream] = [usdCell(row, 'usage'), usdCell(row, 'byok_usage_inference')]
  return {
    fromMicros,
    toMicros: fromMicros + 86_400e6,
    requests: countOf(row, 'requests', where) || null,
    failed: 0,
    sums: { input: countOf(row, 'prompt_tokens', where), output: countOf(row, 'completion_tokens', where) },
    text: { provider: 'openrouter', model: textCell(row, 'model_permaslug', 'model') },
    usd: own === null ? null : ((own + (upstream ?? 0n)) as Money),
  }
}

// Portkey's logs (its log exports, JSON Lines, JSON or CSV) as calls.
import { attributed, labelsOf } from './dimension-names.ts'
import { type Importer, uncachedNote } from './importer.ts'
import { haveAll, logged } from './logged.ts'
import { type Logged, oneCall, usageOfTwo } from './logged-call.ts'
import type { Json } from './pages.ts'
import { providerNamed } from './provider-name.ts'
import { countCell, neededTime, numberCell, objectCell, textCell, usdCell } from './record-cells.ts'

/** https://portkey.ai/docs/product/observability/logs-export */
export const portkey: Importer = {
  name: 'portkey',
  title: 'Portkey logs',
  container: ['jsonl', 'json', 'csv'],
  matches: head =>
    head.container !== 'parquet' && haveAll(head, ['created_at'], ['ai_model'], ['req_units'], ['res_units']),
  content: head =>
    logged(
      head,
      [
        uncachedNote,
        "metadata gives feature, workload, task, environment, team and user, and is tags otherwise; the cost, in cents, is Portkey's own figure and is kept beside the price computed here",
      ],
      record => oneCall(textCell(record, 'id'), () => request(record)),
    ),
}

function request(record: Json): Logged {
  const status = numberCell(record, 'response_status_code')
  const success = textCell(record, 'is_success')?.toLowerCase() ?? null
  const failed = status === null ? success === 'false' || success === '0' : status >= 400
  const { dimensions, tags } = attributed(
    labelsOf(objectCell(record, 'metadata')).map(
      ([name, value]) => [name === '_user' ? 'customer' : name, value] as const,
    ),
  )
  const [prompt, completion] = [countCell(record, 'req_units'), countCell(record, 'res_units')]
  const trace = textCell(record, 'trace_id')
  return {
    call: {
      id: textCell(record, 'id') ?? '',
      atMicros: neededTime(record, 'created_at'),
      provider: providerNamed(textCell(record, 'ai_org')),
      model: textCell(record, 'ai_model'),
      usage: usageOfTwo(prompt, completion, failed),
      outcome: failed ? 'failed' : status === null && success === null ? 'unknown' : 'ok',
      latencyMs: numberCell(record, 'response_time'),
      attribution: dimensions,
      tags: trace === null ? tags : { ...tags, trace },
      reportedUsd: costOf(record),
    },
  }
}

/** Cents, of which there are fractions. */
function costOf(record: Json) {
  const currency = textCell(record, 'cost_currency')
  if (currency !== null && currency.toUpperCase() !== 'USD') return null
  const cents = usdCell(record, 'cost')
  return cents === null ? null : ((cents / 100n) as typeof cents)
}

// Logs of Cloudflare's AI Gateway (answers of its API, JSON Lines, CSV) as calls.
import { attributed, labelsOf } from './dimension-names.ts'
import { type Importer, uncachedNote } from './importer.ts'
import { haveAll, logged } from './logged.ts'
import { type Logged, oneCall, usageOfTwo } from './logged-call.ts'
import type { Json } from './pages.ts'
import { providerNamed } from './provider-name.ts'
import { countCell, neededTime, numberCell, objectCell, textCell, usdCell } from './record-cells.ts'

/** https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/methods/list */
export const cloudflare: Importer = {
  name: 'cloudflare',
  title: 'Cloudflare AI Gateway logs',
  container: ['jsonl', 'json', 'csv'],
  matches: head =>
    head.container !== 'parquet' &&
    haveAll(head, ['created_at'], ['tokens_in'], ['tokens_out'], ['cached'], ['provider']),
  content: head =>
    logged(
      head,
      [
        uncachedNote,
        "metadata gives feature, workload, task, environment, team and user, and is tags otherwise; the cost is Cloudflare's own figure and is kept beside the price computed here",
      ],
      record => oneCall(textCell(record, 'id'), () => request(record)),
    ),
}

function request(record: Json): Logged {
  if (textCell(record, 'cached')?.toLowerCase() === 'true') {
    return { leftOut: "answered from Cloudflare's own cache, so no model was called and none would be elsewhere" }
  }
  const failed = textCell(record, 'success')?.toLowerCase() === 'false'
  const [prompt, completion] = [countCell(record, 'tokens_in'), countCell(record, 'tokens_out')]
  const { dimensions, tags } = attributed(labelsOf(objectCell(record, 'metadata')))
  return {
    call: {
      id: textCell(record, 'id') ?? '',
      atMicros: neededTime(record, 'created_at'),
      provider: providerNamed(textCell(record, 'provider')),
      model: textCell(record, 'model'),
      usage: usageOfTwo(prompt, completion, failed),
      outcome: failed ? 'failed' : 'ok',
      latencyMs: numberCell(record, 'duration'),
      attribution: dimensions,
      tags,
      reportedUsd: usdCell(record, 'cost'),
    },
  }
}

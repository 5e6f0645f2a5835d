// Helicone's requests (its export tool's JSON Lines, JSON and CSV, answers of its API) as calls.
import { noUsage, type Usage, unknownUsage } from '../core/meter/usage.ts'
import { attributed, labelsOf } from './dimension-names.ts'
import { type Importer, uncachedNote } from './importer.ts'
import { partedBy } from './inclusion.ts'
import { haveAll, logged } from './logged.ts'
import { type Logged, oneCall } from './logged-call.ts'
import type { Json } from './pages.ts'
import { countCell, neededTime, numberCell, objectCell, spanMs, textCell, timeCell, usdCell } from './record-cells.ts'

export const helicone: Importer = {
  name: 'helicone',
  title: 'Helicone requests',
  container: ['jsonl', 'json', 'csv'],
  matches: head =>
    head.container !== 'parquet' &&
    haveAll(head, ['request_created_at'], ['response_status', 'response_id'], ['prompt_tokens'], ['completion_tokens']),
  content: head =>
    logged(
      head,
      [
        'cached tokens are inside prompt_tokens in older rows and beside it in newer ones: each row is read by its own total and age, so that none is counted twice',
        "properties give feature, workload, task, environment and team, and are tags otherwise; the cost is Helicone's own figure and is kept beside the price computed here",
      ],
      record => oneCall(textCell(record, 'request_id', 'response_id'), () => request(record)),
    ),
}

/** A request that was not answered from a cache has this reference. */
const noReference = '00000000-0000-0000-0000-000000000000'

function request(record: Json): Logged {
  const reference = textCell(record, 'cache_reference_id')
  if (reference !== null && reference !== noReference) {
    return { leftOut: "answered from Helicone's own cache, so no model was called and none would be elsewhere" }
  }
  const atMicros = neededTime(record, 'request_created_at')
  const outcome = outcomeOf(textCell(record, 'response_status'))
  const { usage, assumed } = usageOf(record, atMicros, outcome === 'failed')
  const properties = labelsOf(objectCell(record, 'request_properties', 'properties')).map(
    ([name, value]) => [name.replace(/^helicone-(property-)?/i, ''), value] as const,
  )
  const { dimensions, tags } = attributed(properties)
  const session = tags['Session-Id'] ?? tags['session-id']
  return {
    call: {
      id: textCell(record, 'request_id', 'response_id') ?? '',
      atMicros,
      provider: providerOf(textCell(record, 'provider')),
      model: textCell(record, 'response_model', 'model', 'model_override', 'request_model'),
      usage,
      outcome,
      latencyMs: numberCell(record, 'delay_ms', 'latency') ?? spanMs(atMicros, timeCell(record, 'response_created_at')),
      ttftMs: numberCell(record, 'time_to_first_token'),
      attribution: { user: textCell(record, 'request_user_id', 'helicone_user'), ...dimensions },
      tags: {
        ...tags,
        ...(session === undefined ? {} : { session }),
        ...promptOf(textCell(record, 'prompt_id')),
      },
      reportedUsd: usdCell(record, 'costUSD', 'cost_usd', 'cost'),
    },
    assumed,
  }
}

const promptOf = (prompt: string | null) => (prompt === null ? {} : { prompt })

/** HTTP's, or one of Helicone's own below 0: pending, cancelled, blocked. */
function outcomeOf(status: string | null): 'ok' | 'failed' | 'unknown' {
  const code = status === null ? 0 : Number(status)
  if (code >= 200 && code < 300) return 'ok'
  return code >= 400 || code === -3 || code === -4 ? 'failed' : 'unknown'
}

/** `X` is xAI, and `HELICONE` its own gateway, which passes prices on; the other names are known everywhere. */
function providerOf(name: string | null): string | null {
  if (name === null || name.toUpperCase() === 'HELICONE') return null
  return name.toUpperCase() === 'X' ? 'x-ai' : name.toLowerCase()
}

/** From here on Helicone keeps no count inside another, whoever the provider is; before, it kept each provider's own. */
const apartSinceMicros = Date.parse('2025-12-01T00:00:00Z') * 1000

const assumedInside =
  'of before December 2025, whose total tells of no cached tokens beside the prompt: they were taken as a part of prompt_tokens'
const assumedApart =
  'whose total is the sum of prompt and completion alone: cached tokens were taken as counted beside them, as Helicone does since late 2025'

/**
 * The total decides what stands inside what, where it is more than the sum of prompt and completion: in older exports it is
 * that sum, whatever the caches are. Then it is the provider (Anthropic counts caches beside the prompt) and the age of the row.
 * @throws Fault FIELD_INVALID when a count is none
 */
function usageOf(
  record: Json,
  atMicros: number,
  failed: boolean,
): { readonly usage: Usage; readonly assumed: readonly string[] } {
  const [prompt, completion] = [countCell(record, 'prompt_tokens'), countCell(record, 'completion_tokens')]
  const cacheRead = countCell(record, 'prompt_cache_read_tokens') ?? 0
  const cacheWrite = countCell(record, 'prompt_cache_write_tokens') ?? 0
  const inputAudio = countCell(record, 'prompt_audio_tokens') ?? 0
  const outputAudio = countCell(record, 'completion_audio_tokens') ?? 0
  const total = countCell(record, 'total_tokens')
  if (!prompt && !completion) return { usage: failed ? noUsage : unknownUsage, assumed: [] }
  const isClaude = /claude|anthropic/i.test(
    `${textCell(record, 'provider')} ${textCell(record, 'response_model', 'model')}`,
  )
  const isInside = !isClaude && atMicros < apartSinceMicros
  const isSumOfTwo = total === (prompt ?? 0) + (completion ?? 0)
  const parted = partedBy(
    isSumOfTwo ? null : total,
    { whole: prompt ?? 0, parts: cacheRead + cacheWrite + inputAudio },
    { whole: completion ?? 0, parts: outputAudio },
    { prompt: isInside, answer: isInside },
  )
  const isGuessed = !isClaude && !(parted.prompt.isSure && parted.answer.isSure)
  return {
    usage: {
      ...noUsage,
      input: prompt === null ? null : parted.prompt.rest,
      cacheRead,
      cacheWrite,
      ...(cacheWrite === 0 ? {} : { cacheWrite5m: null, cacheWrite1h: null, cacheWrite30m: null, cacheWrite12h: null }),
      inputAudio,
      output: completion === null ? null : parted.answer.rest,
      // Thinking is counted in the completion, and how much of it is not told.
      reasoning: null,
      outputAudio,
    },
    assumed: [
      ...(isGuessed ? [isInside ? assumedInside : assumedApart] : []),
      ...('prompt_cache_read_tokens' in record ? [] : [uncachedNote]),
    ],
  }
}

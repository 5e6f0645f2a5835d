// OpenRouter's generations, as its API answers for one of them (or many, gathered in a list or on lines), as calls.
import { noUsage, type Usage, unknownUsage } from '../core/meter/usage.ts'
import type { Importer, ReadCall } from './importer.ts'
import { partedBy } from './inclusion.ts'
import { firstRecords, logged } from './logged.ts'
import { type Logged, oneCall } from './logged-call.ts'
import { isObject, type Json } from './pages.ts'
import { countCell, neededTime, numberCell, textCell, usdCell } from './record-cells.ts'

export const openrouter: Importer = {
  name: 'openrouter',
  title: 'OpenRouter generations',
  container: ['jsonl', 'json'],
  matches: head =>
    (head.container === 'jsonl' || head.container === 'json') &&
    firstRecords(head).some(record => 'native_tokens_prompt' in generationIn(record)),
  content: head =>
    logged(
      head,
      [
        "the upstream's own counts are read (native_tokens_…), by which OpenRouter bills; cached tokens are parts of the prompt and reasoning of the completion",
        'cache writes are not told: a call whose cache cost more than it saved (cache_discount below 0) is of unknown writes',
        "with a key of one's own, the reported cost is what OpenRouter and the provider charge together",
      ],
      record => {
        const generation = generationIn(record)
        return oneCall(textCell(generation, 'id'), () => generationCall(generation))
      },
    ),
}

/** The API wraps what it answers for one. */
const generationIn = (record: Json): Json => (isObject(record.data) ? record.data : record)

function generationCall(record: Json): Logged {
  const isOwnKey = record.is_byok === true
  const failed = record.cancelled === true || textCell(record, 'finish_reason') === 'error'
  return {
    call: {
      id: textCell(record, 'id') ?? '',
      atMicros: neededTime(record, 'created_at'),
      provider: 'openrouter',
      model: textCell(record, 'model'),
      usage: usageOf(record, failed),
      tier: isOwnKey ? 'byok' : textCell(record, 'service_tier'),
      outcome: failed ? 'failed' : 'ok',
      ...times(record),
      attribution: { user: textCell(record, 'external_user') },
      tags: tagsOf(record),
      reportedUsd: costOf(record, isOwnKey),
    },
  }
}

/** @throws Fault FIELD_INVALID when a count is none */
function usageOf(record: Json, failed: boolean): Usage {
  const prompt = countCell(record, 'native_tokens_prompt', 'tokens_prompt')
  const completion = countCell(record, 'native_tokens_completion', 'tokens_completion')
  if (!prompt && !completion) return failed ? noUsage : unknownUsage
  const [cacheRead, reasoning] = [
    countCell(record, 'native_tokens_cached'),
    countCell(record, 'native_tokens_reasoning'),
  ]
  const outputImage = countCell(record, 'native_tokens_completion_images') ?? 0
  const parted = partedBy(
    null,
    { whole: prompt ?? 0, parts: cacheRead ?? 0 },
    { whole: completion ?? 0, parts: outputImage },
    { prompt: true, answer: true },
  )
  const output = completion === null ? null : parted.answer.rest
  const wroteCache = (Number(record.cache_discount) || 0) < 0
  return {
    ...noUsage,
    input: prompt === null ? null : parted.prompt.rest,
    cacheRead: cacheRead ?? 0,
    ...(wroteCache
      ? { cacheWrite: null, cacheWrite5m: null, cacheWrite1h: null, cacheWrite30m: null, cacheWrite12h: null }
      : {}),
    output,
    reasoning: reasoning !== null && output !== null && reasoning > output ? null : reasoning,
    outputImage,
    // Results are counted, and not the searches that found them.
    searches: countCell(record, 'num_search_results') ? null : 0,
  }
}

/** `latency` is the whole time, and of a stream the time to its first token: then it is less than what generating took. */
function times(record: Json): Pick<ReadCall, 'latencyMs' | 'ttftMs'> {
  const [latency, generating] = [numberCell(record, 'latency'), numberCell(record, 'generation_time')]
  if (latency === null || generating === null || latency >= generating) {
    return { latencyMs: latency ?? generating, ttftMs: null }
  }
  return { latencyMs: generating, ttftMs: record.streamed === true ? latency : null }
}

function costOf(record: Json, isOwnKey: boolean): ReadCall['reportedUsd'] {
  const own = usdCell(record, 'total_cost', 'usage')
  const upstream = isOwnKey ? usdCell(record, 'upstream_inference_cost') : null
  return own === null || upstream === null ? own : ((own + upstream) as typeof own)
}

function tagsOf(record: Json): Readonly<Record<string, string>> {
  const tags = {
    upstream: textCell(record, 'provider_name'),
    upstreamId: textCell(record, 'upstream_id'),
    app: textCell(record, 'app_id'),
    session: textCell(record, 'session_id'),
    router: textCell(record, 'router'),
  }
  return Object.fromEntries(Object.entries(tags).flatMap(([tag, text]) => (text === null ? [] : [[tag, text]])))
}

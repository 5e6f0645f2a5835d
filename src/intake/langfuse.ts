// Langfuse's observations (scheduled exports, the page's own export, answers of its API; JSON Lines, JSON, CSV) as calls.
import { attributed, environmentOf, type Labels, labelOfText, labelsOf } from './dimension-names.ts'
import type { Importer } from './importer.ts'
import { langfuseUsage } from './langfuse-usage.ts'
import { haveAll, logged } from './logged.ts'
import { type Logged, oneCall } from './logged-call.ts'
import type { Json } from './pages.ts'
import { providerNamed } from './provider-name.ts'
import { neededTime, numberCell, objectCell, spanMs, textCell, textsCell, timeCell, usdCell } from './record-cells.ts'

export const langfuse: Importer = {
  name: 'langfuse',
  title: 'Langfuse observations',
  container: ['jsonl', 'json', 'csv'],
  matches: head =>
    head.container !== 'parquet' &&
    haveAll(
      head,
      ['trace_id', 'traceId'],
      ['start_time', 'startTime'],
      ['type'],
      ['parent_observation_id', 'parentObservationId', 'usage_details', 'usageDetails', 'promptTokens', 'usage'],
    ),
  content: head =>
    logged(
      head,
      [
        'only observations of type GENERATION and EMBEDDING are calls; spans, events, tools and agents are left out',
        "usage is read by its own total: buckets that add up to it stand side by side, as Langfuse keeps them; an input that holds its cached tokens (or an output its reasoning) is split, as some SDKs send it; the cost is Langfuse's own figure and is kept beside the price computed here",
        'the trace is the task and its name the feature, unless tags or metadata name them; a session is the tag session',
      ],
      record => oneCall(textCell(record, 'id'), () => observation(record)),
    ),
}

const calledTypes = new Set(['GENERATION', 'EMBEDDING'])

function observation(record: Json): Logged {
  const type = textCell(record, 'type') ?? 'none'
  if (!calledTypes.has(type.toUpperCase())) return { leftOut: `observations of type ${type}, no calls to a model` }
  const atMicros = neededTime(record, 'start_time', 'startTime')
  const endMicros = timeCell(record, 'end_time', 'endTime')
  const firstMicros = timeCell(record, 'completion_start_time', 'completionStartTime')
  const failed = textCell(record, 'level')?.toUpperCase() === 'ERROR'
  const latencyMs = spanMs(atMicros, endMicros)
  const { usage, assumed } = langfuseUsage(record, failed)
  const metadata = objectCell(record, 'metadata')
  const told = attributed(labelsIn(record, metadata))
  const environment = textCell(record, 'environment')
  return {
    call: {
      // One call with what a gateway or a trace tells of it, where the provider's own id of the response is kept.
      id: attribute(metadata, 'gen_ai.response.id') ?? textCell(record, 'id') ?? '',
      atMicros,
      provider: providerNamed(
        attribute(metadata, 'gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'ls_provider'),
      ),
      model: textCell(record, 'provided_model_name', 'providedModelName', 'model'),
      usage,
      outcome: failed ? 'failed' : endMicros === null ? 'unknown' : 'ok',
      latencyMs,
      ttftMs: firstMicros === null ? statedTtftMs(record, latencyMs) : spanMs(atMicros, firstMicros),
      attribution: {
        feature: textCell(record, 'trace_name', 'traceName'),
        task: textCell(record, 'trace_id', 'traceId'),
        user: textCell(record, 'user_id', 'userId'),
        environment: environment === 'default' ? null : environment && environmentOf(environment),
        ...told.dimensions,
      },
      tags: { ...told.tags, ...tagsOf(record) },
      reportedUsd: costOf(record),
    },
    assumed,
  }
}

/** Tags of the trace; and of metadata, which may be long and hold content, only what names a dimension. */
function labelsIn(record: Json, metadata: Json | null): Labels {
  const tags = [...textsCell(record, 'tags'), ...textsCell(record, 'traceTags', 'trace_tags')].map(labelOfText)
  const ofMetadata = attributed(labelsOf(metadata)).dimensions
  return [...tags, ...Object.entries(ofMetadata)]
}

function tagsOf(record: Json): Readonly<Record<string, string>> {
  const tags = {
    name: textCell(record, 'name'),
    session: textCell(record, 'session_id', 'sessionId'),
    release: textCell(record, 'release'),
    prompt: textCell(record, 'prompt_name', 'promptName'),
  }
  return Object.fromEntries(Object.entries(tags).flatMap(([tag, text]) => (text === null ? [] : [[tag, text]])))
}

/** What the instrumentation noted of the call: OpenTelemetry's attributes, LangChain's metadata. */
function attribute(metadata: Json | null, ...names: readonly string[]): string | null {
  const attributes = metadata === null ? null : objectCell(metadata, 'attributes')
  return (attributes && textCell(attributes, ...names)) ?? (metadata && textCell(metadata, ...names)) ?? null
}

/**
 * The time to the first token where the moment of it is left out: in seconds, and in exports that were set up before April
 * 2026 in milliseconds (https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields). The latency
 * that is told beside it shows which.
 */
function statedTtftMs(record: Json, latencyMs: number | null): number | null {
  const stated = numberCell(record, 'time_to_first_token', 'timeToFirstToken')
  const latency = numberCell(record, 'latency')
  if (stated === null || latency === null || latencyMs === null || latencyMs === 0) return null
  const isNear = (ms: number) => Math.abs(ms - latencyMs) <= Math.max(2, latencyMs / 100)
  if (isNear(latency * 1000)) return stated * 1000
  return isNear(latency) ? stated : null
}

/** Langfuse's cost; where it knew no price it says 0 and has no details, which is no cost of 0. */
function costOf(record: Json) {
  const details = objectCell(record, 'cost_details', 'costDetails')
  const usd =
    usdCell(record, 'total_cost', 'totalCost', 'calculatedTotalCost', 'calculated_total_cost') ??
    (details && usdCell(details, 'total'))
  const isPriced = details !== null && Object.keys(details).length > 0
  return usd !== null && (usd !== 0n || isPriced) ? usd : null
}

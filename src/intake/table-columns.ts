// Column names of a table of calls in; the fields they most likely are, out. Names compare without case, `_`, `-` and spaces.
import { Fault, nearestName } from '../core/fault/fault.ts'
import type { Head } from './importer.ts'

/**
 * Fields of a call with the names that other tools give them, best first. `input` is the prompt; `cached` is the part of it
 * that was read from a cache (OpenAI's way); `cacheRead` and `cacheWrite…` are counted apart from it (Anthropic's way).
 */
const fieldNames = {
  time: [
    'timestamp',
    'time',
    'created_at',
    'created',
    'start_time',
    'started_at',
    'request_created_at',
    'request_time',
    'datetime',
    'date',
    'ts',
    'at',
  ],
  id: ['request_id', 'response_id', 'call_id', 'generation_id', 'id', 'uuid'],
  provider: ['provider', 'provider_name', 'custom_llm_provider', 'vendor'],
  model: ['response_model', 'model', 'model_name', 'provided_model_name', 'request_model', 'model_id'],
  input: [
    'prompt_tokens',
    'input_tokens',
    'tokens_prompt',
    'context_tokens',
    'input_length',
    'prompt_length',
    'num_prefill_tokens',
    'n_context_tokens_total',
    'tokens_in',
    'in_tokens',
    'input',
  ],
  cached: [
    'cached_tokens',
    'prompt_cached_tokens',
    'cached_input_tokens',
    'input_cached_tokens',
    'prompt_tokens_details.cached_tokens',
    'input_tokens_details.cached_tokens',
  ],
  cacheRead: ['cache_read_input_tokens', 'cache_read_tokens', 'prompt_cache_read_tokens', 'cache_read'],
  cacheWrite: [
    'cache_creation_input_tokens',
    'cache_write_tokens',
    'cache_write_input_tokens',
    'prompt_cache_write_tokens',
    'cache_write',
  ],
  cacheWrite5m: ['cache_creation.ephemeral_5m_input_tokens', 'cache_write_5m'],
  cacheWrite1h: ['cache_creation.ephemeral_1h_input_tokens', 'cache_write_1h'],
  output: [
    'completion_tokens',
    'output_tokens',
    'tokens_completion',
    'generated_tokens',
    'output_length',
    'completion_length',
    'num_decode_tokens',
    'n_generated_tokens_total',
    'tokens_out',
    'out_tokens',
    'output',
  ],
  reasoning: [
    'reasoning_tokens',
    'completion_tokens_details.reasoning_tokens',
    'output_tokens_details.reasoning_tokens',
    'output_reasoning_tokens',
  ],
  cacheWrite30m: ['cache_write_30m'],
  cacheWrite12h: ['cache_write_12h'],
  inputAudio: ['inputAudio', 'prompt_tokens_details.audio_tokens', 'input_tokens_details.audio_tokens'],
  inputImage: ['inputImage'],
  outputAudio: ['outputAudio', 'completion_tokens_details.audio_tokens', 'output_tokens_details.audio_tokens'],
  outputImage: ['outputImage'],
  searches: ['web_search_requests', 'searches', 'server_tool_use.web_search_requests'],
  tier: ['service_tier', 'tier'],
  region: ['region', 'inference_geo'],
  speed: ['speed'],
  workload: ['workload', 'application', 'app'],
  feature: ['feature', 'feature_name'],
  task: ['task', 'task_id'],
  user: ['user', 'user_id', 'end_user'],
  team: ['team', 'team_id'],
  environment: ['environment', 'env'],
  outcome: ['outcome', 'status', 'response_status', 'status_code', 'success'],
  latencyMs: ['latency_ms', 'duration_ms', 'request_duration_ms', 'delay_ms', 'elapsed_ms'],
  ttftMs: ['ttft_ms', 'time_to_first_token_ms', 'time_to_first_token'],
  usd: ['cost_usd', 'reported_usd', 'total_cost', 'cost', 'spend', 'usd'],
} as const

export type TableField = keyof typeof fieldNames
export type TableColumns = Readonly<Partial<Record<TableField, string>>> & {
  readonly tags: Readonly<Record<string, string>>
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, '')
/** A column of a JSON object under `usage.`, `response.` or `response.body.` means what its last part says. */
const bare = (column: string): string =>
  plain(column.replace(/^(response\.)?(body\.)?((usage|attributes|metadata)\.)?/i, ''))

/** What each field is read from: `map` first, then by name. Faults name a wrong field or column with its nearest. */
export function columnsOf(head: Head, map: Readonly<Record<string, string>>): TableColumns {
  const found: Partial<Record<TableField, string>> = {}
  const tags: Record<string, string> = {}
  const fields = Object.keys(fieldNames)
  for (const [field, column] of Object.entries(map)) {
    if (!field.startsWith('tag:') && !fields.includes(field)) {
      const nearest = nearestName(field, fields)
      throw new Fault('UNKNOWN_FIELD', `unknown field "${field}"`, {
        where: `--map ${field}=${column}`,
        fix: nearest ? `did you mean ${nearest}?` : `use one of ${fields.join(', ')}, or tag:NAME`,
      })
    }
    if (!head.columns.includes(column)) {
      const nearest = nearestName(column, head.columns)
      throw new Fault('UNKNOWN_COLUMN', `no column "${column}"`, {
        where: `--map ${field}=${column}`,
        fix: nearest ? `did you mean ${nearest}?` : `the columns are ${listed(head.columns)}`,
      })
    }
    if (field.startsWith('tag:')) tags[field.slice(4)] = column
    else found[field as TableField] = column
  }
  const taken = new Set(Object.values(found))
  for (const field of fields as TableField[]) {
    if (found[field] !== undefined) continue
    for (const name of fieldNames[field]) {
      const column = head.columns.find(c => !taken.has(c) && (plain(c) === plain(name) || bare(c) === plain(name)))
      if (column === undefined) continue
      found[field] = column
      taken.add(column)
      break
    }
  }
  for (const column of head.columns)
    if (/^tags?[.:]/.test(column) && !taken.has(column)) tags[column.replace(/^tags?[.:]/, '')] ??= column
  return { ...found, tags }
}

export const listed = (columns: readonly string[]): string =>
  columns.length <= 24 ? columns.join(', ') : `${columns.slice(0, 24).join(', ')} and ${columns.length - 24} more`

// Anthropic's usage report (pages of buckets of messages, or the console's CSV of tokens) as sums from which requests are drawn. It counts no requests.
import { Fault } from '../core/fault/fault.ts'
import type { Aggregate } from './aggregate.ts'
import { drawingOf } from './aggregates.ts'
import { consolePeriod } from './bucket-times.ts'
import { consoleRows } from './console-rows.ts'
import { type Head, hasColumns, type Importer } from './importer.ts'
import { bucketsOf, countOf, isObject, type Json, textOf } from './pages.ts'

const csvColumns = ['usage_date_utc', 'model_version', 'usage_input_tokens_no_cache', 'usage_output_tokens']

export const anthropicUsage: Importer = {
  name: 'anthropic-usage',
  title: 'Anthropic usage report',
  container: ['json', 'csv'],
  matches: head =>
    head.container === 'csv'
      ? hasColumns(head, csvColumns)
      : head.container === 'json' && /"uncached_input_tokens"\s*:\s*\d/.test(head.text),
  content: (head, options) => ({
    kind: 'drawn',
    draw: (text, profile) => {
      const aggregates = head.container === 'csv' ? sumsOfRows(text, head) : sumsOfPages(text, head)
      return drawingOf(aggregates, options, profile, [
        'all counts of the report are disjoint; the share of thinking is not reported',
      ])
    },
  }),
}

const sumsOfPages = (text: string, head: Head): Aggregate[] =>
  bucketsOf(text, head.name).flatMap(({ results, fromMicros, toMicros }) =>
    results.map(result => ({ fromMicros, toMicros, ...sumOf(result, head.name) })),
  )

const sumsOfRows = (text: string, head: Head): Aggregate[] =>
  consoleRows(text, head, ['usage_date_utc']).map(({ line, row }) => {
    const where = `${head.name}:${line}`
    const period = consolePeriod(textOf(row, 'usage_date_utc'))
    if (period === null)
      throw new Fault('FIELD_INVALID', 'usage_date_utc: expected a day, or a day and an hour', { where })
    const result = {
      uncached_input_tokens: row.usage_input_tokens_no_cache,
      cache_creation: {
        ephemeral_5m_input_tokens: row.usage_input_tokens_cache_write_5m,
        ephemeral_1h_input_tokens: row.usage_input_tokens_cache_write_1h,
      },
      cache_read_input_tokens: row.usage_input_tokens_cache_read,
      output_tokens: row.usage_output_tokens,
      server_tool_use: { web_search_requests: row.web_search_count },
      model: row.model_version,
      service_tier: /batch/i.test(textOf(row, 'usage_type') ?? '') ? 'batch' : row.service_tier,
      inference_geo: row.inference_geo,
      speed: row.speed,
      workspace_id: row.workspace,
      api_key_id: row.api_key,
      context_window: /200k-1M|>\s*200k/.test(textOf(row, 'context_window') ?? '') ? '200k-1M' : null,
    }
    return { ...period, ...sumOf(result, where) }
  })

function sumOf(result: Json, where: string): Omit<Aggregate, 'fromMicros' | 'toMicros'> {
  const writes = isObject(result.cache_creation) ? result.cache_creation : {}
  const tools = isObject(result.server_tool_use) ? result.server_tool_use : {}
  return {
    requests: null,
    failed: 0,
    sums: {
      input: countOf(result, 'uncached_input_tokens', where),
      cacheRead: countOf(result, 'cache_read_input_tokens', where),
      cacheWrite5m: countOf(writes, 'ephemeral_5m_input_tokens', where),
      cacheWrite1h: countOf(writes, 'ephemeral_1h_input_tokens', where),
      output: countOf(result, 'output_tokens', where),
      searches: countOf(tools, 'web_search_requests', where),
    },
    text: {
      provider: 'anthropic',
      model: textOf(result, 'model'),
      tier: textOf(result, 'service_tier'),
      region: regionOf(textOf(result, 'inference_geo')),
      speed: textOf(result, 'speed'),
      workload: textOf(result, 'workspace_id'),
      user: textOf(result, 'account_id') ?? textOf(result, 'api_key_id'),
    },
    usd: null,
    leastPromptTokens: textOf(result, 'context_window') === '200k-1M' ? 200_001 : 0,
  }
}

const regionOf = (geo: string | null): string | null => (geo === 'not_available' ? null : geo)

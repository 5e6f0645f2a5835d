// Anthropic's usage report (pages of buckets of messages) as sums from which requests are drawn. It counts no requests.
import type { Aggregate } from './aggregate.ts'
import { drawingOf } from './aggregates.ts'
import type { Importer } from './importer.ts'
import { bucketsOf, countOf, isObject, type Json, textOf } from './pages.ts'

export const anthropicUsage: Importer = {
  name: 'anthropic-usage',
  title: 'Anthropic usage report',
  container: 'json',
  matches: head => head.container === 'json' && /"uncached_input_tokens"\s*:\s*\d/.test(head.text),
  content: (head, options) => ({
    kind: 'drawn',
    draw: (text, profile) => {
      const aggregates = bucketsOf(text, head.name).flatMap(({ results, fromMicros, toMicros }) =>
        results.map(result => ({ fromMicros, toMicros, ...sumOf(result, head.name) })),
      )
      return drawingOf(aggregates, options, profile, [
        'all counts of the report are disjoint; the share of thinking is not reported',
      ])
    },
  }),
}

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

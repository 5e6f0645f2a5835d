// LiteLLM's daily tables (LiteLLM_DailyUserSpend, …TeamSpend, …TagSpend) as sums from which requests are drawn.
import { Fault } from '../core/fault/fault.ts'
import type { Aggregate } from './aggregate.ts'
import { drawingOf } from './aggregates.ts'
import { amountOf, csvLines } from './bill.ts'
import { type Head, hasColumns, type Importer } from './importer.ts'
import { environmentNames, providerPrefixes } from './litellm-names.ts'

const needed = ['date', 'model', 'prompt_tokens', 'completion_tokens', 'api_requests']

export const litellmDaily: Importer = {
  name: 'litellm-daily',
  title: 'LiteLLM daily spend',
  container: ['csv', 'jsonl'],
  matches: head => (head.container === 'csv' || head.container === 'jsonl') && hasColumns(head, needed),
  content: (head, options) => ({
    kind: 'drawn',
    draw: (text, profile) =>
      drawingOf(
        rowsOf(text, head).map(({ line, row }) => sumOf(row, `${head.name}:${line}`)),
        options,
        profile,
        [
          'the daily tables by user, team and tag count the same calls: import one of them',
          'cached tokens are parts of prompt_tokens where they fit into it, else beside it',
        ],
      ),
  }),
}

type Row = Readonly<Record<string, unknown>>

function rowsOf(text: string, head: Head): { line: number; row: Row }[] {
  if (head.container === 'csv')
    return csvLines(text, head).map(({ line, content }) => ({ line: line ?? 0, row: content }))
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    try {
      return [{ line: i + 1, row: JSON.parse(line) as Row }]
    } catch (thrown) {
      throw new Fault(
        'FILE_UNREADABLE',
        'the line is not valid JSON',
        { where: `${head.name}:${i + 1}` },
        { cause: thrown },
      )
    }
  })
}

function sumOf(row: Row, where: string): Aggregate {
  const count = (key: string): number => {
    const text = String(row[key] ?? '').trim()
    const value = text === '' ? 0 : Number(text)
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw new Fault('FIELD_INVALID', `${key}: expected a whole number >= 0, got "${text.slice(0, 40)}"`, { where })
  }
  const text = (key: string): string | null => {
    const value = row[key]
    return value === null || value === undefined || value === '' ? null : String(value)
  }
  const day = /^(\d{4}-\d{2}-\d{2})/.exec(text('date') ?? '')?.[1]
  const fromMicros = Date.parse(`${day}T00:00:00Z`) * 1000
  if (day === undefined || Number.isNaN(fromMicros))
    throw new Fault('FIELD_INVALID', `date: expected YYYY-MM-DD, got "${text('date') ?? ''}"`, { where })
  const [prompt, reads, writes] = [
    count('prompt_tokens'),
    count('cache_read_input_tokens'),
    count('cache_creation_input_tokens'),
  ]
  const inside = reads > prompt ? 0 : reads + writes > prompt ? reads : reads + writes
  return {
    fromMicros,
    toMicros: fromMicros + 86_400e6,
    requests: count('api_requests') || null,
    failed: count('failed_requests'),
    sums: {
      input: prompt - inside,
      cacheRead: reads,
      cacheWriteOther: writes,
      output: count('completion_tokens'),
    },
    text: {
      ...servedBy(text('model') ?? text('model_group'), text('custom_llm_provider')),
      user: text('user_id') ?? text('end_user_id'),
      team: text('team_id'),
      ...ofTag(text('tag')),
    },
    usd: amountOf(text('spend') ?? ''),
  }
}

function servedBy(model: string | null, provider: string | null): { provider: string | null; model: string | null } {
  const slash = model?.indexOf('/') ?? -1
  const prefix = slash > 0 ? model!.slice(0, slash).toLowerCase() : null
  const known = provider ?? (prefix !== null && providerPrefixes.includes(prefix) ? prefix : null)
  const bare = known !== null && prefix === known.toLowerCase() ? model!.slice(slash + 1) : model
  return { provider: known, model: bare }
}

/** A row of the tag table has one tag: `feature:search`, `env:prod`, or any text. */
function ofTag(tag: string | null): Aggregate['text'] {
  const [, name = '', value = ''] = /^\s*([^:=]+?)\s*[:=]\s*(.+)$/.exec(tag ?? '') ?? []
  if (name.toLowerCase() === 'feature') return { feature: value }
  if (/^(env|environment|stage)$/i.test(name)) return { environment: environmentNames[value.toLowerCase()] ?? value }
  return { workload: tag }
}

// OpenAI's usage report (pages of buckets of completions or embeddings, or the dashboard's CSV) as sums from which requests are drawn.
import type { Aggregate } from './aggregate.ts'
import { drawingOf } from './aggregates.ts'
import { bucketTimes } from './bucket-times.ts'
import { consoleRows } from './console-rows.ts'
import { type Head, hasColumns, type Importer } from './importer.ts'
import { bucketsOf, countOf, type Json, textOf } from './pages.ts'

const csvColumns = ['start_time', 'end_time', 'num_model_requests', 'input_tokens', 'output_tokens']

export const openaiUsage: Importer = {
  name: 'openai-usage',
  title: 'OpenAI usage report',
  container: ['json', 'csv'],
  matches: head =>
    head.container === 'csv'
      ? hasColumns(head, csvColumns)
      : head.container === 'json' && /"organization\.usage\.(completions|embeddings)\.result"/.test(head.text),
  content: (head, options) => ({
    kind: 'drawn',
    draw: (text, profile) => {
      const aggregates = head.container === 'csv' ? sumsOfRows(text, head) : sumsOfPages(text, head)
      return drawingOf(aggregates, options, profile, [
        'cached, cache-write and audio tokens are parts of input_tokens; images in a prompt count as its text; the share of reasoning is not reported',
        ...(aggregates.some(one => one.text.model === null)
          ? ['some sums name no model: ask for the report with group_by[]=model, or import it with --model']
          : []),
      ])
    },
  }),
}

const sumsOfPages = (text: string, head: Head): Aggregate[] =>
  bucketsOf(text, head.name).flatMap(({ results, fromMicros, toMicros }) =>
    results.map(result => ({ fromMicros, toMicros, ...sumOf(result, head.name) })),
  )

const timeColumns = ['start_time', 'end_time', 'start_time_iso', 'end_time_iso']

const sumsOfRows = (text: string, head: Head): Aggregate[] =>
  consoleRows(text, head, timeColumns).map(({ line, row }) => {
    const where = `${head.name}:${line}`
    return { ...bucketTimes(row, where), ...sumOf(row, where) }
  })

function sumOf(result: Json, where: string): Omit<Aggregate, 'fromMicros' | 'toMicros'> {
  const count = (key: string) => countOf(result, key, where)
  const [cached, writes] = [count('input_cached_tokens'), count('input_cache_write_tokens')]
  const [inputAudio, outputAudio] = [count('input_audio_tokens'), count('output_audio_tokens')]
  const [input, output] = [count('input_tokens'), count('output_tokens')]
  const uncached = input - cached - writes
  return {
    requests: count('num_model_requests') || null,
    failed: 0,
    sums: {
      // Reports of before 2026 count text alone: then audio does not fit into it.
      input: Math.max(0, uncached >= inputAudio ? uncached - inputAudio : uncached),
      cacheRead: cached,
      cacheWriteOther: writes,
      inputAudio,
      output: output >= outputAudio ? output - outputAudio : output,
      outputAudio,
    },
    text: {
      provider: 'openai',
      model: textOf(result, 'model'),
      tier: result.batch === true ? 'batch' : textOf(result, 'service_tier'),
      workload: textOf(result, 'project_id'),
      user: textOf(result, 'user_id') ?? textOf(result, 'api_key_id'),
    },
    usd: null,
  }
}

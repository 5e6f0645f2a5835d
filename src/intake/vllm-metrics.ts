// Metrics of vLLM and SGLang, as /metrics answers them or as Prometheus keeps them, in; what each engine said of itself at each moment, out.
import { Fault } from '../core/fault/fault.ts'
import { parseInstant } from '../core/meter/calendar.ts'
import type { Reject } from '../core/meter/load.ts'
import type { Scrape } from '../core/meter/scrape.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { readExposition, type Sample } from './exposition.ts'
import type { Importer, ImportOptions, Scraped } from './importer.ts'
import { metricSums } from './metric-sums.ts'
import { isObject, type Json } from './pages.ts'
import { saidBySglang } from './sglang-metrics.ts'

export const vllmMetrics: Importer = {
  name: 'vllm-metrics',
  title: 'vLLM or SGLang metrics',
  container: ['metrics', 'json'],
  matches: head =>
    (head.container === 'metrics' && /^(# TYPE )?(vllm|sglang)[:_]/m.test(head.text)) ||
    (head.container === 'json' && /"resultType"\s*:\s*"(matrix|vector)"/.test(head.text)),
  content: (head, options) => ({
    kind: 'scrapes',
    scrapes: text =>
      head.container === 'json' ? ofPrometheus(text, head.name, options) : ofExposition(text, head.name, options),
  }),
}

/** @throws Fault SCRAPE_UNTIMED */
export function ofExposition(text: string, where: string, options: ImportOptions): Scraped {
  const { samples, rejects } = samplesOfExposition(text, options)
  const scrapes = samples.flatMap(of => scrapesOf(of, where, options))
  return { scrapes, rejects, notes: notesOn(scrapes) }
}

/** The samples of each scrape. */
export function samplesOfExposition(text: string, options: Pick<ImportOptions, 'scrapedAtMicros'>) {
  const { scrapes, bad } = readExposition(text)
  const samples = scrapes.map(({ stamp, samples }): Timed[] => {
    const told = stamp === null ? null : parseInstant(stamp)
    return samples.map(sample => ({
      ...sample,
      atMicros: sample.atMs === null ? (told ?? options.scrapedAtMicros ?? null) : sample.atMs * 1000,
    }))
  })
  const rejects = bad.map(({ line, raw }): Reject => ({ line, reason: 'no sample of the text format', raw }))
  return { samples, rejects }
}

function ofPrometheus(text: string, where: string, options: ImportOptions): Scraped {
  const scrapes = scrapesOf(samplesOfPrometheus(text, where), where, options)
  return { scrapes, rejects: [], notes: notesOn(scrapes) }
}

/** An answer of /api/v1/query or query_range. @throws Fault FIELD_INVALID */
export function samplesOfPrometheus(text: string, where: string): Timed[] {
  const answer = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown
  const data = isObject(answer) && isObject(answer.data) ? answer.data : {}
  const series = Array.isArray(data.result) ? data.result.filter(isObject) : []
  const samples = series.flatMap(one => {
    const { __name__: name = '', ...labels } = (isObject(one.metric) ? one.metric : {}) as Record<string, string>
    const points = Array.isArray(one.values) ? one.values : Array.isArray(one.value) ? [one.value] : []
    return points.flatMap(point => pointOf(point, name, labels))
  })
  if (samples.length > 0 && samples.every(({ name }) => name === '')) {
    throw new Fault('FIELD_INVALID', 'the series have no __name__: a query with rate() or sum() drops it', {
      where,
      fix: `ask for the counters as they are: query={__name__=~"(vllm|sglang):.*"}`,
    })
  }
  return samples
}

function pointOf(point: unknown, name: string, labels: Json): (Sample & { atMicros: number })[] {
  const [seconds, text] = Array.isArray(point) ? point : []
  const value = Number(text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : text)
  if (typeof seconds !== 'number' || typeof text !== 'string') return []
  return [{ name, labels: labels as Sample['labels'], value, atMs: null, atMicros: Math.round(seconds * 1e6) }]
}

export type Timed = Sample & { readonly atMicros: number | null }

function scrapesOf(all: readonly Timed[], where: string, options: ImportOptions): Scrape[] {
  const starts = new Map(
    all
      .filter(({ name }) => name === 'process_start_time_seconds')
      .map(sample => [placeOf(sample, options), sample.value * 1e6]),
  )
  return enginesOf(all, where, options).flatMap(({ server, engine, model, atMicros, samples }) => {
    const said = saidBy[samples[0]!.family]!(samples)
    // Series without a model's label are of the whole process: they are no engine's.
    if (model === null && said.generationTokens === null) return []
    return [
      { server, engine, model, atMicros, startedMicros: starts.get(placeOf(samples[0]!, options)) ?? null, ...said },
    ]
  })
}

/** What one engine said at one moment, names without their family. */
interface EngineSamples {
  readonly server: string
  readonly engine: string
  readonly model: string | null
  readonly atMicros: number
  readonly samples: readonly (Timed & { readonly family: string })[]
}

/** @throws Fault SCRAPE_UNTIMED */
export function enginesOf(
  all: readonly Timed[],
  where: string,
  options: Pick<ImportOptions, 'server'>,
): readonly EngineSamples[] {
  // Collectors that allow no colon in a name write an underscore.
  const own = all.flatMap(sample => {
    const [, family, name] = /^(vllm|sglang)[:_](\w+)$/.exec(sample.name) ?? []
    return family === undefined || name === undefined ? [] : [{ ...sample, family, name }]
  })
  if (own.some(sample => sample.atMicros === null)) {
    throw new Fault('SCRAPE_UNTIMED', 'the scrape does not say when it was made', {
      where,
      fix: 'give --at TIME, or write a line "# 2026-11-20T10:00:00Z" before each scrape',
    })
  }
  const engines = groupedBy(own, sample => {
    const { engine = '0', model_name = null } = sample.labels
    return JSON.stringify([serverOf(sample, options) ?? sample.family, engine, model_name, sample.atMicros])
  })
  return [...engines].map(([key, samples]) => {
    const [server, engine, model, atMicros] = JSON.parse(key) as [string, string, string | null, number]
    return { server, engine, model, atMicros, samples }
  })
}

/** Null where no label and no option names it: then it is called by its engine. */
const serverOf = ({ labels }: Sample, options: Pick<ImportOptions, 'server'>): string | null =>
  options.server ?? labels.pod ?? labels.instance ?? null

const placeOf = (sample: Timed, options: Pick<ImportOptions, 'server'>): string =>
  JSON.stringify([serverOf(sample, options), sample.atMicros])

export type EngineSaid = Omit<Scrape, 'server' | 'engine' | 'model' | 'atMicros' | 'startedMicros'>

/** Later names of a metric first, the names of older versions after them. */
function saidByVllm(samples: readonly Sample[]): EngineSaid {
  const { sum, counter, histogram } = metricSums(samples)
  return {
    promptTokens: counter('prompt_tokens'),
    generationTokens: counter('generation_tokens'),
    prefixQueriedTokens: counter('prefix_cache_queries', 'gpu_prefix_cache_queries'),
    prefixHitTokens: counter('prefix_cache_hits', 'gpu_prefix_cache_hits'),
    preemptions: counter('num_preemptions'),
    finishedRequests: counter('request_success'),
    running: sum('num_requests_running'),
    waiting: sum('num_requests_waiting'),
    kvCacheShare: sum('kv_cache_usage_perc', 'gpu_cache_usage_perc'),
    ttftSeconds: histogram('time_to_first_token_seconds'),
    tpotSeconds: histogram('inter_token_latency_seconds', 'time_per_output_token_seconds'),
  }
}

const saidBy: Readonly<Record<string, (samples: readonly Sample[]) => EngineSaid>> = {
  vllm: saidByVllm,
  sglang: saidBySglang,
}

function notesOn(scrapes: readonly Scrape[]): string[] {
  const old = scrapes.some(one => one.prefixQueriedTokens === null)
  return [
    'counters are cumulative: between two scrapes their difference is what was served, after a restart what was counted since',
    ...(old ? ['no prefix cache counters in some scrapes: the hit rate is then unknown'] : []),
  ]
}

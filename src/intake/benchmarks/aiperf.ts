// AIPerf's (and GenAI-Perf's) profile_export as JSON, JSON Lines or CSV in; a load point, out.

import { nothingSaid } from '../../core/serving/calibration/load-point.ts'
import { moments, quantile, sorted } from '../../core/statistics/sample.ts'
import { isObject, type Json } from '../pages.ts'
import {
  at,
  type BenchmarkFile,
  type BenchmarkRead,
  type BenchmarkReader,
  latencyOf,
  type PointOr,
  pointOf,
  pointsOf,
  positiveAt,
  textAt,
} from './reader.ts'

/** Source: aiperf/exporters and aiperf/common/models/export_models.py (Apache-2.0). */
export const aiperf: BenchmarkReader = {
  name: 'aiperf',
  title: 'AIPerf',
  matches: ({ parsed }) =>
    (parsed.kind === 'json' && parsed.documents.some(({ value }) => isSummary(value) || isRecord(value))) ||
    (parsed.kind === 'csv' &&
      parsed.rows[0]?.[0] === 'Metric' &&
      parsed.rows.some(row => /^Time To First Token/i.test(row[0] ?? ''))),
  read(file) {
    const { parsed } = file
    if (parsed.kind === 'csv') return readTable(file, parsed.rows)
    const documents = parsed.kind === 'json' ? parsed.documents : []
    return documents.some(({ value }) => isRecord(value))
      ? readRecords(file, documents)
      : readSummaries(file, documents)
  },
}

const isSummary = (value: Json): boolean =>
  isObject(value.time_to_first_token) && 'unit' in value.time_to_first_token && 'request_throughput' in value
const isRecord = (value: Json): boolean =>
  isObject(value.metadata) && 'request_start_ns' in value.metadata && isObject(value.metrics)

const littleNote =
  'the file does not say how many requests were kept in flight: taken as requests a second × seconds a request (Little)'

function readSummaries(file: BenchmarkFile, documents: readonly { value: Json; line: number | null }[]): BenchmarkRead {
  let isCounted = false
  const read = pointsOf(
    file,
    documents,
    (value, source) => {
      if (!isSummary(value)) return 'not a summary of AIPerf'
      const load = loadOf(value.input_config)
      isCounted ||= load === null
      return summarized(source, load, (name, part) => positiveAt(value, name, part))
    },
    ({ input_config: config }) => ({
      ...nothingSaid,
      model:
        textAt(firstOf(at(config, 'models', 'items')), 'name') ??
        textOrNull(firstOf(at(config, 'endpoint', 'model_names'))),
    }),
  )
  return { ...read, notes: isCounted ? [littleNote] : [] }
}

/** Where versions of the tool keep what load was asked for. */
function loadOf(config: unknown): { readonly concurrency: number | null; readonly rate: number | null } | null {
  const phases = at(config, 'phases')
  const phase = Array.isArray(phases) ? phases.find(one => textAt(one, 'kind') !== 'warmup') : null
  const stimulus = at(config, 'perf_analyzer', 'stimulus')
  const places = [phase, at(config, 'loadgen'), stimulus, config]
  const concurrency = places.map(place => positiveAt(place, 'concurrency')).find(n => n !== null) ?? null
  const rate = places.map(place => positiveAt(place, 'rate') ?? positiveAt(place, 'request_rate')).find(n => n !== null)
  if (rate !== undefined && rate !== null) return { concurrency: null, rate }
  return concurrency === null ? null : { concurrency, rate: null }
}

type Figure =
  | 'request_throughput'
  | 'request_latency'
  | 'request_count'
  | 'input_sequence_length'
  | 'output_sequence_length'
  | 'output_token_throughput'
  | 'time_to_first_token'
  | 'inter_token_latency'
  | 'usage_prompt_tokens'
  | 'usage_completion_tokens'
  | 'decode_duration'

function summarized(
  source: string,
  load: ReturnType<typeof loadOf>,
  figure: (name: Figure, part: string) => number | null,
): PointOr {
  const latency = (name: Figure, scale = 1) =>
    latencyOf(
      { mean: figure(name, 'avg'), p50: figure(name, 'p50'), p95: figure(name, 'p95'), p99: figure(name, 'p99') },
      ownNames,
      scale,
    )
  // Its own count is of its own tokenizer, which may not be the server's; what the server said of usage is.
  const counted = figure('output_sequence_length', 'avg') ?? 0
  const outputTokens = figure('usage_completion_tokens', 'avg') ?? counted
  const streamed = figure('output_token_throughput', 'avg')
  const perSecond = figure('request_throughput', 'avg')
  const spent = figure('request_latency', 'avg')
  const inFlight = perSecond === null || spent === null ? null : Math.max(1, Math.round((perSecond * spent) / 1000))
  return pointOf({
    source,
    concurrency: load === null ? inFlight : load.concurrency,
    offeredPerSecond: load?.rate ?? null,
    inputTokens: figure('usage_prompt_tokens', 'avg') ?? figure('input_sequence_length', 'avg') ?? 0,
    outputTokens,
    lengthRatio: 1,
    requests: figure('request_count', 'avg'),
    outputTokensPerSecond: streamed === null || counted === 0 ? null : (streamed * outputTokens) / counted,
    ttftMs: latency('time_to_first_token'),
    tpotMs:
      outputTokens !== counted && outputTokens > 1
        ? latency('decode_duration', 1 / (outputTokens - 1))
        : latency('inter_token_latency'),
  })
}

const ownNames = { mean: 'mean', p50: 'p50', p95: 'p95', p99: 'p99' } as const

/** Two tables behind one another, each under its own header: percentiles, then single values. */
function readTable(file: BenchmarkFile, rows: readonly (readonly string[])[]): BenchmarkRead {
  const figures = new Map<string, Readonly<Record<string, string>>>()
  let header: readonly string[] = []
  for (const row of rows) {
    const [name = '', ...cells] = row
    if (name === 'Metric') header = cells
    // `Time to First Token (ms)` → time_to_first_token
    const key = name
      .replace(/\s*\(.*\)\s*$/, '')
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_')
    figures.set(
      key,
      Object.fromEntries(header.map((column, i) => [column === 'Value' ? 'avg' : column, cells[i] ?? ''])),
    )
  }
  const point = summarized(file.name, null, (name, part) => positiveAt(figures.get(name), part))
  if (typeof point === 'string')
    return { points: [], rejects: [{ line: null, reason: point, raw: file.text }], notes: [] }
  return { points: [{ ...point, server: nothingSaid }], rejects: [], notes: [littleNote] }
}

/** One line a request: all of a file are one point. */
function readRecords(file: BenchmarkFile, documents: readonly { value: Json; line: number | null }[]): BenchmarkRead {
  const rejects: { line: number | null; reason: string; raw: string }[] = []
  const kept = documents.filter(({ value, line }) => {
    const isWarm = textAt(value, 'metadata', 'benchmark_phase') !== 'warmup'
    const isWhole = ['input_sequence_length', 'output_sequence_length', 'time_to_first_token', 'request_latency'].every(
      name => positiveAt(value, 'metrics', name, 'value') !== null,
    )
    if (isWarm && !isWhole) {
      const reason = isRecord(value)
        ? 'a request that was not answered, or whose tokens are not counted'
        : 'no record of a request'
      rejects.push({ line, reason, raw: JSON.stringify(value) })
    }
    return isWarm && isWhole
  })
  if (kept.length === 0) return { points: [], rejects, notes: [] }
  const of = (name: string) => kept.flatMap(({ value }) => positiveAt(value, 'metrics', name, 'value') ?? [])
  const times = (name: string) => kept.flatMap(({ value }) => positiveAt(value, 'metadata', name) ?? [])
  const seconds = (Math.max(...times('request_end_ns')) - Math.min(...times('request_start_ns'))) / 1e9
  const figure = (name: Figure, part: string): number | null => {
    if (name === 'request_throughput') return kept.length / seconds
    if (name === 'request_count') return kept.length
    const values = of(name === 'output_token_throughput' ? 'output_sequence_length' : name)
    if (values.length === 0) return null
    if (name === 'output_token_throughput') return values.reduce((a, b) => a + b, 0) / seconds
    return part === 'avg' ? moments(values).mean : quantile(sorted(values), Number(part.slice(1)) / 100)
  }
  const point = summarized(file.name, null, figure)
  if (typeof point === 'string')
    return { points: [], rejects: [...rejects, { line: null, reason: point, raw: '' }], notes: [] }
  return { points: [{ ...point, server: nothingSaid }], rejects, notes: [littleNote] }
}

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined)
const textOrNull = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

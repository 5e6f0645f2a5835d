// GuideLLM's report as JSON (0.2 to 0.8) in; a load point for each of its benchmarks, out.

import { nothingSaid } from '../../core/serving/calibration/load-point.ts'
import { isObject, type Json } from '../pages.ts'
import {
  at,
  type BenchmarkReader,
  documentsOf,
  hasDocument,
  latencyOf,
  type PointOr,
  pointOf,
  pointsOf,
  positiveAt,
  textAt,
} from './reader.ts'

/** Source: guidellm/benchmark/schemas (Apache-2.0). Its time per output token counts the first one in; its inter-token latency is ours. */
export const guidellm: BenchmarkReader = {
  name: 'guidellm',
  title: 'GuideLLM',
  matches: file => hasDocument(file, value => benchmarksOf(value).length > 0),
  read(file) {
    const read = documentsOf(file).flatMap(({ value, line }) => {
      const benchmarks = benchmarksOf(value).map((value, i) => ({ value, line, place: `benchmark ${i + 1}` }))
      return [pointsOf(file, benchmarks, pointOfBenchmark, one => ({ ...nothingSaid, model: modelOf(value, one) }))]
    })
    return {
      points: read.flatMap(({ points }) => points),
      rejects: read.flatMap(({ rejects }) => rejects),
      notes: [],
    }
  },
}

const benchmarksOf = (value: Json): readonly Json[] =>
  Array.isArray(value.benchmarks)
    ? value.benchmarks.filter(isObject).filter(one => isObject(one.metrics) && 'time_to_first_token_ms' in one.metrics)
    : []

function modelOf(report: Json, benchmark: Json): string | null {
  const places: readonly (readonly string[])[] = [
    ['config', 'backend', 'model'],
    ['benchmarker', 'backend', 'model'],
    ['worker', 'backend_model'],
    ['request_loader', 'processor'],
  ]
  const own = places.map(keys => textAt(benchmark, ...keys)).find(name => name !== null)
  return own ?? textAt(report, 'config', 'spec', 'backend', 'model') ?? textAt(report, 'args', 'model') ?? null
}

function pointOfBenchmark({ metrics, ...benchmark }: Json, source: string): PointOr {
  const of = (name: string, part = 'mean') => positiveAt(metrics, name, 'successful', part)
  const latency = (name: string) =>
    latencyOf(at(metrics, name, 'successful'), {
      mean: 'mean',
      p50: 'median',
      p95: 'percentiles.p95',
      p99: 'percentiles.p99',
    })
  const strategy = [
    at(benchmark, 'config', 'strategy'),
    at(benchmark, 'args', 'strategy'),
    at(benchmark, 'scheduler', 'strategy'),
  ].find(isObject)
  const kind = textAt(strategy, 'type_') ?? textAt(strategy, 'kind')
  const offered = kind === 'constant' || kind === 'async' || kind === 'poisson' ? positiveAt(strategy, 'rate') : null
  const streams = positiveAt(strategy, 'streams') ?? (kind === 'synchronous' ? 1 : null)
  // As many as it takes (`throughput`), or a strategy that is not named: how many it turned out to be.
  const seen = streams ?? positiveAt(strategy, 'max_concurrency') ?? of('request_concurrency')
  const answered =
    positiveAt(metrics, 'request_totals', 'successful') ?? positiveAt(benchmark, 'request_totals', 'successful')
  if (answered === null) return 'no request was answered'
  const perSecond = of('requests_per_second')
  const outputTokens = of('output_token_count') ?? 0
  return pointOf({
    source,
    concurrency: offered === null ? seen : null,
    offeredPerSecond: offered,
    inputTokens: of('prompt_token_count') ?? 0,
    outputTokens,
    lengthRatio: 1,
    requests: answered,
    // The mean rate of tokens counts all that was streamed, also of requests that were cut: requests × tokens is of those answered.
    outputTokensPerSecond: perSecond === null ? of('output_tokens_per_second') : perSecond * outputTokens || null,
    ttftMs: latency('time_to_first_token_ms'),
    tpotMs: latency('inter_token_latency_ms'),
  })
}

// Results of `vllm bench serve` (--save-result, --save-detailed, --append-result) and of SGLang's bench_serving, which has its names, in; load points, out.

import { nothingSaid } from '../../core/serving/calibration/load-point.ts'
import { isObject, type Json } from '../pages.ts'
import {
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

/** Source: vllm/benchmarks/serve.py `BenchmarkMetrics` and `result_json` (Apache-2.0); before 2025 benchmarks/benchmark_serving.py. */
export const vllmBench: BenchmarkReader = {
  name: 'vllm-bench',
  title: 'vllm bench serve',
  matches: file => hasDocument(file, isResult),
  read(file) {
    return {
      ...pointsOf(file, documentsOf(file), pointOfResult, value => ({
        ...nothingSaid,
        model: textAt(value, 'model_id'),
        engine: engineOf(textAt(value, 'backend') ?? textAt(value, 'endpoint_type')),
        tp: positiveAt(value, 'tensor_parallel_size'),
      })),
      notes: [],
    }
  },
}

const isResult = (value: Json): boolean =>
  'total_input_tokens' in value &&
  'total_output_tokens' in value &&
  ['mean_ttft_ms', 'median_ttft_ms', 'mean_tpot_ms', 'mean_e2e_latency_ms'].some(key => key in value)

/** `openai` is a wire that several engines speak: it names none. */
const engineOf = (backend: string | null): string | null =>
  backend !== null && /^(vllm|sglang|trt|tensorrt)/.test(backend) ? backend : null

function pointOfResult(result: Json, source: string): PointOr {
  if (!isResult(result)) return 'not a result of bench serve'
  const completed = positiveAt(result, 'completed')
  if (completed === null) return 'no request was answered'
  const rate = result.request_rate
  const asked = positiveAt(result, 'num_prompts') ?? completed
  const offered = typeof rate === 'number' && Number.isFinite(rate) && rate > 0 ? rate : null
  const limit = positiveAt(result, 'max_concurrency')
  // A limit that a finite rate never reaches is none; without a rate all prompts come at once.
  const isClosed = limit !== null && (offered === null || limit < asked)
  const kept = detailed(result)
  const latency = (name: string) =>
    latencyOf(result, {
      mean: `mean_${name}_ms`,
      p50: `median_${name}_ms`,
      p95: `p95_${name}_ms`,
      p99: `p99_${name}_ms`,
    })
  return pointOf({
    source,
    concurrency: isClosed ? limit : offered === null ? asked : null,
    offeredPerSecond: isClosed ? null : offered,
    inputTokens: (positiveAt(result, 'total_input_tokens') ?? 0) / completed,
    outputTokens: (positiveAt(result, 'total_output_tokens') ?? 0) / completed,
    lengthRatio: kept ?? 1,
    requests: completed,
    outputTokensPerSecond: positiveAt(result, 'output_throughput'),
    ttftMs: latency('ttft'),
    tpotMs: latency('tpot'),
  })
}

/**
 * How far lengths were spread, where each is kept (`input_lens`, `output_lens`): the uniform spread of the same
 * variance, [r, 1] of the longest. Null where they are not kept.
 */
function detailed(result: Json): number | null {
  const lengths = numbers(result.output_lens).filter(n => n > 0)
  const ratios = [lengths, numbers(result.input_lens)].filter(list => list.length > 1).map(spread)
  return ratios.length === 0 ? null : ratios.reduce((a, b) => a + b, 0) / ratios.length
}

/** Uniform in [r, 1] has a standard deviation of (1 − r)/√12 and a mean of (1 + r)/2. */
function spread(lengths: readonly number[]): number {
  const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length
  const variance = lengths.reduce((sum, n) => sum + (n - mean) * (n - mean), 0) / lengths.length
  const relative = Math.sqrt(12 * variance) / mean
  return Math.max(0, Math.min(1, (2 - relative) / (2 + relative)))
}

const numbers = (value: unknown): number[] =>
  Array.isArray(value) && !value.some(isObject) ? value.filter((n): n is number => typeof n === 'number') : []

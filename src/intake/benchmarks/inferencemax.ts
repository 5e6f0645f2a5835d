// Results of InferenceMAX (InferenceX) runs, one object or a list of them, in; load points, out.

import { nothingSaid } from '../../core/serving/calibration/load-point.ts'
import type { Json } from '../pages.ts'
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

/** Its load generator draws each length between this share of the nominal one and it (`random_range_ratio`). */
const rangeRatio = 0.8

/** Source: utils/process_result.py of SemiAnalysisAI/InferenceX, before InferenceMAX (Apache-2.0). Latencies are in seconds, throughput is per GPU. */
export const inferencemax: BenchmarkReader = {
  name: 'inferencemax',
  title: 'InferenceMAX',
  matches: file => hasDocument(file, isResult),
  read(file) {
    return {
      ...pointsOf(file, documentsOf(file), pointOfResult, value => ({
        ...nothingSaid,
        model: textAt(value, 'model'),
        gpu: textAt(value, 'hw') ?? textAt(value, 'device'),
        gpus: gpusOf(value),
        tp: positiveAt(value, 'tp'),
        engine: textAt(value, 'framework'),
        weights: textAt(value, 'precision'),
      })),
      notes: [`lengths are taken as drawn between ${rangeRatio} of the nominal ones and these, as its benchmark does`],
    }
  },
}

const isResult = (value: Json): boolean => 'tput_per_gpu' in value && ('conc' in value || 'concurrency' in value)

/** Tensor parallelism; expert parallelism lies within it. */
const gpusOf = (value: Json): number | null => positiveAt(value, 'num_gpus') ?? positiveAt(value, 'tp')

function pointOfResult(value: Json, source: string): PointOr {
  if (!isResult(value)) return 'not a result of InferenceMAX'
  const isSaid = (key: string) => ![undefined, null, false, '', 'false', 'none', 'off'].includes(value[key] as never)
  if (isSaid('disagg') || isSaid('is_multinode'))
    return 'prefill and decode apart, or several servers: no single replica'
  if (isSaid('spec_decoding') || isSaid('mtp'))
    return 'speculative decoding: the record does not tell how many guesses held'
  const [input, output] = [positiveAt(value, 'isl'), positiveAt(value, 'osl')]
  if (input === null || output === null) return 'isl and osl are not recorded'
  const gpus = gpusOf(value)
  const perGpu = positiveAt(value, 'output_tput_per_gpu')
  const concurrency = positiveAt(value, 'conc') ?? positiveAt(value, 'concurrency')
  const latency = (name: string) =>
    latencyOf(value, { mean: `mean_${name}`, p50: `median_${name}`, p95: `p95_${name}`, p99: `p99_${name}` }, 1000)
  const mean = (1 + rangeRatio) / 2
  return pointOf({
    source,
    concurrency,
    offeredPerSecond: null,
    inputTokens: input * mean,
    outputTokens: output * mean,
    lengthRatio: rangeRatio,
    requests: positiveAt(value, 'num_prompts'),
    outputTokensPerSecond: gpus === null || perGpu === null ? null : perGpu * gpus,
    ttftMs: latency('ttft'),
    tpotMs: latency('tpot'),
  })
}

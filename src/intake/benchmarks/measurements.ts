// Rows of measurements.jsonl, one measured condition each with what is known of its server, in; load points, out.

import { nothingSaid, type ServerHints } from '../../core/serving/calibration/load-point.ts'
import type { Json } from '../pages.ts'
import { type BenchmarkReader, documentsOf, hasDocument, type PointOr, pointsOf, positiveAt, textAt } from './reader.ts'

/** Fields as data/serving/README.md explains them; the same rows are answered by `predict --batch`. */
export const measurements: BenchmarkReader = {
  name: 'measurements',
  title: 'rows of serving measurements',
  matches: file => hasDocument(file, isRow),
  read(file) {
    return { ...pointsOf(file, documentsOf(file), pointOfRow, serverOf), notes: [] }
  },
}

const isRow = (value: Json): boolean => 'loadMode' in value && 'inputTokens' in value && 'outputTokens' in value

const serverOf = (row: Json): ServerHints => ({
  ...nothingSaid,
  model: textAt(row, 'model'),
  gpu: textAt(row, 'gpu'),
  gpus: positiveAt(row, 'gpuCount'),
  engine: textAt(row, 'engine'),
  engineVersion: textAt(row, 'engineVersion'),
  weights: textAt(row, 'weightDtype'),
  kv: textAt(row, 'kvDtype'),
  tp: positiveAt(row, 'tp'),
  pp: positiveAt(row, 'pp'),
  dp: positiveAt(row, 'dp'),
  ep: positiveAt(row, 'ep'),
  replicas: positiveAt(row, 'replicas'),
})

function pointOfRow(row: Json, source: string): PointOr {
  if (!isRow(row)) return 'not a row of serving measurements'
  const { quality = 'measured', loadMode } = row
  if (quality !== 'measured') return `its quality is "${String(quality)}": only measured rows are fitted`
  const [input, output] = [positiveAt(row, 'inputTokens'), positiveAt(row, 'outputTokens')]
  if (input === null || output === null) return 'lengths of prompts and answers are not recorded'
  const ratio = positiveAt(row, 'lengthRangeRatio') ?? 1
  const mean = (1 + ratio) / 2
  const concurrency = loadMode === 'closed' ? positiveAt(row, 'concurrency') : null
  const offeredPerSecond = loadMode === 'open' ? positiveAt(row, 'requestRate') : null
  if (loadMode !== 'offline' && concurrency === null && offeredPerSecond === null) return 'its load is not recorded'
  const perGpu = positiveAt(row, 'outputTokensPerSecPerGpu') ?? positiveAt(row, 'derivedOutputTokensPerSecPerGpu')
  const gpus = positiveAt(row, 'gpuCount')
  const throughput = positiveAt(row, 'outputTokensPerSec') ?? (perGpu === null || gpus === null ? null : perGpu * gpus)
  const latency = (name: string) => {
    // A plain `ttftMs` is of the statistic beside it.
    const plain = positiveAt(row, `${name}Ms`)
    const isMedian = /p50|median/.test(textAt(row, `${name}Stat`) ?? '')
    return {
      mean: positiveAt(row, `${name}MeanMs`) ?? (isMedian ? null : plain),
      p50: positiveAt(row, `${name}P50Ms`) ?? (isMedian ? plain : null),
      p95: positiveAt(row, `${name}P95Ms`),
      p99: positiveAt(row, `${name}P99Ms`),
    }
  }
  const [ttftMs, tpotMs] = [latency('ttft'), latency('tpot')]
  if (throughput === null && [ttftMs.mean, ttftMs.p50, tpotMs.mean, tpotMs.p50].every(value => value === null)) {
    return 'neither latency nor throughput is recorded'
  }
  return {
    source: textAt(row, 'id') ?? source,
    concurrency,
    offeredPerSecond,
    inputTokens: input * mean,
    outputTokens: output * mean,
    lengthRatio: ratio,
    requests: loadMode === 'closed' ? null : positiveAt(row, 'numRequests'),
    outputTokensPerSecond: throughput,
    ttftMs,
    tpotMs,
  }
}

// A constant number of requests in flight → steady throughput and latency: what a benchmark at fixed concurrency measures.
import type { Engine } from './engine.ts'
import { startProgress } from './progress.ts'
import { type Percentiles, percentiles } from './quantiles.ts'
import { createReplica } from './replica.ts'

export interface ClosedLoop {
  readonly completed: number
  readonly outputTokensPerSecond: number
  readonly requestsPerSecond: number
  readonly ttftMs: Percentiles & { readonly mean: number }
  readonly tpotMs: Percentiles & { readonly mean: number }
}

/**
 * Serves `inputTokens[i]`, `outputTokens[i]` in order, each started when an earlier one ends so that `concurrency` are in
 * flight, on one replica. The first requests start together, as load generators do.
 */
export function closedLoop(
  engine: Engine,
  concurrency: number,
  inputTokens: Int32Array,
  outputTokens: Int32Array,
): ClosedLoop {
  const n = inputTokens.length
  const progress = startProgress({ n, atSeconds: new Float64Array(n), inputTokens, outputTokens })
  const replica = createReplica(engine, progress)
  const { entrySeconds } = engine.timer
  // Requests on their way to the engine reach it in the order they were started.
  let started = 0
  let reached = 0
  let ended = 0
  while (ended < n) {
    const { nowSeconds, completed } = replica.state()
    ended = completed + rejectedAmong(progress.rejected, reached)
    while (started < n && started - ended < concurrency) progress.atSeconds[started++] = nowSeconds
    const arrival = reached < started ? progress.atSeconds[reached]! + entrySeconds : Number.POSITIVE_INFINITY
    if (arrival <= nowSeconds) replica.enqueue(reached++)
    else replica.advanceToFinish(arrival)
  }
  const { completed, nowSeconds } = replica.state()
  const ttft = new Float64Array(completed)
  const tpot = new Float64Array(completed)
  let done = 0
  let tokens = 0
  for (let id = 0; id < n; id++) {
    if (Number.isNaN(progress.finishedAt[id]!)) continue
    ttft[done] = (progress.firstTokenAt[id]! - progress.atSeconds[id]!) * 1000
    const span = progress.finishedAt[id]! - progress.firstTokenAt[id]!
    tpot[done++] = (span * 1000) / Math.max(1, outputTokens[id]! - 1)
    tokens += outputTokens[id]!
  }
  return {
    completed,
    outputTokensPerSecond: tokens / nowSeconds,
    requestsPerSecond: completed / nowSeconds,
    ttftMs: { mean: mean(ttft), ...percentiles(ttft) },
    tpotMs: { mean: mean(tpot), ...percentiles(tpot) },
  }
}

function rejectedAmong(rejected: Uint8Array, first: number): number {
  let count = 0
  for (let id = 0; id < first; id++) count += rejected[id]!
  return count
}

function mean(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

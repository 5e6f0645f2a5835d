// A constant number of requests in flight → steady throughput and latency: what a benchmark at fixed concurrency measures.
import { type Engine, laneOf } from '../engine/engine.ts'
import { createLane, type LaneState } from '../engine/lane.ts'
import { type Progress, startProgress } from '../engine/progress.ts'
import { type Percentiles, percentiles } from '../engine/quantiles.ts'

export interface MeanAndPercentiles extends Percentiles {
  /** Null without a value. */
  readonly mean: number | null
}

export interface ClosedLoop {
  readonly completed: number
  readonly endSeconds: number
  /** Tokens over the whole run, its beginning and end included. */
  readonly outputTokensPerSecond: number
  readonly requestsPerSecond: number
  readonly ttftMs: MeanAndPercentiles
  /** (last token − first token) ÷ (tokens − 1), of requests with at least 2 tokens. */
  readonly tpotMs: MeanAndPercentiles
  /** The mean from start to last token; null without a completed request. */
  readonly meanE2eSeconds: number | null
  readonly busySeconds: number
  readonly preemptions: number
  readonly cacheStalls: number
}

/**
 * Serves `inputTokens[i]`, `outputTokens[i]` in order, each started when an earlier one ends so that `concurrency` are in
 * flight, on one lane (the lanes of a replica are alike, and none looks at another). The first requests start together, as
 * load generators do; their prompts pass the front end one after the other.
 */
export function closedLoop(
  engine: Engine,
  concurrency: number,
  inputTokens: Int32Array,
  outputTokens: Int32Array,
): ClosedLoop {
  const n = inputTokens.length
  const progress = startProgress({ n, atSeconds: new Float64Array(n), inputTokens, outputTokens })
  const lane = createLane(laneOf(engine), progress)
  const { entrySeconds, frontSeconds } = engine.timer
  const reachesAt = new Float64Array(n)
  // Requests reach the engine in the order they were started.
  let started = 0
  let reached = 0
  let refused = 0
  let frontFree = 0
  for (;;) {
    const { nowSeconds, completed } = lane.state()
    const ended = completed + refused
    if (ended >= n) break
    while (started < n && started - ended < concurrency) {
      progress.atSeconds[started] = nowSeconds
      frontFree = Math.max(frontFree, nowSeconds) + frontSeconds(inputTokens[started]!)
      reachesAt[started++] = frontFree + entrySeconds
    }
    const arrival = reached < started ? reachesAt[reached]! : Number.POSITIVE_INFINITY
    if (arrival > nowSeconds) lane.advanceToFinish(arrival)
    else if (!lane.enqueue(reached++)) refused++
  }
  const state = lane.state()
  return { ...latenciesOf(progress, n), busySeconds: state.busySeconds, ...strain(state) }
}

/** Of so many requests in flight over lanes that are alike, those of one. */
export const perLaneOf = (concurrency: number, lanes: number): number =>
  Math.max(1, Math.round(concurrency / Math.min(lanes, concurrency)))

const strain = ({ preemptions, cacheStalls }: LaneState) => ({ preemptions, cacheStalls })

/** Rates and latencies of the requests that are done, of the first `n`. */
export function latenciesOf(progress: Progress, n: number) {
  const { atSeconds, firstTokenAt, finishedAt, outputTokens } = progress
  const ttft = new Float64Array(n)
  const tpot = new Float64Array(n)
  let done = 0
  let timed = 0
  let tokens = 0
  let e2eSeconds = 0
  let endSeconds = 0
  for (let id = 0; id < n; id++) {
    const end = finishedAt[id]!
    if (Number.isNaN(end)) continue
    const first = firstTokenAt[id]!
    ttft[done++] = (first - atSeconds[id]!) * 1000
    if (outputTokens[id]! > 1) tpot[timed++] = ((end - first) * 1000) / (outputTokens[id]! - 1)
    e2eSeconds += end - atSeconds[id]!
    tokens += outputTokens[id]!
    endSeconds = Math.max(endSeconds, end)
  }
  return {
    completed: done,
    endSeconds,
    outputTokensPerSecond: tokens / endSeconds,
    requestsPerSecond: done / endSeconds,
    ttftMs: { mean: mean(ttft, done), ...percentiles(ttft, done) },
    tpotMs: { mean: mean(tpot, timed), ...percentiles(tpot, timed) },
    meanE2eSeconds: done > 0 ? e2eSeconds / done : null,
  }
}

function mean(values: Float64Array, n: number): number | null {
  if (n === 0) return null
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i]!
  return sum / n
}

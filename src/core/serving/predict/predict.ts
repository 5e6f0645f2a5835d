// Steady traffic of one kind on so many replicas → throughput and latency, by serving a few thousand such requests.
import { stream } from '../../statistics/random.ts'
import { buildEngine, type Engine, infeasibility } from '../engine/engine.ts'
import type { EngineName } from '../engine/policies.ts'
import type { ReplicaState } from '../engine/replica.ts'
import { runFleet } from '../fleet/fleet.ts'
import { gpusOf } from '../hardware/memory.ts'
import type { Efficiency } from '../step/efficiency.ts'
import type { StepPart } from '../step/step-time.ts'
import { drawTimes, evenLengths } from '../traffic/steady.ts'
import { closedLoop, latenciesOf, type MeanAndPercentiles, perLaneOf } from './closed-loop.ts'
import type { Condition } from './condition.ts'

export interface Prediction {
  readonly gpus: number
  readonly requestsPerSecond: number
  readonly outputTokensPerSecond: number
  readonly totalTokensPerSecond: number
  readonly ttftMs: MeanAndPercentiles
  readonly tpotMs: MeanAndPercentiles
  /** Requests in flight over all replicas, the mean. */
  readonly concurrency: number
  /** Share of the time that a step was running. */
  readonly busyShare: number
  /** Requests thrown out of the cache, per request served. */
  readonly preemptionsPerRequest: number
  readonly bottleneck: Bottleneck
}

/** Load generators send ten times as many requests as they keep in flight (InferenceMAX), the first of them together. */
const waves = 10
const fewest = 32
const most = 3000

/** What holds the throughput back, in words. */
export type Bottleneck = StepPart | 'the offered rate' | 'room in the KV cache' | 'prompts being computed'

/** Why the condition cannot be served at all; null when it can. */
export function conditionProblem(condition: Condition): string | null {
  const engine = buildEngine(condition.shape)
  if (!engine.memory.fits) return engine.memory.problem
  const { inputTokens, outputTokens } = condition
  const reason = infeasibility(engine, inputTokens, outputTokens)
  return reason === null ? null : `a request of ${inputTokens} + ${outputTokens} tokens is ${reason}`
}

/**
 * Serves drawn requests on one lane of the replicas, which are alike (on all of them in an open loop), and reads off the
 * steady state.
 * Deterministic in `seed`. Call `conditionProblem` first.
 */
export function predict(condition: Condition, seed: number, fit?: Efficiency): Prediction {
  const engine = buildEngine(condition.shape, fit)
  const { load, shape, replicas, lengthRangeRatio } = condition
  const lanes = replicas * engine.lanes
  const middle = (1 + lengthRangeRatio) / 2
  const means = { input: condition.inputTokens * middle, output: condition.outputTokens * middle }
  if (load.mode === 'open') return openLoop(condition, engine, lanes, means, load, seed)
  const perLane =
    load.mode === 'offline' ? batchOf(condition, engine, lanes, means) : perLaneOf(load.concurrency, lanes)
  const n = load.mode === 'offline' ? perLane : Math.max(fewest, perLane + 1, Math.min(most, waves * perLane))
  const { inputs, outputs } = drawLengths(condition, n, seed)
  const loop = closedLoop(engine, perLane, inputs, outputs)
  const e2eSeconds = loop.meanE2eSeconds ?? Number.POSITIVE_INFINITY
  // In a closed loop by Little's law, so many in flight, each for so long: free of the run's beginning and end.
  const requestsPerSecond = load.mode === 'offline' ? loop.requestsPerSecond * lanes : load.concurrency / e2eSeconds
  const concurrency = requestsPerSecond * e2eSeconds
  return {
    gpus: replicas * gpusOf(shape),
    requestsPerSecond,
    outputTokensPerSecond: requestsPerSecond * means.output,
    totalTokensPerSecond: requestsPerSecond * (means.input + means.output),
    ttftMs: loop.ttftMs,
    tpotMs: loop.tpotMs,
    concurrency,
    busyShare: (loop.busySeconds * loop.requestsPerSecond) / loop.completed,
    preemptionsPerRequest: loop.preemptions / loop.completed,
    bottleneck: bottleneckOf(engine, means, loop.tpotMs.mean, {
      running: (requestsPerSecond * (e2eSeconds - (loop.ttftMs.mean ?? 0) / 1000)) / lanes,
      stalls: loop.cacheStalls / loop.completed,
    }),
  }
}

/** Requests that a lane is given at once: all of them, or enough for six full batches. */
function batchOf({ requests }: Condition, engine: Engine, lanes: number, means: Means): number {
  const fitting = engine.memory.kvCapacityTokens / (means.input + means.output)
  const enough = Math.max(256, Math.min(12000, Math.ceil(6 * Math.min(engine.maxSequences, fitting))))
  return Math.max(1, Math.min(Math.ceil((requests ?? enough * lanes) / lanes), enough))
}

interface Means {
  readonly input: number
  readonly output: number
}

function openLoop(
  condition: Condition,
  engine: Engine,
  lanes: number,
  means: Means,
  load: { readonly requestsPerSecond: number; readonly burstiness: number },
  seed: number,
): Prediction {
  const n = Math.min(condition.requests ?? most, most)
  const { inputs, outputs } = drawLengths(condition, n, seed)
  const atSeconds = drawTimes(load.requestsPerSecond, load.burstiness, n, stream(seed, 'predict arrivals'))
  const run = runFleet(
    { n, atSeconds, inputTokens: inputs, outputTokens: outputs },
    { engine, replicas: condition.replicas, router: 'least-loaded' },
  )
  const found = latenciesOf(run.progress, run.taken)
  const states = run.replicas.map(replica => replica.state())
  const sum = (of: (state: ReplicaState) => number): number => states.reduce((total, state) => total + of(state), 0)
  const { requestsPerSecond } = found
  const concurrency = requestsPerSecond * (found.meanE2eSeconds ?? 0)
  const strain = { running: concurrency / lanes, stalls: sum(state => state.cacheStalls) / found.completed }
  return {
    gpus: condition.replicas * gpusOf(condition.shape),
    requestsPerSecond,
    outputTokensPerSecond: found.outputTokensPerSecond,
    totalTokensPerSecond: found.outputTokensPerSecond + requestsPerSecond * means.input,
    ttftMs: found.ttftMs,
    tpotMs: found.tpotMs,
    concurrency,
    busyShare: sum(state => state.busySeconds) / condition.replicas / found.endSeconds,
    preemptionsPerRequest: sum(state => state.preemptions) / found.completed,
    bottleneck:
      requestsPerSecond > 0.9 * load.requestsPerSecond
        ? 'the offered rate'
        : bottleneckOf(engine, means, found.tpotMs.mean, strain),
  }
}

/** What gives way first: cache that prompts wait for, prompts that take most of the time, or the largest part of a decode step. */
function bottleneckOf(
  engine: Engine,
  means: Means,
  tpotMs: number | null,
  { running, stalls }: { readonly running: number; readonly stalls: number },
): Bottleneck {
  if (stalls > 1) return 'room in the KV cache'
  const sequences = Math.max(1, Math.min(engine.maxSequences, Math.round(running)))
  const context = sequences * (means.input + means.output / 2)
  const { timer } = engine
  const decodeMs = 1000 * (timer.decode(sequences) + context * timer.contextTokenSeconds)
  if (tpotMs !== null && decodeMs < tpotMs / 2) return 'prompts being computed'
  return timer.largestPart(sequences, context)
}

/**
 * What really happens to outputs of one nominal length at a fixed concurrency: without a little spread, requests that start
 * together end together and stay a herd. The latencies of vLLM and TensorRT-LLM at fixed lengths show none after the first
 * wave; those of SGLang, which prefills whole waves, show it throughout.
 */
const outputSpread: Readonly<Record<EngineName, number>> = { vllm: 0.05, 'tensorrt-llm': 0.05, sglang: 0 }

function drawLengths({ inputTokens, outputTokens, lengthRangeRatio, load, shape }: Condition, n: number, seed: number) {
  const spread = load.mode === 'closed' && lengthRangeRatio === 1 ? outputSpread[shape.engine ?? 'vllm'] : 0
  return {
    inputs: evenLengths(inputTokens * lengthRangeRatio, inputTokens, n, stream(seed, 'predict inputs')),
    outputs: evenLengths(
      outputTokens * (lengthRangeRatio - spread),
      outputTokens * (1 + spread),
      n,
      stream(seed, 'predict outputs'),
    ),
  }
}

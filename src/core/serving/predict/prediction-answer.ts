// A condition → what is predicted of it, with bands, in round figures: what `crossline predict` prints.
import { estimate } from '../../statistics/estimate.ts'
import { notModelled } from '../fleet/not-modelled.ts'
import { gpusOf, lanesOf, planMemory } from '../hardware/memory.ts'
import { speculationText } from '../hardware/speculation.ts'
import { type BandedFigure, bandOf, likenessOf } from '../step/band.ts'
import type { MeanAndPercentiles } from './closed-loop.ts'
import type { Condition, Load } from './condition.ts'
import { type Bottleneck, conditionProblem, predict } from './predict.ts'

interface Bounds {
  readonly low: number
  readonly high: number
}

/** What it answers; null figures where the model does not fit. */
export interface PredictionAnswer {
  readonly model: string
  readonly gpu: string
  readonly gpus: number
  readonly tp: number
  readonly pp: number
  readonly dp: number
  readonly ep: number
  readonly replicas: number
  readonly engine: string
  readonly weightDtype: string
  readonly kvDtype: string
  /** What guesses tokens ahead, in words; null = nothing does. */
  readonly speculation: string | null
  readonly load: Load
  readonly fits: boolean
  readonly problem: string | null
  readonly outputTokensPerSecond: number | null
  readonly totalTokensPerSecond: number | null
  readonly requestsPerSecond: number | null
  readonly perGpu: { readonly outputTokensPerSecond: number | null }
  readonly ttftMs: MeanAndPercentiles
  readonly tpotMs: MeanAndPercentiles
  readonly concurrency: number | null
  readonly kvCapacityTokens: number
  readonly busyShare: number | null
  readonly bottleneck: Bottleneck | null
  /** Nine of ten measured rows like this one fell between these output tokens per second. */
  readonly band: Bounds | null
  readonly bands: { readonly ttftMs: Bounds | null; readonly tpotMs: Bounds | null }
  /** How near the nearest measurements are. */
  readonly likeness: string
  readonly notModelled: readonly string[]
}

const nothing: MeanAndPercentiles = { mean: null, p50: null, p95: null, p99: null }

/** Deterministic in `seed`. */
export function predictionAnswer(condition: Condition, seed: number): PredictionAnswer {
  const problem = conditionProblem(condition)
  const told = toldOf(condition)
  if (problem !== null) return { ...told, ...unserved, problem }
  const found = predict(condition, seed)
  const offline = condition.load.mode === 'offline'
  const bounds = (figure: BandedFigure, value: number | null): Bounds | null => {
    if (value === null) return null
    const { low, high } = bandOf(condition.shape, figure, offline, condition.engineKnown)
    return { low: estimate(value * low), high: estimate(value * high) }
  }
  return {
    ...told,
    fits: true,
    problem: null,
    outputTokensPerSecond: estimate(found.outputTokensPerSecond),
    totalTokensPerSecond: estimate(found.totalTokensPerSecond),
    requestsPerSecond: estimate(found.requestsPerSecond),
    perGpu: { outputTokensPerSecond: estimate(found.outputTokensPerSecond / found.gpus) },
    ttftMs: rounded(found.ttftMs),
    tpotMs: rounded(found.tpotMs),
    concurrency: estimate(found.concurrency),
    busyShare: estimate(found.busyShare),
    bottleneck: found.bottleneck,
    band: bounds('throughput', found.outputTokensPerSecond),
    bands: { ttftMs: bounds('ttft', found.ttftMs.mean), tpotMs: bounds('tpot', found.tpotMs.mean) },
  }
}

const unserved = {
  fits: false,
  outputTokensPerSecond: null,
  totalTokensPerSecond: null,
  requestsPerSecond: null,
  perGpu: { outputTokensPerSecond: null },
  ttftMs: nothing,
  tpotMs: nothing,
  concurrency: null,
  busyShare: null,
  bottleneck: null,
  band: null,
  bands: { ttftMs: null, tpotMs: null },
}

function toldOf({ shape, replicas, load, engineKnown }: Condition) {
  const { gpu, family } = likenessOf(shape)
  const missing = [
    ...(gpu ? [] : [`no measurement of ${shape.gpu.id}`]),
    ...(family ? [] : [`none of the family ${shape.model.family}`]),
    ...(engineKnown ? [] : ['an engine that is not known, taken as vLLM']),
    ...(shape.speculation === undefined ? [] : ['none told of a draft']),
  ]
  return {
    model: shape.model.id,
    gpu: shape.gpu.id,
    gpus: replicas * gpusOf(shape),
    tp: shape.tp,
    pp: shape.pp ?? 1,
    dp: shape.dp ?? 1,
    ep: shape.ep ?? 1,
    replicas,
    engine: shape.engine ?? 'vllm',
    weightDtype: shape.weightDtype ?? shape.model.nativeDtype,
    kvDtype: shape.kvDtype ?? 'bf16',
    speculation: shape.speculation === undefined ? null : speculationText(shape.speculation),
    load,
    kvCapacityTokens: planMemory(shape).kvCapacityTokens * replicas * lanesOf(shape),
    likeness: missing.length === 0 ? 'GPU and family were measured' : `${missing.join(', ')}: the band is wider`,
    notModelled,
  }
}

const rounded = ({ mean, p50, p95, p99 }: MeanAndPercentiles): MeanAndPercentiles => {
  const one = (value: number | null) => (value === null ? null : estimate(value))
  return { mean: one(mean), p50: one(p50), p95: one(p95), p99: one(p99) }
}

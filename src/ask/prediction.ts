// A model, a GPU, lengths and a load in question → steady throughput and latency with their bands, in round figures.
import { calibrated, doubtsAbout, gpuById, modelById } from '../catalog/facts.ts'
import { Fault } from '../core/fault/fault.ts'
import { checkShape } from '../core/serving/hardware/shape-check.ts'
import { type Condition, conditionOf, type Load } from '../core/serving/predict/condition.ts'
import { type PredictionAnswer, predictionAnswer } from '../core/serving/predict/prediction-answer.ts'
import { statedSpeculation } from './stated-speculation.ts'

/** What `crossline predict` is asked. Null = its default. */
export interface PredictionQuestion {
  readonly model: string
  readonly gpu: string
  readonly engine: string | null
  readonly engineVersion: string | null
  readonly weights: string | null
  readonly kv: string | null
  readonly gpus: number | null
  readonly tp: number | null
  readonly pp: number | null
  readonly dp: number | null
  readonly ep: number | null
  /** `TOKENS:ACCEPTANCE[:DRAFT]`. */
  readonly speculation?: string | null
  readonly replicas: number | null
  readonly input: number
  readonly output: number
  readonly lengthRangeRatio: number | null
  readonly load: Load
  readonly requests: number | null
  readonly seed: number
}

/** With what own calibrations and backtests say of such replicas. */
export interface Prediction extends PredictionAnswer {
  readonly assumptions: ReturnType<typeof doubtsAbout>
}

export interface StatedPrediction extends Prediction {
  /** Where the replica runs otherwise than asked. */
  readonly shapeNotes: readonly string[]
}

/** Of a shape that somebody means to run. @throws Fault as predictionOf, and those of checkShape */
export function statedPrediction(question: PredictionQuestion): StatedPrediction {
  const condition = conditionFor(question)
  const shapeNotes = checkShape(condition.shape)
  return { ...predicted(condition, question.seed), shapeNotes }
}

/**
 * Of a measured row: what was run there ran, however it tells its shape.
 * @throws Fault MODEL_UNKNOWN, GPU_UNKNOWN, WEIGHT_DTYPE_UNKNOWN, TP_DOES_NOT_DIVIDE, GPUS_NOT_WHOLE
 */
export function predictionOf(question: PredictionQuestion): Prediction {
  return predicted(conditionFor(question), question.seed)
}

function predicted(condition: Condition, seed: number): Prediction {
  const shape = calibrated(condition.shape)
  return { ...predictionAnswer({ ...condition, shape }, seed), assumptions: doubtsAbout(shape) }
}

/** @throws Fault as predictionOf */
export function conditionFor(question: PredictionQuestion): Condition {
  return conditionOf({
    gpu: gpuById(question.gpu),
    model: modelById(question.model),
    engine: question.engine,
    engineVersion: question.engineVersion,
    weightDtype: question.weights,
    kvDtype: question.kv,
    gpuCount: question.gpus,
    tp: question.tp,
    pp: question.pp,
    dp: question.dp,
    ep: question.ep,
    speculation: statedSpeculation(question.speculation, question.model),
    replicas: question.replicas,
    inputTokens: question.input,
    outputTokens: question.output,
    lengthRangeRatio: question.lengthRangeRatio,
    load: question.load,
    requests: question.requests,
  })
}

/** The load that three ways to state one mean. @throws Fault LOAD_MISSING, FLAGS_CONFLICT */
export function loadOf(stated: {
  readonly concurrency?: number | undefined
  readonly rate?: number | undefined
  readonly burstiness?: number | undefined
  readonly offline?: boolean | undefined
}): Load {
  const { concurrency, rate, burstiness = 1, offline = false } = stated
  const said = [concurrency !== undefined, rate !== undefined, offline].filter(Boolean).length
  if (said !== 1) {
    throw new Fault(
      said === 0 ? 'LOAD_MISSING' : 'FLAGS_CONFLICT',
      said === 0 ? 'the load is not stated' : 'the load is stated twice',
      {
        where: 'concurrency, rate, offline',
        fix: 'give one: requests in flight (concurrency), requests a second (rate), or all at once (offline)',
      },
    )
  }
  if (concurrency !== undefined) return { mode: 'closed', concurrency }
  return rate === undefined ? { mode: 'offline' } : { mode: 'open', requestsPerSecond: rate, burstiness }
}

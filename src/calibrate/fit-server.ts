// Load points and the names of what was measured in; what was fitted to them and how far off it is, out.
import { gpuById, modelById } from '../catalog/facts.ts'
import { Fault } from '../core/fault/fault.ts'
import type { BareServer } from '../core/serving/calibration/bare-server.ts'
import {
  type Calibrated,
  type CalibrationError,
  calibrateBare,
  calibrateScales,
} from '../core/serving/calibration/calibration.ts'
import type { BareLimits } from '../core/serving/calibration/fit-bare.ts'
import type { Pair } from '../core/serving/calibration/fit-scales.ts'
import type { LoadPoint, ServerHints } from '../core/serving/calibration/load-point.ts'
import { measuredOf } from '../core/serving/calibration/replay.ts'
import type { Scales } from '../core/serving/calibration/scales.ts'
import { type Condition, conditionOf, type Load } from '../core/serving/predict/condition.ts'
import { conditionProblem, predict } from '../core/serving/predict/predict.ts'

/** What was measured, by the names that people and records use; null = not said. */
export type StatedServer = ServerHints & { readonly model: string }

export interface FittedServer extends Calibrated {
  readonly server: BareServer | null
  readonly scales: Scales | null
  readonly error: CalibrationError
}

/** @throws Fault of names and shapes, MODEL_DOES_NOT_FIT */
export function fitServer(points: readonly LoadPoint[], stated: StatedServer, limits: BareLimits): FittedServer {
  return stated.gpu === null ? fitBare(points, stated, limits) : fitKnown(points, stated, stated.gpu)
}

function fitBare(points: readonly LoadPoint[], stated: StatedServer, limits: BareLimits): FittedServer {
  const { server, error } = calibrateBare(points, limits)
  const { model, weights, kv, engine, engineVersion } = stated
  return {
    model,
    gpu: null,
    tp: null,
    pp: 1,
    dp: 1,
    ep: 1,
    weights,
    kv,
    engine,
    engineVersion,
    server,
    scales: null,
    error,
  }
}

function fitKnown(points: readonly LoadPoint[], stated: StatedServer, gpu: string): FittedServer {
  const conditions = points.map(point => conditionAt(point, stated, gpu))
  const problem = conditions.map(conditionProblem).find(one => one !== null)
  if (problem !== undefined)
    throw new Fault('MODEL_DOES_NOT_FIT', problem!, { where: '--tp', fix: 'say how the server is cut' })
  const { scales, error } = calibrateScales(at => conditions.map((condition, i) => pairAt(points[i]!, condition, at)))
  const { shape } = conditions[0]!
  return {
    model: shape.model.id,
    gpu: shape.gpu.id,
    tp: shape.tp,
    pp: shape.pp ?? 1,
    dp: shape.dp ?? 1,
    ep: shape.ep ?? 1,
    weights: shape.weightDtype ?? shape.model.nativeDtype,
    kv: shape.kvDtype ?? null,
    engine: shape.engine ?? 'vllm',
    engineVersion: shape.engineVersion ?? null,
    server: null,
    scales,
    error,
  }
}

function conditionAt(point: LoadPoint, stated: StatedServer, gpu: string): Condition {
  const nominal = (mean: number): number => Math.max(1, Math.round((2 * mean) / (1 + point.lengthRatio)))
  return conditionOf({
    gpu: gpuById(gpu),
    model: modelById(stated.model),
    engine: stated.engine,
    engineVersion: stated.engineVersion,
    weightDtype: stated.weights,
    kvDtype: stated.kv,
    gpuCount: stated.gpus,
    tp: stated.tp,
    pp: stated.pp,
    dp: stated.dp,
    ep: stated.ep,
    replicas: stated.replicas,
    inputTokens: nominal(point.inputTokens),
    outputTokens: nominal(point.outputTokens),
    lengthRangeRatio: point.lengthRatio,
    load: loadOf(point),
    requests: point.requests,
  })
}

function loadOf({ concurrency, offeredPerSecond }: LoadPoint): Load {
  if (concurrency !== null) return { mode: 'closed', concurrency }
  if (offeredPerSecond !== null) return { mode: 'open', requestsPerSecond: offeredPerSecond, burstiness: 1 }
  return { mode: 'offline' }
}

/** First tokens of an open loop hang on who came with whom, which no record tells: they are not fitted, nor those of all at once. */
function pairAt(point: LoadPoint, condition: Condition, scales: Scales): Pair {
  const said = predict({ ...condition, shape: { ...condition.shape, calibration: scales } }, 1)
  const measured = measuredOf(point)
  const isClosed = condition.load.mode === 'closed'
  return {
    measured: { ...measured, ttftMs: isClosed ? measured.ttftMs : null },
    predicted: {
      ttftMs: point.ttftMs.mean === null ? said.ttftMs.p50 : said.ttftMs.mean,
      tpotMs: point.tpotMs.mean === null ? said.tpotMs.p50 : said.tpotMs.mean,
      outputTokensPerSecond: said.outputTokensPerSecond,
    },
  }
}

// What a calibration is: the server that was measured, what was fitted to it, and how far off the model was before and after.

import type { ReplicaShape } from '../hardware/memory.ts'
import { type BareServer, bareEngine } from './bare-server.ts'
import { type ErrorByFigure, errorsOf } from './errors.ts'
import { type BareLimits, fitBareServer } from './fit-bare.ts'
import { asShipped, fitScales, type Pair } from './fit-scales.ts'
import type { LoadPoint } from './load-point.ts'
import { type Figures, measuredOf, replayed } from './replay.ts'
import type { Scales } from './scales.ts'

/** Which servers a calibration speaks for. */
export interface Calibrated {
  /** An id of the model catalog where it is one, else as the server calls it. */
  readonly model: string
  /** Null: the hardware is not described, and the calibration speaks for that one server. */
  readonly gpu: string | null
  readonly tp: number | null
  readonly pp: number
  readonly dp: number
  readonly ep: number
  readonly weights: string | null
  readonly kv: string | null
  readonly engine: string | null
  readonly engineVersion: string | null
}

/** Whether a calibration was made on replicas of this shape: another version of the engine is taken for the same. */
export function speaksFor(calibrated: Calibrated, shape: ReplicaShape): boolean {
  const { model, gpu, tp, pp = 1, dp = 1, ep = 1, weightDtype, engine = 'vllm' } = shape
  return (
    calibrated.gpu === gpu.id &&
    calibrated.model === model.id &&
    calibrated.tp === tp &&
    calibrated.pp === pp &&
    calibrated.dp === dp &&
    calibrated.ep === ep &&
    (calibrated.weights ?? model.nativeDtype) === (weightDtype ?? model.nativeDtype) &&
    (calibrated.engine ?? 'vllm') === engine
  )
}

export interface CalibrationError {
  /** Of the model as it ships; null for a server of which it says nothing. */
  readonly before: ErrorByFigure | null
  /** On the points themselves. */
  readonly after: ErrorByFigure
  /** Each point predicted from the others alone: what to expect of another load. Null with fewer than four points. */
  readonly heldOut: ErrorByFigure | null
}

export interface BareCalibration {
  readonly server: BareServer
  readonly error: CalibrationError
}

/** Fewer points leave too little to fit when one is held out. */
const fewestHeldOut = 4
/** Up to so many points each is held out alone; of more, a fifth at a time. */
const mostAlone = 8

/** Which points are held out together, in turn. */
function foldsOf(count: number): readonly ReadonlySet<number>[] {
  if (count < fewestHeldOut) return []
  const folds = count <= mostAlone ? count : 5
  const all = Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: folds }, (_, fold) => new Set(all.filter(i => i % folds === fold)))
}

export interface Foretold {
  readonly points: readonly { readonly point: LoadPoint; readonly measured: Figures; readonly predicted: Figures }[]
  readonly error: ErrorByFigure
}

/** What a fitted server should have done under these loads, beside what it did. */
export function foretold(server: BareServer, points: readonly LoadPoint[]): Foretold {
  const engine = bareEngine(server)
  const told = points.map(point => ({ point, measured: measuredOf(point), predicted: replayed(engine, point) }))
  return { points: told, error: errorsOf(told) }
}

/** Fits a server of unknown hardware, and says how well it foretells a load that it was not shown. */
export function calibrateBare(points: readonly LoadPoint[], limits: BareLimits): BareCalibration {
  const { server } = fitBareServer(points, limits)
  const heldOut = foldsOf(points.length).flatMap(held => {
    // The limit is what all points say: with the only point beyond it held out, none would be seen.
    const others = points.filter((_, i) => !held.has(i))
    const refitted = fitBareServer(others, { ...limits, maxSequences: server.maxSequences })
    const hidden = points.filter((_, i) => held.has(i))
    return foretold(refitted.server, hidden).points
  })
  return {
    server,
    error: {
      before: null,
      after: foretold(server, points).error,
      heldOut: heldOut.length === 0 ? null : errorsOf(heldOut),
    },
  }
}

export interface ScaledCalibration {
  readonly scales: Scales
  readonly error: CalibrationError
}

/**
 * Fits the factors of a server whose GPU and model are known. `predict` gives its points with some factors, measured beside
 * predicted, in one order.
 */
export function calibrateScales(predict: (scales: Scales) => readonly Pair[]): ScaledCalibration {
  const { scales } = fitScales(predict)
  const shipped = predict(asShipped)
  const heldOut = foldsOf(shipped.length).flatMap(held => {
    const { scales: others } = fitScales(at => predict(at).filter((_, i) => !held.has(i)))
    return predict(others).filter((_, i) => held.has(i))
  })
  return {
    scales,
    error: {
      before: errorsOf(shipped),
      after: errorsOf(predict(scales)),
      heldOut: heldOut.length === 0 ? null : errorsOf(heldOut),
    },
  }
}

// What a calibration is: the server that was measured, what was fitted to it, and how far off the model was before and after.
import { type BareServer, bareEngine } from './bare-server.ts'
import { type ErrorByFigure, errorsOf } from './errors.ts'
import { type BareLimits, fitBareServer } from './fit-bare.ts'
import type { LoadPoint } from './load-point.ts'
import { type Figures, measuredOf, replayed } from './replay.ts'

/** Which servers a calibration speaks for; null: not told, and it matters to nothing that was fitted. */
export interface Calibrated {
  /** An id of the model catalog where it is one, else as the server calls it. */
  readonly model: string
  readonly gpu: string | null
  /** GPUs of one replica. */
  readonly gpus: number | null
  readonly weights: string | null
  readonly kv: string | null
  readonly engine: string | null
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
  const heldOut =
    points.length < fewestHeldOut
      ? null
      : errorsOf(
          points.flatMap((point, i) => {
            // The limit is what all points say: with the only point beyond it held out, none would be seen.
            const others = points.filter((_, j) => j !== i)
            const refitted = fitBareServer(others, { ...limits, maxSequences: server.maxSequences })
            return foretold(refitted.server, [point]).points
          }),
        )
  return { server, error: { before: null, after: foretold(server, points).error, heldOut } }
}

// A replica's shape in; the same as a team's own calibration has it, and what is known of how far a forecast of it is off, out.
import { speaksFor } from '../core/serving/calibration/calibration.ts'
import type { FigureError } from '../core/serving/calibration/errors.ts'
import { gpusOf, type ReplicaShape } from '../core/serving/hardware/memory.ts'
import { type CalibrationFile, readCalibration } from './calibration-file.ts'
import { type KeptBacktest, readBacktests } from './own-backtests.ts'
import type { OwnFiles } from './own-facts.ts'

export interface OwnServers {
  readonly calibrations: readonly CalibrationFile[]
  readonly backtests: readonly KeptBacktest[]
}

/** @throws Fault FILE_UNREADABLE, CALIBRATION_INVALID, DATA_INVALID naming file and field */
export const readOwnServers = ({ calibrations, backtests }: OwnFiles): OwnServers => ({
  calibrations: calibrations.map(readCalibration),
  backtests: readBacktests(backtests),
})

/** With the newest calibration that was made on replicas of this shape; as it is without one. */
export function calibratedShape<Shape extends ReplicaShape>(shape: Shape, own: OwnServers): Shape {
  const found = calibrationOf(shape, own)
  return found === null ? shape : { ...shape, calibration: found.scales! }
}

function calibrationOf(shape: ReplicaShape, { calibrations }: OwnServers): CalibrationFile | null {
  const made = calibrations.filter(one => one.scales !== null && speaksFor(one, shape))
  return [...made].sort((a, b) => (a.made < b.made ? 1 : -1))[0] ?? null
}

/** What is known of how far off a forecast of this shape is, a line each: for its assumptions. */
export function doubtsOf(
  shape: ReplicaShape,
  own: OwnServers,
): readonly { readonly name: string; readonly value: string; readonly source: string }[] {
  const { gpu, model } = shape
  const replica = `${model.id} on ${gpusOf(shape)} × ${gpu.id}`
  const calibration = calibrationOf(shape, own)
  const weights = shape.weightDtype ?? model.nativeDtype
  const backtest = own.backtests.find(
    one =>
      one.model === model.id && one.gpu === gpu.id && one.gpusPerReplica === gpusOf(shape) && one.weights === weights,
  )
  const lines = []
  if (calibration !== null) {
    const { error, made, points, measured } = calibration
    const { outputTokensPerSecond, tpotMs, ttftMs } = error.heldOut ?? error.after
    const how = error.heldOut === null ? 'on these loads' : 'on a load held out'
    lines.push({
      name: `${replica}: calibrated`,
      value: `on ${made.slice(0, 10)}, ${points.length} loads; error ${how} (median/p90): tokens/s ${share(outputTokensPerSecond)}, TPOT ${share(tpotMs)}, TTFT ${share(ttftMs)}`,
      source: measured.join(', '),
    })
  }
  if (backtest !== undefined) {
    const { busyGpuHours, ttftP50Ms, tpotP50Ms } = backtest.error
    lines.push({
      name: `${replica}: backtest`,
      value: `${backtest.calls} calls; error by hour (median/p90): busy GPU-hours ${share(busyGpuHours)}, TTFT p50 ${share(ttftP50Ms)}, TPOT p50 ${share(tpotP50Ms)}`,
      source: `${backtest.from} to ${backtest.to}`,
    })
  }
  return lines
}

const share = (error: Pick<FigureError, 'median' | 'p90'> | null): string =>
  error === null ? 'not measured' : `${(100 * error.median).toFixed(0)}/${(100 * error.p90).toFixed(0)} %`

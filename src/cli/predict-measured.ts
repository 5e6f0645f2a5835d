// A calibration of a server of unknown hardware and one load → what that server would do, by the simulator.
import { readCalibration } from '../catalog/calibration-file.ts'
import { Fault } from '../core/fault/fault.ts'
import { foretold } from '../core/serving/calibration/calibration.ts'
import type { Figures } from '../core/serving/calibration/replay.ts'
import { estimate } from '../core/statistics/estimate.ts'

export interface MeasuredLoad {
  readonly input?: number
  readonly output?: number
  readonly concurrency?: number
  readonly rate?: number
}

export interface MeasuredPrediction extends Figures {
  readonly model: string
  readonly calibrated: string
  readonly concurrency: number | null
  readonly requestsPerSecond: number | null
  /** On loads held out, where there were enough to hold one out. */
  readonly error: unknown
}

/** Null: the file is of a GPU of the catalog, which --model and --gpu name. @throws Fault FLAG_MISSING and those of the file */
export function predictMeasured(
  path: string,
  { input, output, concurrency, rate }: MeasuredLoad,
): MeasuredPrediction | null {
  const { server, model, made, error } = readCalibration(path)
  if (server === null) return null
  if (input === undefined || output === undefined || (concurrency === undefined) === (rate === undefined)) {
    throw new Fault('FLAG_MISSING', 'the load is not stated', {
      where: 'crossline predict',
      fix: 'give --input, --output, and one of --concurrency and --rate',
    })
  }
  const none = { mean: 0, p50: null, p95: null, p99: null }
  const point = {
    source: path,
    concurrency: concurrency ?? null,
    offeredPerSecond: rate ?? null,
    inputTokens: input,
    outputTokens: output,
    lengthRatio: 1,
    requests: null,
    outputTokensPerSecond: null,
    ttftMs: none,
    tpotMs: none,
  }
  const { predicted } = foretold(server, [point]).points[0]!
  const round = (value: number | null): number | null => (value === null ? null : estimate(value))
  return {
    model,
    calibrated: made,
    concurrency: concurrency ?? null,
    requestsPerSecond: round(
      predicted.outputTokensPerSecond === null ? null : predicted.outputTokensPerSecond / output,
    ),
    outputTokensPerSecond: round(predicted.outputTokensPerSecond),
    ttftMs: round(predicted.ttftMs),
    tpotMs: round(predicted.tpotMs),
    error: error.heldOut ?? error.after,
  }
}

export function measuredText({
  model,
  calibrated,
  outputTokensPerSecond,
  ttftMs,
  tpotMs,
  requestsPerSecond,
}: MeasuredPrediction): string {
  const short = (value: number | null): string => (value === null ? '—' : String(Number(value.toPrecision(3))))
  return [
    `${model}, as calibrated on ${calibrated.slice(0, 10)}`,
    `output        ${short(outputTokensPerSecond)} tokens a second, ${short(requestsPerSecond)} requests`,
    `first token   ${short(ttftMs)} ms`,
    `per token     ${short(tpotMs)} ms`,
  ].join('\n')
}

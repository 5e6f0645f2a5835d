// An engine and a load point in; what the simulator says of the same load, out, in the figures that the point measured.

import { type Random, stream } from '../../statistics/random.ts'
import type { Engine } from '../engine/engine.ts'
import { runFleet } from '../fleet/fleet.ts'
import { closedLoop, latenciesOf, type MeanAndPercentiles, perLaneOf } from '../predict/closed-loop.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
import { drawTimes, evenLengths } from '../traffic/steady.ts'
import { type LatencyMs, type LoadPoint, typical } from './load-point.ts'

export interface Figures {
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly outputTokensPerSecond: number | null
}

export const figureNames = ['ttftMs', 'tpotMs', 'outputTokensPerSecond'] as const
export type FigureName = (typeof figureNames)[number]

export const measuredOf = ({ ttftMs, tpotMs, outputTokensPerSecond }: LoadPoint): Figures => ({
  ttftMs: typical(ttftMs),
  tpotMs: typical(tpotMs),
  outputTokensPerSecond,
})

/** As many requests as were measured, where that is known and neither few nor many. */
const [fewest, most] = [16, 2000]

/** The same number of requests, all begun together where the measurement did so. Deterministic in the point. */
export function replayed(engine: Engine, point: LoadPoint): Figures {
  const { concurrency, offeredPerSecond } = point
  const wanted = point.requests ?? (concurrency === null ? most / 4 : 10 * concurrency)
  // In a closed loop one lane stands for all.
  const { lanes } = engine
  const perLane = concurrency === null ? null : perLaneOf(Math.round(concurrency), lanes)
  const n = Math.round(Math.max(perLane ?? fewest, Math.min(most, wanted) / (perLane === null ? 1 : lanes)))
  const inputTokens = lengths(point.inputTokens, point.lengthRatio, n, stream(1, 'replay inputs'))
  const outputTokens = lengths(point.outputTokens, point.lengthRatio, n, stream(1, 'replay outputs'))
  const { completed, ttftMs, tpotMs, outputTokensPerSecond } =
    perLane === null
      ? openLoop(engine, {
          n,
          atSeconds: drawTimes(offeredPerSecond!, 1, n, stream(1, 'replay arrivals')),
          inputTokens,
          outputTokens,
        })
      : closedLoop(engine, perLane, inputTokens, outputTokens)
  if (completed === 0) return { ttftMs: null, tpotMs: null, outputTokensPerSecond: null }
  return {
    ttftMs: alike(point.ttftMs, ttftMs),
    tpotMs: alike(point.tpotMs, tpotMs),
    outputTokensPerSecond: outputTokensPerSecond * (perLane === null ? 1 : lanes),
  }
}

function openLoop(engine: Engine, arrivals: Arrivals) {
  const { progress, taken } = runFleet(arrivals, { engine, replicas: 1, router: 'round-robin' })
  return latenciesOf(progress, taken)
}

/** The mean where the point has one, else the median. */
const alike = (measured: LatencyMs, { mean, p50 }: MeanAndPercentiles): number | null =>
  measured.mean === null ? p50 : mean

/** Spread evenly over [ratio, 1] of their longest, with the mean that was measured, in random order. */
function lengths(mean: number, ratio: number, n: number, random: Random): Int32Array {
  const longest = (2 * mean) / (1 + ratio)
  return evenLengths(longest * ratio, longest, n, random)
}

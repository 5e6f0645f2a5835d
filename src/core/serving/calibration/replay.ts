// An engine and a load point in; what the simulator says of the same load, out, in the figures that the point measured.

import { type Random, stream } from '../../statistics/random.ts'
import { moments, quantile, sorted } from '../../statistics/sample.ts'
import type { Engine } from '../engine/engine.ts'
import type { Progress } from '../engine/progress.ts'
import { runFleet } from '../fleet/fleet.ts'
import { closedLoop } from '../predict/closed-loop.ts'
import type { Arrivals } from '../traffic/arrivals.ts'
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
  const n = Math.round(Math.max(concurrency ?? fewest, Math.min(most, wanted)))
  const inputTokens = lengths(point.inputTokens, point.lengthRatio, n, stream(1, 'replay inputs'))
  const outputTokens = lengths(point.outputTokens, point.lengthRatio, n, stream(1, 'replay outputs'))
  if (concurrency !== null) {
    const loop = closedLoop(engine, Math.round(concurrency), inputTokens, outputTokens)
    if (loop.completed === 0) return { ttftMs: null, tpotMs: null, outputTokensPerSecond: null }
    const isMean = point.ttftMs.mean !== null
    return {
      ttftMs: isMean ? loop.ttftMs.mean : loop.ttftMs.p50,
      tpotMs: point.tpotMs.mean === null ? loop.tpotMs.p50 : loop.tpotMs.mean,
      outputTokensPerSecond: loop.outputTokensPerSecond,
    }
  }
  const random = stream(1, 'replay arrivals')
  let at = 0
  const atSeconds = Float64Array.from({ length: n }, () => {
    at += random.exponential(1 / offeredPerSecond!)
    return at
  })
  const arrivals: Arrivals = { n, atSeconds, inputTokens, outputTokens }
  const { progress } = runFleet(arrivals, { engine, replicas: 1, router: 'round-robin' })
  return openFigures(progress, outputTokens, point)
}

/** Means where the point has means, else medians. */
function openFigures(
  { atSeconds, firstTokenAt, finishedAt }: Progress,
  outputTokens: Int32Array,
  point: LoadPoint,
): Figures {
  const ttft: number[] = []
  const tpot: number[] = []
  let tokens = 0
  let last = 0
  for (let id = 0; id < outputTokens.length; id++) {
    const end = finishedAt[id]!
    if (Number.isNaN(end)) continue
    tokens += outputTokens[id]!
    last = Math.max(last, end)
    ttft.push((firstTokenAt[id]! - atSeconds[id]!) * 1000)
    if (outputTokens[id]! > 1) tpot.push(((end - firstTokenAt[id]!) * 1000) / (outputTokens[id]! - 1))
  }
  const middle = (values: readonly number[], { mean }: LatencyMs): number | null =>
    mean === null ? quantile(sorted(values), 0.5) : moments(values).mean
  return {
    ttftMs: middle(ttft, point.ttftMs),
    tpotMs: middle(tpot, point.tpotMs),
    outputTokensPerSecond: last > 0 ? tokens / last : null,
  }
}

/** Spread evenly over [ratio, 1] of their longest, with the mean that was measured, in random order. */
function lengths(mean: number, ratio: number, n: number, random: Random): Int32Array {
  const longest = (2 * mean) / (1 + ratio)
  const values = Int32Array.from({ length: n }, (_, i) =>
    Math.max(1, Math.round(longest * (ratio + ((1 - ratio) * (i + 0.5)) / n))),
  )
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    const held = values[i]!
    values[i] = values[j]!
    values[j] = held
  }
  return values
}

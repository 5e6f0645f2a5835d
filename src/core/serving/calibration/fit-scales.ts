// Load points of a server whose GPU and model are known in; the factors on the model's seconds that bring it to them, out.
import { exp, log } from '../../statistics/elementary.ts'
import { leastSquares } from './least-squares.ts'
import { type Figures, figureNames } from './replay.ts'
import { type Scales, scaleNames } from './scales.ts'

export interface Pair {
  readonly measured: Figures
  readonly predicted: Figures
}

/** Throughput and time per token say most; a first token waits for chance as well as for work. */
const weights = { ttftMs: 0.35, tpotMs: 1, outputTokensPerSecond: 1 } as const
/** Residuals (of logarithms) beyond this are taken for outliers. */
const huber = 0.1
/**
 * How far a factor is believed to lie from 1 before anything is measured, as a spread of its logarithm. Eleven factors from
 * five points: what the points do not tell stays at 1.
 */
const spreads: Scales = {
  memory: 0.3,
  cache: 0.3,
  compute: 0.3,
  host: 0.5,
  sequence: 1,
  communication: 0.3,
  experts: 0.3,
  prefill: 0.5,
  entry: 1,
  front: 1,
  room: 0.5,
}
/** A factor one spread off weighs as much as one figure that is off by so much. */
const noise = 0.04

/** `predict` gives the points of a server with these factors, measured beside predicted, always in the same order. */
export function fitScales(predict: (scales: Scales) => readonly Pair[]): {
  readonly scales: Scales
  readonly loss: number
} {
  const { parameters, loss } = leastSquares(
    logs => [
      ...predict(scalesOf(logs)).flatMap(({ measured, predicted }) =>
        figureNames.map(name => {
          const [truth, guess] = [measured[name], predicted[name]]
          return truth === null || guess === null || !(guess > 0) ? 0 : weights[name] * log(guess / truth)
        }),
      ),
      ...logs.map((value, i) => (value * noise) / spreads[scaleNames[i]!]),
    ],
    scaleNames.map(() => 0),
    { huber, difference: 0.05, iterations: 12 },
  )
  return { scales: scalesOf(parameters), loss }
}

function scalesOf(logs: readonly number[]): Scales {
  return Object.fromEntries(scaleNames.map((name, i) => [name, exp(logs[i]!)])) as unknown as Scales
}

export const asShipped: Scales = scalesOf(scaleNames.map(() => 0))

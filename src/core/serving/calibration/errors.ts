// What was measured and what was predicted in; how far apart they are, figure by figure, out.
import { quantile, sorted } from '../../statistics/sample.ts'
import { type FigureName, type Figures, figureNames } from './replay.ts'

/** Absolute relative errors, 0.04 = 4 %; null where nothing was measured. */
export interface FigureError {
  readonly median: number
  readonly p90: number
  readonly n: number
}

export type ErrorByFigure = Readonly<Record<FigureName, FigureError | null>>

export function errorsOf(pairs: readonly { readonly measured: Figures; readonly predicted: Figures }[]): ErrorByFigure {
  const of = (name: FigureName): FigureError | null => {
    const errors = pairs.flatMap(({ measured, predicted }) => {
      const [truth, guess] = [measured[name], predicted[name]]
      return truth === null || guess === null ? [] : [Math.abs(guess / truth - 1)]
    })
    const ascending = sorted(errors)
    return errors.length === 0
      ? null
      : { median: quantile(ascending, 0.5)!, p90: quantile(ascending, 0.9)!, n: errors.length }
  }
  const [ttftMs, tpotMs, outputTokensPerSecond] = figureNames.map(of)
  return { ttftMs: ttftMs!, tpotMs: tpotMs!, outputTokensPerSecond: outputTokensPerSecond! }
}

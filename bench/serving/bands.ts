// Errors on rows that a fit never saw → how far a prediction may be off, by how near its measurements are.
import { type Bands, bandName, type Likeness } from '../../src/core/serving/step/band.ts'
import type { FoldKind } from './folds.ts'
import type { Residuals } from './linearise.ts'
import type { MeasuredRow } from './rows.ts'
import { kinds } from './solve.ts'

export interface HeldOut {
  readonly kind: FoldKind
  readonly row: MeasuredRow
  /** ln(predicted ÷ measured). */
  readonly of: Residuals
}

export const likenesses: Readonly<Record<FoldKind, Likeness>> = {
  configuration: 'measured',
  gpu: 'other GPU',
  family: 'other family',
}
/** The band that nine of ten rows fell into; equal tails. */
const tails = [0.05, 0.95] as const

/** Quantiles of ln(measured ÷ predicted) for each figure, likeness, kind of model and load. */
export function bandTable(rows: readonly HeldOut[]): Bands {
  const bands: Record<string, readonly [number, number]> = {}
  for (const figure of kinds) {
    for (const kind of Object.keys(likenesses) as FoldKind[]) {
      for (const experts of [false, true]) {
        for (const offline of [false, true]) {
          const values = rows
            .filter(one => one.kind === kind && (one.row.condition.shape.model.moe !== undefined) === experts)
            .filter(one => (one.row.mode === 'offline') === offline)
            .flatMap(one => (one.of[figure] === null ? [] : [-one.of[figure]]))
            .sort((a, b) => a - b)
          if (values.length < 40) continue
          const at = (q: number) => values[Math.round(q * (values.length - 1))]!
          bands[bandName(figure, likenesses[kind], experts, offline)] = [round(at(tails[0])), round(at(tails[1]))]
        }
      }
    }
  }
  return bands
}

const round = (value: number): number => Math.round(value * 1000) / 1000

// Measured rows and constants → how far each predicted figure is off, and how it moves with each constant.

import { predict } from '../../src/core/serving/predict/predict.ts'
import { type Efficiency, effectKeys } from '../../src/core/serving/step/efficiency.ts'
import { efficiencyOf, parameters } from './parameters.ts'
import { prior } from './prior.ts'
import type { MeasuredRow } from './rows.ts'
import { type Figure, kinds } from './solve.ts'

const seed = 1
/** Width of the finite differences, in log: wide enough to step over the jumps of a scheduler. */
const width = 0.08
/** A row of a closed loop states throughput through its latencies: it counts half. TTFT is the noisiest. */
const worth = { throughput: 1, tpot: 1, ttft: 0.45 }

/** ln(predicted ÷ measured); null where the row measured nothing. */
export type Residuals = Readonly<Record<Figure['kind'], number | null>>

/** Runs one row at some constants. */
export function residualsAt(row: MeasuredRow, at: Efficiency): Residuals {
  const predicted = predict(row.condition, seed, at)
  const { measured, mode } = row
  const off = (value: number | null, truth: number | null): number | null =>
    value === null || truth === null || !(value > 0) ? null : Math.log(value / truth)
  return {
    throughput: off(predicted.outputTokensPerSecond, measured.outputTokensPerSecond),
    tpot: off(predicted.tpotMs.mean, measured.tpotMs),
    ttft: mode === 'closed' ? off(predicted.ttftMs.mean, measured.ttftMs) : null,
  }
}

interface Slope {
  readonly column: number
  readonly of: Residuals
}

export function linearise(rows: readonly MeasuredRow[], x: Float64Array, groups: readonly string[]): readonly Figure[] {
  const at = efficiencyOf(prior, x, groups)
  const here = rows.map(row => residualsAt(row, at))
  const slopes: Slope[][] = rows.map(() => [])
  const note = (i: number, columns: readonly number[], there: Efficiency): void => {
    const moved = residualsAt(rows[i]!, there)
    const of = Object.fromEntries(
      kinds.map(kind => {
        const [a, b] = [here[i]![kind], moved[kind]]
        return [kind, a === null || b === null ? null : (b - a) / width]
      }),
    ) as Residuals
    for (const column of columns) slopes[i]!.push({ column, of })
  }
  parameters.forEach((parameter, column) => {
    const moved = x.slice()
    moved[column] = moved[column]! + width
    const there = efficiencyOf(prior, moved, groups)
    rows.forEach((row, i) => {
      if (parameter.felt(row)) note(i, [column], there)
    })
  })
  const place = new Map(groups.map((group, g) => [group, g]))
  rows.forEach((row, i) => {
    const keys = effectKeys(row.condition.shape)
    const felt = keys.filter(key => place.has(key))
    for (let k = 0; k < 3; k++) {
      // All groups of a row scale it alike: one run tells the slope of each.
      const scaled = [...(at.effects[keys[0]!] ?? [1, 1, 1])] as [number, number, number]
      scaled[k] = scaled[k]! * Math.exp(width)
      const there = { ...at, effects: Object.assign(Object.create(at.effects), { [keys[0]!]: scaled }) }
      note(
        i,
        felt.map(key => parameters.length + 3 * place.get(key)! + k),
        there,
      )
    }
  })
  const crowd = new Map<string, number>()
  for (const { configuration } of rows) crowd.set(configuration, (crowd.get(configuration) ?? 0) + 1)
  return rows.flatMap((row, i) =>
    kinds.flatMap(kind => {
      const residual = here[i]![kind]
      if (residual === null) return []
      const own = slopes[i]!.filter(({ of }) => (of[kind] ?? 0) !== 0)
      own.sort((a, b) => a.column - b.column)
      const half = row.mode === 'closed' && kind === 'throughput' ? 0.5 : 1
      return {
        row: i,
        kind,
        residual,
        // A configuration of a hundred rows is not a hundred times as true as one of one.
        weight: (worth[kind] * half) / Math.sqrt(crowd.get(row.configuration)!),
        columns: Int32Array.from(own, ({ column }) => column),
        slopes: Float64Array.from(own, ({ of }) => of[kind]!),
      }
    }),
  )
}

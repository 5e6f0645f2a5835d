// What a calibration is worth: five rows of a configuration fitted, its other rows predicted, before and after; printed.

import { type ErrorByFigure, errorsOf, type FigureError } from '../../src/core/serving/calibration/errors.ts'
import { asShipped, fitScales, type Pair } from '../../src/core/serving/calibration/fit-scales.ts'
import type { Scales } from '../../src/core/serving/calibration/scales.ts'
import { predict } from '../../src/core/serving/predict/predict.ts'
import { type Efficiency, efficiency } from '../../src/core/serving/step/efficiency.ts'
import { fitRows, type MeasuredRow } from './rows.ts'

const taught = 5
/** A configuration with fewer rows besides says nothing. */
const fewestOthers = 3

function pairAt(row: MeasuredRow, scales: Scales, fit: Efficiency): Pair {
  const { condition, measured, mode } = row
  const said = predict({ ...condition, shape: { ...condition.shape, calibration: scales } }, 1, fit)
  return {
    measured: { ...measured, ttftMs: mode === 'closed' ? measured.ttftMs : null },
    predicted: {
      ttftMs: said.ttftMs.mean,
      tpotMs: said.tpotMs.mean,
      outputTokensPerSecond: said.outputTokensPerSecond,
    },
  }
}

const place = ({ condition: { load, inputTokens, outputTokens } }: MeasuredRow): readonly number[] => [
  Math.log(load.mode === 'closed' ? load.concurrency : 1000),
  Math.log(inputTokens),
  Math.log(outputTokens),
]

/** Far from one another, from the least loaded on: as one would choose loads to measure. */
function spreadOut(rows: readonly MeasuredRow[], count: number): ReadonlySet<MeasuredRow> {
  const apart = (a: MeasuredRow, b: MeasuredRow): number =>
    Math.hypot(...place(a).map((value, i) => value - place(b)[i]!))
  const chosen = [[...rows].sort((a, b) => place(a)[0]! - place(b)[0]!)[0]!]
  while (chosen.length < count) {
    const nearest = (row: MeasuredRow): number => Math.min(...chosen.map(one => apart(one, row)))
    chosen.push([...rows].sort((a, b) => nearest(b) - nearest(a))[0]!)
  }
  return new Set(chosen)
}

function measure(name: string, fit: Efficiency): void {
  const groups = new Map<string, MeasuredRow[]>()
  for (const row of fitRows()) {
    const key = `${row.configuration} ${String(row.raw.engineVersion)} ${row.dataset}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const before: Pair[] = []
  const after: Pair[] = []
  let configurations = 0
  for (const rows of groups.values()) {
    if (rows.length < taught + fewestOthers) continue
    configurations++
    const chosen = spreadOut(rows, taught)
    const { scales } = fitScales(at => [...chosen].map(row => pairAt(row, at, fit)))
    const others = rows.filter(row => !chosen.has(row))
    before.push(...others.map(row => pairAt(row, asShipped, fit)))
    after.push(...others.map(row => pairAt(row, scales, fit)))
  }
  process.stdout.write(
    `${name}: ${configurations} configurations, ${after.length} other rows\n` +
      `  before: ${words(errorsOf(before))}\n  after:  ${words(errorsOf(after))}\n`,
  )
}

const share = (error: FigureError | null): string =>
  error === null ? '—' : `${(100 * error.median).toFixed(1)}/${(100 * error.p90).toFixed(1)}`
const words = (error: ErrorByFigure): string =>
  `throughput ${share(error.outputTokensPerSecond)}, TPOT ${share(error.tpotMs)}, TTFT ${share(error.ttftMs)} %`

measure('constants as shipped', efficiency)
measure('without what is known of groups', { ...efficiency, effects: {} })

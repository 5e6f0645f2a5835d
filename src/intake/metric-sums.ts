// Samples of one engine at one moment in; a count, a gauge or a histogram of them out, null where none is told.
import type { Histogram } from '../core/meter/scrape.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import type { Sample } from './exposition.ts'

export interface MetricSums {
  /** Of the first of these names that is there: the sum of its series. */
  sum(...names: string[]): number | null
  /** The same of counters, which may have `_total` behind their name. */
  counter(...names: string[]): number | null
  /** The series of the first of these names that is there. */
  series(...names: string[]): readonly Sample[]
  /** Series of one histogram, as one. */
  histogram(...names: string[]): Histogram | null
}

export function metricSums(samples: readonly Sample[]): MetricSums {
  const named = groupedBy(samples, sample => sample.name)
  const series = (...names: string[]) => names.map(name => named.get(name)).find(some => some !== undefined) ?? []
  const sum = (...names: string[]) => told(total(series(...names)))
  return {
    sum,
    counter: (...names) => sum(...names.flatMap(name => [`${name}_total`, name])),
    series,
    histogram: (...names) => histogramOf(series(...names.map(name => `${name}_bucket`))),
  }
}

/** A count or a gauge below 0, or none, is not told. */
export const told = (value: number): number | null => (Number.isFinite(value) && value >= 0 ? value : null)

const total = (samples: readonly Sample[]): number =>
  samples.length === 0 ? Number.NaN : samples.reduce((sum, { value }) => sum + value, 0)

/** Null unless its last bucket is of all. */
function histogramOf(buckets: readonly Sample[]): Histogram | null {
  const bounds = groupedBy(buckets, ({ labels }) => labels.le ?? '')
  const all = [...bounds]
    .map(([le, same]) => ({ atMost: le === '+Inf' ? Infinity : Number(le || Number.NaN), count: total(same) }))
    .sort((a, b) => a.atMost - b.atMost)
  if (all.at(-1)?.atMost !== Infinity || all.some(({ atMost }) => Number.isNaN(atMost))) return null
  return { atMost: all.slice(0, -1).map(one => one.atMost), counts: all.map(one => one.count) }
}

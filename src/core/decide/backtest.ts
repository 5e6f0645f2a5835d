// Hours of a real fleet, as it was and as the simulation has it, in; how far apart they are, out.
import { quantile, sorted } from '../statistics/sample.ts'

/** What is known of one hour; null where nobody recorded it. */
export interface FleetHour {
  readonly leasedGpuHours: number | null
  /** Share of the leased time that a step was running. */
  readonly busyShare: number | null
  readonly ttftP50Ms: number | null
  readonly ttftP95Ms: number | null
  readonly tpotP50Ms: number | null
}

export interface BacktestHour {
  /** Its first moment, UTC microseconds. */
  readonly atMicros: number
  readonly calls: number
  readonly actual: FleetHour
  readonly predicted: FleetHour
}

export const backtestFigures = ['busyGpuHours', 'ttftP50Ms', 'ttftP95Ms', 'tpotP50Ms'] as const
export type BacktestFigure = (typeof backtestFigures)[number]

/** Absolute relative errors over hours, and which way most of them go: above 1, too much was predicted. */
export interface BacktestError {
  readonly median: number
  readonly p90: number
  readonly ratio: number
  readonly hours: number
}

export interface BacktestTotals {
  readonly leasedGpuHours: number | null
  readonly busyGpuHours: number | null
  readonly busyShare: number | null
}

export interface BacktestSummary {
  readonly actual: BacktestTotals
  readonly predicted: BacktestTotals
  /** Null where fewer than `fewestHours` hours know both. */
  readonly error: Readonly<Record<BacktestFigure, BacktestError | null>>
}

export interface BacktestRow extends Omit<BacktestHour, 'atMicros'> {
  readonly hour: string
}

export interface Backtest extends BacktestSummary {
  readonly fleet: {
    readonly model: string
    readonly gpu: string
    readonly gpusPerReplica: number
    readonly weights: string
    readonly replicas: { readonly min: number; readonly max: number }
    readonly replicasFrom: string
  }
  readonly from: string
  readonly to: string
  readonly calls: number
  readonly notes: readonly string[]
  readonly hours: readonly BacktestRow[]
}

/** Hours of fewer calls say little of a median, and nothing of a 95th percentile. */
const fewestCalls = 10
const fewestHours = 1

export function summarized(hours: readonly BacktestHour[]): BacktestSummary {
  return {
    actual: totals(hours.map(({ actual }) => actual)),
    predicted: totals(
      // Of the same hours as the actual busy time is known of, so that the two can be compared.
      hours.flatMap(({ actual, predicted }) =>
        busyOf(actual) === null && hours.some(one => busyOf(one.actual) !== null) ? [] : [predicted],
      ),
    ),
    error: {
      busyGpuHours: errorOf(hours, busyOf),
      ttftP50Ms: errorOf(hours, hour => hour.ttftP50Ms),
      ttftP95Ms: errorOf(hours, hour => hour.ttftP95Ms),
      tpotP50Ms: errorOf(hours, hour => hour.tpotP50Ms),
    },
  }
}

const busyOf = ({ leasedGpuHours, busyShare }: FleetHour): number | null =>
  leasedGpuHours === null || busyShare === null ? null : leasedGpuHours * busyShare

function totals(hours: readonly FleetHour[]): BacktestTotals {
  const sum = (values: readonly (number | null)[]): number | null => {
    const known = values.filter(value => value !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  const leased = sum(hours.map(({ leasedGpuHours }) => leasedGpuHours))
  const seen = hours.filter(hour => busyOf(hour) !== null)
  const busy = sum(seen.map(busyOf))
  const leasedSeen = sum(seen.map(({ leasedGpuHours }) => leasedGpuHours))
  return {
    leasedGpuHours: leased,
    busyGpuHours: busy,
    busyShare: busy === null || leasedSeen === null || leasedSeen === 0 ? null : busy / leasedSeen,
  }
}

function errorOf(hours: readonly BacktestHour[], figure: (hour: FleetHour) => number | null): BacktestError | null {
  const ratios = hours.flatMap(({ calls, actual, predicted }) => {
    const [truth, guess] = [figure(actual), figure(predicted)]
    return calls < fewestCalls || truth === null || guess === null || truth <= 0 ? [] : [guess / truth]
  })
  if (ratios.length < fewestHours) return null
  const errors = sorted(ratios.map(ratio => Math.abs(ratio - 1)))
  return {
    median: quantile(errors, 0.5)!,
    p90: quantile(errors, 0.9)!,
    ratio: quantile(sorted(ratios), 0.5)!,
    hours: ratios.length,
  }
}

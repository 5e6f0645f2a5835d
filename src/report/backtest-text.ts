// A backtest in; what a terminal shows out: totals, errors, and the hours that were furthest off.
import type { Backtest, BacktestError, BacktestTotals, FleetHour } from '../core/decide/backtest.ts'
import { many } from '../core/fault/many.ts'

/** No more hours than a screen holds. */
const mostHours = 24

export function backtestText(backtest: Backtest): string {
  const { fleet, error, hours } = backtest
  const { min, max } = fleet.replicas
  const replicas = min === max ? many(min, 'replica') : `${min} to ${max} replicas`
  const shown = [...hours].filter(({ calls }) => calls > 0).slice(0, mostHours)
  const left = hours.filter(({ calls }) => calls > 0).length - shown.length
  return [
    `${fleet.model} (${fleet.weights}) on ${fleet.gpusPerReplica} × ${fleet.gpu}, ${replicas} (${fleet.replicasFrom}); ${backtest.calls} calls`,
    `${backtest.from} to ${backtest.to}`,
    '',
    `${'actual → predicted'.padEnd(20)}`,
    `${'GPU-hours leased'.padEnd(20)}${both(backtest.actual, backtest.predicted, ({ leasedGpuHours }) => plain(leasedGpuHours))}`,
    `${'GPU-hours busy'.padEnd(20)}${both(backtest.actual, backtest.predicted, ({ busyGpuHours }) => plain(busyGpuHours))}`,
    `${'busy share'.padEnd(20)}${both(backtest.actual, backtest.predicted, ({ busyShare }) => share(busyShare))}`,
    '',
    'error by hour, median / p90 (predicted ÷ actual in the median)',
    ...(
      [
        ['busy GPU-hours', error.busyGpuHours],
        ['TTFT p50', error.ttftP50Ms],
        ['TTFT p95', error.ttftP95Ms],
        ['TPOT p50', error.tpotP50Ms],
      ] as const
    ).map(([name, of]) => `${name.padEnd(20)}${errorWords(of)}`),
    '',
    `${'hour'.padEnd(22)}${['calls', 'busy', 'TTFT p50 ms', 'TPOT p50 ms'].map((name, i) => name.padStart(i === 0 ? 7 : 18)).join('')}`,
    ...shown.map(
      ({ hour, calls, actual, predicted }) =>
        hour.padEnd(22) +
        String(calls).padStart(7) +
        pair(actual, predicted, one => share(one.busyShare)) +
        pair(actual, predicted, one => plain(one.ttftP50Ms)) +
        pair(actual, predicted, one => plain(one.tpotP50Ms)),
    ),
    ...(left > 0 ? [`and ${many(left, 'hour')} more (--json)`] : []),
    ...backtest.notes,
  ].join('\n')
}

const both = (a: BacktestTotals, b: BacktestTotals, of: (one: BacktestTotals) => string): string =>
  `${of(a)} → ${of(b)}`
const pair = (a: FleetHour, b: FleetHour, of: (one: FleetHour) => string): string => `${of(a)} → ${of(b)}`.padStart(18)
const plain = (value: number | null): string => (value === null ? '—' : String(Number(value.toPrecision(3))))
const share = (value: number | null): string => (value === null ? '—' : `${(100 * value).toFixed(1)} %`)
const errorWords = (error: BacktestError | null): string =>
  error === null
    ? 'not known of any hour'
    : `${(100 * error.median).toFixed(0)} / ${(100 * error.p90).toFixed(0)} % (×${error.ratio.toFixed(2)}) over ${many(error.hours, 'hour')}`

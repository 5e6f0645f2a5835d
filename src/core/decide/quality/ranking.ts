// A table of tries and quality bars in; options ranked by cost per success at each bar, with intervals and verdicts, and each pair of them, out.
import { estimate } from '../../statistics/estimate.ts'
import { type Interval, wilson } from '../../statistics/interval.ts'
import { fieller, pairMoments } from '../../statistics/ratio.ts'
import { type Coverage, type OptionTasks, optionTasks } from './task-means.ts'
import type { TrialTable } from './trial-table.ts'

export interface Spread {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

export interface CostPerSuccess extends Spread {
  /** Tasks of which both outcome and cost are known. */
  readonly n: number
  readonly unbounded?: true
}

export interface Ranked {
  readonly option: string
  /** Tasks with a known outcome. */
  readonly n: number
  readonly passRate: Spread
  readonly usdPerTask: Spread
  readonly usdPerSuccess: CostPerSuccess
  readonly meetsBar: 'yes' | 'no' | 'unclear'
  readonly coverage: Coverage
}

export interface RankedAt {
  /** Null = none is stated. */
  readonly bar: number | null
  readonly ranking: readonly Ranked[]
}

export interface Ranking {
  readonly bars: readonly RankedAt[]
}

/** Ascending by cost per success, then by name; what has none comes last. */
export function rank(table: TrialTable, bars: readonly number[]): Ranking {
  const figures = table.options.map(option => figuresOf(optionTasks(table, option)))
  const ordered = figures.sort((a, b) => {
    const [x, y] = [a.usdPerSuccess.value, b.usdPerSuccess.value]
    return (x === null ? 1 : 0) - (y === null ? 1 : 0) || (x ?? 0) - (y ?? 0) || (a.option < b.option ? -1 : 1)
  })
  const stated = bars.length === 0 ? [null] : bars
  return {
    bars: stated.map(bar => ({
      bar,
      ranking: ordered.map(figure => ({ ...figure, meetsBar: meets(figure.passRate, bar) })),
    })),
  }
}

function meets({ low, high }: Spread, bar: number | null): Ranked['meetsBar'] {
  if (bar === null || low === null || high === null) return 'unclear'
  return low >= bar ? 'yes' : high < bar ? 'no' : 'unclear'
}

function figuresOf({ option, tasks, coverage }: OptionTasks): Omit<Ranked, 'meetsBar'> {
  const graded = tasks.flatMap(({ passed }) => passed ?? [])
  const rate = wilson(
    graded.reduce((a, b) => a + b, 0),
    graded.length,
  )
  const priced = tasks.flatMap(({ usd }) => usd ?? [])
  const whole = tasks.flatMap(task => task.whole ?? [])
  const moments = pairMoments({ over: whole.map(({ usd }) => usd), under: whole.map(({ passed }) => passed) })
  const ratio = fieller(moments)
  const isKnown = whole.length > 0 && moments.under > 0
  return {
    option,
    n: graded.length,
    passRate: spreadOf(rate?.value ?? null, rate),
    usdPerTask: spreadOf(priced.length === 0 ? null : priced.reduce((a, b) => a + b, 0) / priced.length, null),
    usdPerSuccess: {
      ...spreadOf(isKnown ? moments.over / moments.under : null, ratio),
      n: whole.length,
      ...(whole.length > 0 && ratio === null ? { unbounded: true as const } : {}),
    },
    coverage,
  }
}

const spreadOf = (value: number | null, interval: Interval | null): Spread => ({
  value: value === null ? null : estimate(value),
  low: interval === null ? null : estimate(interval.low),
  high: interval === null ? null : estimate(interval.high),
})

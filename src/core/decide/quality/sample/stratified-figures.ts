// Tries of a drawn sample and how it was drawn in; pass rate and cost per success of all that it was drawn from, with intervals by its strata, out.
import { groupedBy } from '../../../statistics/grouped.ts'
import type { Interval } from '../../../statistics/interval.ts'
import { deltaInterval, fieller } from '../../../statistics/ratio.ts'
import { stratifiedMoments } from '../../../statistics/strata.ts'
import { certainty } from './sampling-units.ts'
import type { StratifiedSample } from './stratified-sample.ts'

/** One try of a drawn call: its cost in dollars as an estimate. */
export interface SampledTry {
  readonly option: string
  readonly task: string
  readonly passed: boolean | null
  readonly usd: number | null
}

export interface StratifiedFigures {
  readonly option: string
  /** Units of which all calls were graded, and those of which the cost is known too. */
  readonly units: number
  readonly pricedUnits: number
  /** Share of calls; null = a stratum has no graded unit. */
  readonly passRate: (Partial<Interval> & { readonly value: number }) | null
  /** Dollars; null = unknown, or none passed. */
  readonly usdPerSuccess: (Partial<Interval> & { readonly value: number }) | null
}

interface UnitTold {
  readonly size: number
  readonly passed: number | null
  readonly usd: number | null
}

/**
 * Both are ratios of totals over the whole, from stratified means (Cochran, Sampling Techniques, 1977, §6.11: the combined
 * ratio estimator): calls that pass ÷ calls with the delta interval, cost ÷ calls that pass with Fieller's. Repeats are averaged
 * within their call. Without two units of each stratum there is a value and no interval.
 */
export function stratifiedFigures(sample: StratifiedSample, tries: readonly SampledTry[]): StratifiedFigures[] {
  const byOption = groupedBy(tries, ({ option }) => option)
  const units = groupedBy(sample.calls, ({ unit }) => unit)
  const stratumOf = new Map(sample.calls.map(({ unit, stratum }) => [unit, stratum]))
  const populations = sample.strata.flatMap(({ name, units: all, drawnUnits }) =>
    drawnUnits === 0 ? [] : [{ name, population: name === certainty ? drawnUnits : all }],
  )
  return [...byOption].map(([option, own]) => {
    const byTask = groupedBy(own, ({ task }) => task)
    const told = [...units].map(([unit, calls]) => ({
      stratum: stratumOf.get(unit)!,
      told: calls.reduce((sum: UnitTold, { call, standsFor }) => {
        const mine = byTask.get(call.id) ?? []
        return {
          size: sum.size + standsFor,
          passed: plus(
            sum.passed,
            standsFor,
            meanOf(mine, ({ passed }) => (passed === null ? null : Number(passed))),
          ),
          usd: plus(
            sum.usd,
            standsFor,
            meanOf(mine, ({ usd }) => usd),
          ),
        }
      }, nothing),
    }))
    const graded = told.filter(({ told: { passed } }) => passed !== null)
    const priced = graded.filter(({ told: { usd } }) => usd !== null)
    const momentsOf = (of: typeof told, over: (unit: UnitTold) => number, under: (unit: UnitTold) => number) =>
      stratifiedMoments(
        populations.map(({ name, population }) => {
          const mine = of.filter(({ stratum }) => stratum === name).map(one => one.told)
          return { population, over: mine.map(over), under: mine.map(under) }
        }),
      )
    const rate = momentsOf(
      graded,
      unit => unit.passed!,
      unit => unit.size,
    )
    const cost = momentsOf(
      priced,
      unit => unit.usd!,
      unit => unit.passed!,
    )
    return {
      option,
      units: graded.length,
      pricedUnits: priced.length,
      passRate: rate === null ? null : { value: rate.over / rate.under, ...within(deltaInterval(rate)) },
      usdPerSuccess:
        cost === null || cost.under === 0 ? null : { value: cost.over / cost.under, ...(fieller(cost) ?? {}) },
    }
  })
}

const nothing: UnitTold = { size: 0, passed: 0, usd: 0 }
const plus = (sum: number | null, times: number, value: number | null): number | null =>
  sum === null || value === null ? null : sum + times * value

/** A try that nobody could grade, or whose cost nobody knows, makes its call unknown. */
function meanOf(tries: readonly SampledTry[], of: (one: SampledTry) => number | null): number | null {
  if (tries.length === 0) return null
  let sum = 0
  for (const one of tries) {
    const value = of(one)
    if (value === null) return null
    sum += value
  }
  return sum / tries.length
}

const within = (interval: Interval | null): Partial<Interval> =>
  interval === null ? {} : { low: Math.max(0, interval.low), high: Math.min(1, interval.high) }

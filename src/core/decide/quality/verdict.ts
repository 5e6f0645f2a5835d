// A pass rate with its interval and a bar in; whether it clears it, and how many tasks more would tell, out.
import { estimate } from '../../statistics/estimate.ts'
import { trialsToTell, trialsToTellMostly } from '../../statistics/proportion.ts'
import type { PassRateFigure } from './option-figures.ts'

interface Costed {
  readonly option: string
  readonly usdPerSuccess: { readonly value: number | null }
}

/**
 * Ascending by cost per success as it is printed, so that what shows the same is in the order of names; what has none
 * comes last.
 */
export function cheaperFirst(a: Costed, b: Costed): number {
  const [x, y] = [a, b].map(({ usdPerSuccess: { value } }) => (value === null ? null : estimate(value)))
  const isUnknown = (value: number | null | undefined) => (value === null ? 1 : 0)
  return isUnknown(x) - isUnknown(y) || (x ?? 0) - (y ?? 0) || (a.option < b.option ? -1 : 1)
}

export type MeetsBar = 'yes' | 'no' | 'unclear'

/** Law 4: yes when the whole interval is at or above the bar, no when it is below, and else nobody knows. */
export function meets({ low, high }: Pick<PassRateFigure, 'low' | 'high'>, bar: number | null): MeetsBar {
  if (bar === null || low === null || high === null) return 'unclear'
  return low >= bar ? 'yes' : high < bar ? 'no' : 'unclear'
}

export interface MoreTasks {
  /** Were the rate to stay just so. */
  readonly ifRateHolds: number
  /** In four of five tries, were it the true rate. */
  readonly mostly: number
}

/** Null where the rate is the bar itself (no number tells), or unknown. */
export function moreTasks(
  n: number,
  { value, effectiveTasks }: Pick<PassRateFigure, 'value' | 'effectiveTasks'>,
  bar: number,
): MoreTasks | null {
  if (value === null) return null
  const [ifRateHolds, mostly] = [trialsToTell(value, bar), trialsToTellMostly(value, bar)]
  if (ifRateHolds === null || mostly === null) return null
  // Tasks that hang together tell less each.
  const perEffective = n / effectiveTasks
  const more = (needed: number) => Math.max(1, Math.ceil((needed - effectiveTasks) * perEffective))
  return { ifRateHolds: more(ifRateHolds), mostly: more(mostly) }
}

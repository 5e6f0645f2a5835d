// A pass rate and a bar in; what the ends of the scale still allow, and how many more trials would tell, out.
import { exp, log } from './elementary.ts'
import { wilson, Z95 } from './interval.ts'

/** Normal quantile of a power of 80 %. */
export const Z80 = 0.841621

/**
 * With all of `trials` alike (all passed, or none), the rate of the other outcome is below this with 95 % confidence, one
 * sided: 1 − 0.05^(1/n), for which the rule of three says 3 ÷ n (Hanley & Lippman-Hand, JAMA 1983).
 */
export function ruleOfThree(trials: number): number {
  return 1 - exp(log(0.05) / trials)
}

/**
 * Trials after which Wilson's interval of `rate` no longer holds `bar`, were the rate to stay as it is: half of all
 * studies of that size would tell. Null when the two are the same: no number tells them apart.
 */
export function trialsToTell(rate: number, bar: number, z: number = Z95): number | null {
  if (rate === bar) return null
  const tells = (n: number): boolean => {
    const { low, high } = wilson(rate * n, n, z)!
    return rate > bar ? low >= bar : high < bar
  }
  let high = 1
  while (!tells(high)) {
    high *= 2
    if (high > 2 ** 40) return null
  }
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (tells(middle)) high = middle
    else low = middle
  }
  return high
}

/**
 * Trials after which a true rate of `rate` is told from `bar` in four of five studies: n = ((z√(b(1−b)) + z₈₀√(r(1−r))) ÷
 * (r − b))² (Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, 2003, §2.5). Null when they are the same.
 */
export function trialsToTellMostly(rate: number, bar: number, z: number = Z95): number | null {
  if (rate === bar) return null
  const root = z * Math.sqrt(bar * (1 - bar)) + Z80 * Math.sqrt(rate * (1 - rate))
  const n = (root / (rate - bar)) * (root / (rate - bar))
  return Math.max(Math.ceil(n), trialsToTell(rate, bar, z) ?? 0)
}

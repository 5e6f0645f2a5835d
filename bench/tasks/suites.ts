// A pass rate, a number of tasks and how skewed costs are in; simulated suites whose truth is known out.
import { exp } from '../../src/core/statistics/elementary.ts'
import type { Random } from '../../src/core/statistics/random.ts'

export interface SuiteTruth {
  readonly tasks: number
  readonly rate: number
  /** Of the logarithm of a task's cost. 1 = the dearest tenth of tasks is 39 % of the spend; published agents have 24 to 51 %. */
  readonly sigma: number
  /** What a failed task costs against a passed one; published agents have 1.6 to 1.8. */
  readonly failureCost: number
}

export interface SimulatedSuite {
  readonly usd: Float64Array
  readonly passed: Float64Array
}

/** Each task passes by itself; its cost is lognormal, dearer where it fails, so that the two are correlated. */
export function simulatedSuite({ tasks, rate, sigma, failureCost }: SuiteTruth, random: Random): SimulatedSuite {
  const passed = Float64Array.from({ length: tasks }, () => (random.uniform() < rate ? 1 : 0))
  return { passed, usd: passed.map(one => exp(sigma * random.normal()) * (one === 1 ? 1 : failureCost)) }
}

/** What the whole population costs per success. */
export const trueCostPerSuccess = ({ rate, sigma, failureCost }: SuiteTruth): number =>
  (exp((sigma * sigma) / 2) * (rate + failureCost * (1 - rate))) / rate

/** What a task costs on average. */
export const trueCostPerTask = (truth: SuiteTruth): number => trueCostPerSuccess(truth) * truth.rate

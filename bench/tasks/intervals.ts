// A simulated suite in; what each interval that `tasks rank` prints says of it out.
import { optionFigures } from '../../src/core/decide/quality/option-figures.ts'
import { optionTasks } from '../../src/core/decide/quality/task-means.ts'
import { bcaInterval } from '../../src/core/statistics/bootstrap.ts'
import type { Random } from '../../src/core/statistics/random.ts'
import type { SimulatedSuite } from './suites.ts'

export interface Ends {
  readonly low: number
  /** +∞ = it has no end. */
  readonly high: number
}

export interface SuiteIntervals {
  readonly wilson: Ends
  readonly usdPerTask: Ends
  readonly fieller: Ends
  readonly recommended: Ends
  /** Null where no bootstrap was asked for. */
  readonly bca: Ends | null
}

/** The very functions that the command uses; without an end an interval holds everything. */
export function intervalsOf({ usd, passed }: SimulatedSuite, draws: number, random: Random): SuiteIntervals {
  const trials = new Map(
    Array.from(usd, (cost, i) => [i, [{ attempt: 1, passed: passed[i] === 1, usd: cost, judgeUsd: null }]] as const),
  )
  const tasks = Array.from(usd, (_, i) => ({ task: String(i), weight: 1, cluster: null, workload: null, tags: [] }))
  const table = { tasks, options: [{ option: 'a', trials }] }
  const { passRate, usdPerTask, usdPerSuccess } = optionFigures(optionTasks(table, table.options[0]!))
  const ends = ({ low, high }: { low: number | null; high: number | null }): Ends => ({
    low: low ?? 0,
    high: high ?? Number.POSITIVE_INFINITY,
  })
  return {
    wilson: ends(passRate),
    usdPerTask: ends(usdPerTask),
    fieller: ends(usdPerSuccess),
    recommended: ends(usdPerSuccess.recommended),
    bca: draws === 0 ? null : ends(bcaOf({ usd, passed }, draws, random) ?? { low: null, high: null }),
  }
}

function bcaOf({ usd, passed }: SimulatedSuite, draws: number, random: Random) {
  const n = usd.length
  const total = (values: Float64Array) => values.reduce((sum, one) => sum + one, 0)
  const [cost, successes] = [total(usd), total(passed)]
  if (successes === 0) return null
  const replicates = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let over = 0
    let under = 0
    for (let i = 0; i < n; i++) {
      const at = random.integer(n)
      over += usd[at]!
      under += passed[at]!
    }
    replicates[draw] = over / under
  }
  const leftOut = usd.map((one, i) => (cost - one) / (successes - passed[i]!))
  return bcaInterval(replicates, cost / successes, leftOut)
}

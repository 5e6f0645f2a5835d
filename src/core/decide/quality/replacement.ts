// A baseline and a margin chosen before looking in; which options may take its place, being worse by less than that, out.
import { normalQuantile } from '../../statistics/normal.ts'
import { pairedDifference, tasksForNonInferiority } from '../../statistics/paired.ts'
import { pairMoments } from '../../statistics/ratio.ts'
import { sharedTasks } from './resampled.ts'
import type { OptionTasks } from './task-means.ts'

export type MayReplace = 'yes' | 'no' | 'unclear'

export interface Replacement {
  readonly option: string
  readonly baseline: string
  readonly margin: number
  /** Tasks whose outcome is known on both. */
  readonly n: number
  /** Pass rate of the option − the baseline's; `bound` is its lower one-sided 95 % bound. */
  readonly difference: number | null
  readonly bound: number | null
  readonly mayReplace: MayReplace
  /** The same with all options asked at once (Bonferroni): what holds for whichever of them is picked. */
  readonly mayReplaceAmongAll: MayReplace
  /** Shared tasks for 80 % power between equals, at the spread seen. */
  readonly tasksNeeded: number | null
}

/** One for each option but the baseline. */
export function replacements(options: readonly OptionTasks[], baseline: OptionTasks, margin: number): Replacement[] {
  const others = options.filter(({ option }) => option !== baseline.option)
  return others.map(option => {
    const graded = sharedTasks(option.tasks, baseline.tasks).flatMap(([x, y]) =>
      x.passed === null || y.passed === null ? [] : [{ a: x.passed, b: y.passed, cluster: x.cluster }],
    )
    const rates = { a: graded.map(({ a }) => a), b: graded.map(({ b }) => b) }
    const clusters = graded.map(({ cluster }) => cluster)
    const isClustered = new Set(clusters).size < clusters.length
    const at = (error: number) => pairedDifference(rates, isClustered ? clusters : null, normalQuantile(1 - error))
    const found = at(0.05)
    const { spread, n } = pairMoments({ over: rates.a.map((a, i) => a - rates.b[i]!), under: rates.a })
    return {
      option: option.option,
      baseline: baseline.option,
      margin,
      n: graded.length,
      difference: found?.value ?? null,
      bound: found?.low ?? null,
      mayReplace: verdictOf(found, margin),
      mayReplaceAmongAll: verdictOf(at(0.05 / others.length), margin),
      tasksNeeded: spread === null || margin === 0 ? null : tasksForNonInferiority(spread.over * n, margin),
    }
  })
}

function verdictOf(found: { readonly low: number; readonly high: number } | null, margin: number): MayReplace {
  if (found === null) return 'unclear'
  return found.low > -margin ? 'yes' : found.high < -margin ? 'no' : 'unclear'
}

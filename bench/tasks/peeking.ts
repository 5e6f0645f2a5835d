// Runs of tasks that are looked at after every task, simulated with known truth: how often they say something wrong, and what they save.
import { stoppingRule } from '../../src/core/decide/quality/stopping.ts'
import { exp } from '../../src/core/statistics/elementary.ts'
import { Z80 } from '../../src/core/statistics/proportion.ts'
import type { Random } from '../../src/core/statistics/random.ts'
import { sequentialTest } from '../../src/core/statistics/sequential.ts'

/** Share of runs of `tasks` looks in which a test at the true rate ever says that it is another. */
export function wrongWhilePeeking(rate: number, tasks: number, runs: number, random: Random): number {
  let wrong = 0
  for (let run = 0; run < runs; run++) {
    const peeking = sequentialTest(rate, { horizon: tasks })
    for (let i = 0; i < tasks && peeking.verdict() === 'open'; i++) peeking.add(random.uniform() < rate ? 1 : 0)
    if (peeking.verdict() !== 'open') wrong++
  }
  return wrong / runs
}

export interface Difference {
  /** Share of tasks that a alone solves, and b alone. */
  readonly onlyA: number
  readonly onlyB: number
}

/** Tasks that a study of fixed size needs to see this difference with so much power (normal quantile `zPower`). */
export function fixedTasks({ onlyA, onlyB }: Difference, zPower: number): number {
  const delta = onlyA - onlyB
  const variance = onlyA + onlyB - delta * delta
  return Math.ceil(((1.959964 + zPower) * (1.959964 + zPower) * variance) / (delta * delta))
}

export const zOfPower = { 80: Z80, 90: 1.281552, 95: 1.644854 } as const

/** What is spent of a suite of `tasks` when the run stops at the first sure word, and how often it comes, rightly or wrongly. */
export function spentWhilePeeking({ onlyA, onlyB }: Difference, tasks: number, runs: number, random: Random) {
  let [spent, right, wrong] = [0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const peeking = sequentialTest(0.5, { horizon: tasks })
    for (let i = 0; i < tasks && peeking.verdict() === 'open'; i++) {
      const u = random.uniform()
      peeking.add(u < onlyA ? 1 : u < onlyA + onlyB ? 0 : 0.5)
      spent++
    }
    if (peeking.verdict() === 'above') right++
    if (peeking.verdict() === 'below') wrong++
  }
  return { share: spent / runs / tasks, right: right / runs, wrong: wrong / runs }
}

export interface TrueOption {
  readonly option: string
  readonly rate: number
  readonly usd: number
}

/** A whole run with the rule that `tasks run` may ask; options that are settled are tried no more. */
export function ruledRun(truth: readonly TrueOption[], bar: number, tasks: number, random: Random) {
  const rule = stoppingRule({ options: truth.map(({ option }) => option), bar, tasks, budgetUsd: null })
  let spent = 0
  let whole = 0
  let decision = rule.decision()
  for (let done = 0; done < tasks; done++) {
    const settled = new Set(decision.options.flatMap(one => (one.settled ? [one.option] : [])))
    const hard = random.uniform()
    const results = truth.map(({ option, rate, usd }) => {
      const passed = 0.5 * hard + 0.5 * random.uniform() < rate ? 1 : 0
      return { option, passed, usd: usd * exp(random.normal()) * (passed === 1 ? 1 : 1.7) }
    })
    whole += results.reduce((sum, { usd }) => sum + usd, 0)
    if (decision.stop !== null) continue
    const tried = results.filter(({ option }) => !settled.has(option))
    spent += tried.reduce((sum, { usd }) => sum + usd, 0)
    rule.add(tried)
    decision = rule.decision()
  }
  return { stop: decision.stop, best: decision.best, share: spent / whole }
}

import { expect, test } from 'vitest'
import { stream } from '../../statistics/random.ts'
import { type StoppingPlan, stoppingRule } from './stopping.ts'

interface True {
  readonly option: string
  readonly rate: number
  readonly usd: number
}

/** Runs a suite whose options are truly so, asking after each task; gives the decision and the share of tasks it took. */
function runOf(truth: readonly True[], plan: Pick<StoppingPlan, 'bar'> & Partial<StoppingPlan>, seed: number) {
  const random = stream(seed, 'stopping')
  const tasks = plan.tasks ?? 500
  const rule = stoppingRule({ options: truth.map(({ option }) => option), tasks, budgetUsd: null, ...plan })
  let done = 0
  while (done < tasks && rule.decision().stop === null) {
    const hard = random.uniform()
    rule.add(
      truth.map(({ option, rate, usd }) => {
        const passed = 0.5 * hard + 0.5 * random.uniform() < rate ? 1 : 0
        return { option, passed, usd: usd * random.gamma(2, passed === 1 ? 0.5 : 0.85) }
      }),
    )
    done++
  }
  return { ...rule.decision(), share: done / tasks }
}

test('options that truly differ are told apart well before the end, and the right one is named', () => {
  const truth = [
    { option: 'strong', rate: 0.85, usd: 1 },
    { option: 'dear', rate: 0.85, usd: 2 },
    { option: 'weak', rate: 0.3, usd: 0.1 },
  ]
  const runs = Array.from({ length: 20 }, (_, i) => runOf(truth, { bar: 0.6 }, i))
  expect(runs.filter(({ stop, best }) => stop === 'decided' && best !== 'strong')).toEqual([])
  expect(runs.filter(({ stop }) => stop === 'decided').length).toBeGreaterThanOrEqual(19)
  expect(runs.reduce((sum, { share }) => sum + share, 0) / 20).toBeLessThan(0.6)
})

test('where none reaches the bar the run is called off as futile', () => {
  const truth = [
    { option: 'a', rate: 0.3, usd: 1 },
    { option: 'b', rate: 0.25, usd: 2 },
  ]
  expect(runOf(truth, { bar: 0.8 }, 1)).toMatchObject({ stop: 'futile', best: null })
})

test('a budget ends a run that knows nothing yet, and nothing is named', () => {
  const truth = [
    { option: 'a', rate: 0.6, usd: 1 },
    { option: 'b', rate: 0.6, usd: 1 },
  ]
  const found = runOf(truth, { bar: 0.6, budgetUsd: 20 }, 1)
  expect(found).toMatchObject({ stop: 'budget', best: null })
  expect(found.spentUsd).toBeLessThan(25)
})

test('law 4: results of unknown outcome and cost decide nothing', () => {
  const rule = stoppingRule({ options: ['a', 'b'], bar: 0.5, tasks: 100, budgetUsd: null })
  for (let i = 0; i < 100; i++) rule.add([{ option: 'a', passed: null, usd: null }])
  expect(rule.decision()).toMatchObject({
    stop: null,
    spentUsd: 0,
    options: [{ n: 0, bar: 'open', low: 0, high: 1 }, {}],
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseUsd } from '../../meter/money.ts'
import { attemptOf } from './attempt.ts'
import { cascadeTasks, cheapestWithin } from './cascade.ts'
import { optionFigures } from './option-figures.ts'
import { optionTasks } from './task-means.ts'
import { trialCollector } from './trial-table.ts'

interface Outcome {
  readonly cheap: boolean
  readonly strong: boolean
  readonly cheapUsd: number
  readonly strongUsd: number
}

function stagesOf(outcomes: readonly Outcome[]) {
  const collector = trialCollector()
  outcomes.forEach(({ cheap, strong, cheapUsd, strongUsd }, i) => {
    const row = { task: String(i), attempt: 1 }
    collector.add(attemptOf({ ...row, option: 'cheap', passed: cheap, usd: parseUsd(String(cheapUsd)) }))
    collector.add(attemptOf({ ...row, option: 'strong', passed: strong, usd: parseUsd(String(strongUsd)) }))
  })
  const table = collector.table()
  return table.options.map(option => optionTasks(table, option))
}

const outcome = fc.record({
  cheap: fc.boolean(),
  strong: fc.boolean(),
  cheapUsd: fc.integer({ min: 1, max: 9 }),
  strongUsd: fc.integer({ min: 10, max: 99 }),
})
const verifier = fc.record({
  sensitivity: fc.double({ min: 0, max: 1, noNaN: true }),
  specificity: fc.double({ min: 0, max: 1, noNaN: true }),
  usd: fc.integer({ min: 0, max: 3 }),
})

test('law 7: cost, success, escalation and silent errors are those of the joint outcomes, by conditional means', () => {
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 30 }), verifier, (outcomes, check) => {
      const { sensitivity: s, specificity: t } = check
      const mean = (of: (one: Outcome) => number) => outcomes.reduce((sum, one) => sum + of(one), 0) / outcomes.length
      const found = cascadeTasks('cascade', stagesOf(outcomes), check)
      const { passRate, usdPerTask } = optionFigures(found.tasks)
      // b6 of the reference: e = p₁(1−s) + (1−p₁)t; cost = c₁ + c_v + p₁(1−s) c₂|pass + (1−p₁)t c₂|fail.
      const right = mean(({ cheap }) => (cheap ? 1 : 0))
      expect(found.reached[1]!).toBeCloseTo(right * (1 - s) + (1 - right) * t, 10)
      expect(found.silentErrors!).toBeCloseTo((1 - right) * (1 - t), 10)
      const after = (isRight: boolean) => mean(one => (one.cheap === isRight ? one.strongUsd : 0))
      const cost = mean(({ cheapUsd }) => cheapUsd) + check.usd + (1 - s) * after(true) + t * after(false)
      expect(usdPerTask.value!).toBeCloseTo(cost, 9)
      const both = mean(({ cheap, strong }) => (cheap && strong ? 1 : 0))
      const saved = mean(({ cheap, strong }) => (!cheap && strong ? 1 : 0))
      expect(passRate.value!).toBeCloseTo(right * s + (1 - s) * both + t * saved, 10)
    }),
  )
})

test('law 7: where the strong one fails on what the cheap one failed, multiplying averages would promise what is not there', () => {
  // Both solve the same easy half: 50 % each, and 50 % together, where independence says 75 %.
  const outcomes = Array.from({ length: 100 }, (_, i) => ({
    cheap: i < 50,
    strong: i < 50,
    cheapUsd: 1,
    strongUsd: i < 50 ? 10 : 20,
  }))
  const found = cascadeTasks('cascade', stagesOf(outcomes), { sensitivity: 1, specificity: 1, usd: 0 })
  const { passRate, usdPerTask } = optionFigures(found.tasks)
  expect(passRate.value).toBe(0.5)
  // Half of the tasks escalate, and they are the dear ones: 1 + ½ × 20, where means say 1 + ½ × 15.
  expect(usdPerTask.value).toBe(11)
})

test('a worse verifier makes a success cheaper, so a cap on silent errors chooses and cost alone does not', () => {
  const outcomes = Array.from({ length: 200 }, (_, i) => ({
    cheap: i % 5 < 3,
    strong: i % 4 < 3,
    cheapUsd: 0.2,
    strongUsd: i % 5 < 3 ? 0.6 : 1.4,
  }))
  const stages = stagesOf(outcomes)
  const options = [
    ['good', { sensitivity: 1, specificity: 1, usd: 0 }],
    ['poor', { sensitivity: 0.8, specificity: 0.6, usd: 0 }],
  ] as const
  const judged = options.map(([option, check]) => {
    const { tasks, silentErrors } = cascadeTasks(option, stages, check)
    return { option, usdPerSuccess: optionFigures(tasks).usdPerSuccess.value, meetsBar: 'yes' as const, silentErrors }
  })
  expect(judged[1]!.usdPerSuccess!).toBeLessThan(judged[0]!.usdPerSuccess!)
  expect(cheapestWithin(judged, null)).toBe('poor')
  expect(cheapestWithin(judged, 0.05)).toBe('good')
  expect(cheapestWithin([{ ...judged[1]!, silentErrors: null }], 0.5)).toBeNull()
  expect(cheapestWithin([{ ...judged[0]!, meetsBar: 'unclear' }], null)).toBeNull()
})

test('law 4: a task that a stage did not try, or whose cost nobody knows, is in no cascade', () => {
  const stages = stagesOf([{ cheap: false, strong: true, cheapUsd: 1, strongUsd: 9 }])
  const [cheap, strong] = stages as [(typeof stages)[0], (typeof stages)[0]]
  const unknown = { ...strong, tasks: strong.tasks.map(task => ({ ...task, whole: null })) }
  const found = cascadeTasks('cascade', [cheap, unknown], { sensitivity: 1, specificity: 1, usd: 0 })
  expect(found).toMatchObject({ silentErrors: null, tasks: { tasks: [] } })
})

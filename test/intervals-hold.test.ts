// The short form of `npm run bench:coverage`: fewer suites, the corners of its table.
import { expect, test } from 'vitest'
import { intervalsOf } from '../bench/tasks/intervals.ts'
import { fixedTasks, spentWhilePeeking, wrongWhilePeeking, zOfPower } from '../bench/tasks/peeking.ts'
import { simulatedSuite, trueCostPerSuccess, trueCostPerTask } from '../bench/tasks/suites.ts'
import { stream } from '../src/core/statistics/random.ts'

const suites = 600
/** Three standard errors of a share of 95 % over so many suites. */
const slack = 3 * Math.sqrt((0.95 * 0.05) / suites)

test.each([
  [20, 0.1, 0.5],
  [20, 0.5, 1],
  [20, 0.95, 0.5],
  [50, 0.9, 1],
  [100, 0.05, 1],
  [100, 0.7, 1],
  [200, 0.3, 1],
])('%i tasks at a pass rate of %f and σ %f: the intervals shown hold the truth in 93 to 97 of a hundred suites', (tasks, rate, sigma) => {
  const truth = { tasks, rate, sigma, failureCost: 1.7 }
  const random = stream(7, `holds ${tasks} ${rate}`)
  let [perSuccess, perTask] = [0, 0]
  for (let suite = 0; suite < suites; suite++) {
    const { recommended, usdPerTask } = intervalsOf(simulatedSuite(truth, random), 0, random)
    const [cost, mean] = [trueCostPerSuccess(truth), trueCostPerTask(truth)]
    if (recommended.low <= cost && cost <= recommended.high) perSuccess++
    if (usdPerTask.low <= mean && mean <= usdPerTask.high) perTask++
  }
  for (const held of [perSuccess, perTask].map(count => count / suites)) {
    expect(held).toBeGreaterThan(0.93 - slack)
    expect(held).toBeLessThan(0.97 + slack)
  }
})

test('looked at after every task, at most 5 % of runs ever say something wrong', () => {
  const wrong = wrongWhilePeeking(0.6, 200, 500, stream(7, 'wrong'))
  expect(wrong).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 500))
})

test('options that differ as much as a suite of power 95 % was sized for are told apart for 60 % of its cost, more for less', () => {
  const difference = { onlyA: 0.175, onlyB: 0.075 }
  const tasks = fixedTasks(difference, zOfPower[95])
  // (1.96 + 1.645)² × 0.24 ÷ 0.1² by hand.
  expect(tasks).toBe(312)
  const sized = spentWhilePeeking(difference, tasks, 300, stream(7, 'sized'))
  expect(sized.share).toBeLessThan(0.63)
  const ample = spentWhilePeeking(difference, 500, 300, stream(7, 'ample'))
  expect(ample.share).toBeLessThan(0.5)
  expect(ample.right).toBeGreaterThan(0.93)
  expect(sized.wrong + ample.wrong).toBeLessThan(0.01)
})

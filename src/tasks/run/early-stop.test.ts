import { expect, test } from 'vitest'
import { attemptOf } from '../../core/decide/quality/attempt.ts'
import { type AttemptRow, rowOf } from '../../core/decide/quality/attempt-row.ts'
import { parseUsd } from '../../core/meter/money.ts'
import { stream } from '../../core/statistics/random.ts'
import type { Task } from '../task.ts'
import { earlyStop } from './early-stop.ts'
import type { OptionPlan } from './option-plan.ts'
import { orderOf } from './order.ts'

const tasks = Array.from({ length: 400 }, (_, i) => ({ id: `t${i}` }) as Task)
const options = ['good', 'bad'].map(name => ({ name }) as OptionPlan)

/** Passes 19 of 20, and 6 of 20. */
function rowsOf(seed: number, repeat: number): AttemptRow[] {
  const draws = stream(seed, 'truth')
  return orderOf(tasks, options, repeat, seed, true).map(({ task, option, attempt }) => {
    const passed = draws.uniform() < (option.name === 'good' ? 0.95 : 0.3)
    return rowOf(attemptOf({ task: task.id, option: option.name, attempt, passed, usd: parseUsd('0.01') }))
  })
}

test('a run whose options differ much is decided early, whatever order its tries come back in', () => {
  const order = orderOf(tasks, options, 1, 3, true)
  const rows = rowsOf(3, 1)
  const usedBy = (came: readonly AttemptRow[]) => {
    const stop = earlyStop({ order, repeat: 1, bars: [0.7] })
    for (const [i, row] of came.entries()) {
      const { options: settled, isOver } = stop.add(row)
      if (isOver) return { tries: i + 1, settled }
    }
    return null
  }
  const inOrder = usedBy(rows)!
  expect(inOrder.settled).toEqual(['bad'])
  expect(inOrder.tries).toBeLessThan(rows.length * 0.6)
  // Eight at once: those of a window come back the other way round.
  const shuffled = Array.from({ length: rows.length / 8 }, (_, i) => rows.slice(8 * i, 8 * i + 8).reverse()).flat()
  const late = usedBy(shuffled)!
  expect(late.settled).toEqual(['bad'])
  expect(Math.abs(late.tries - inOrder.tries)).toBeLessThanOrEqual(8)
})

test('a task counts once all its repeats are there, and one that nobody could grade decides nothing', () => {
  const order = orderOf(tasks.slice(0, 2), options, 2, 1, true)
  const stop = earlyStop({ order, repeat: 2, bars: [] })
  for (const { task, option, attempt } of order) {
    const row = rowOf(attemptOf({ task: task.id, option: option.name, attempt, passed: null, usd: null }))
    expect(stop.add(row)).toEqual({ options: [], isOver: false })
  }
})

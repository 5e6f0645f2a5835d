import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Task } from '../task.ts'
import type { OptionPlan } from './option-plan.ts'
import { orderOf } from './order.ts'

test('each task is tried on each option as often as asked, once; where a run stops, no option is a whole task ahead of another', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      (n, m, repeat, seed) => {
        const tasks = Array.from({ length: n }, (_, i) => ({ id: `t${i}` }) as Task)
        const options = Array.from({ length: m }, (_, i) => ({ name: `o${i}` }) as OptionPlan)
        const order = orderOf(tasks, options, repeat, seed)
        const names = order.map(({ task, option, attempt }) => `${task.id} ${option.name} ${attempt}`)
        expect(new Set(names).size).toBe(n * m * repeat)
        const tries = new Map(options.map(({ name }) => [name, 0]))
        for (const { option } of order) {
          tries.set(option.name, tries.get(option.name)! + 1)
          const counts = [...tries.values()]
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        }
        expect(orderOf(tasks, options, repeat, seed)).toEqual(order)
      },
    ),
  )
})

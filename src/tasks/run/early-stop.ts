// Tries as they are graded in; which options need no more of them, and whether the run is decided, out: valid however often it is asked.
import type { AttemptRow } from '../../core/decide/quality/attempt-row.ts'
import { stoppingRule, type TaskResult } from '../../core/decide/quality/stopping.ts'
import type { Planned } from './order.ts'

export interface Settled {
  /** Options of which nothing more is to be learnt. */
  readonly options: readonly string[]
  readonly isOver: boolean
}

export interface EarlyStop {
  add(row: AttemptRow): Settled
}

export interface EarlyStopPlan {
  /** All tries of the run, task by task in a drawn order. */
  readonly order: readonly Planned[]
  readonly repeat: number
  /** None = options are only compared. Several: each must be decided. */
  readonly bars: readonly number[]
}

/**
 * Tasks are looked at in the order in which they were drawn, never in that in which they came back: quick ones first would
 * be no random order. One is counted once all options that still run have it.
 */
export function earlyStop({ order, repeat, bars }: EarlyStopPlan): EarlyStop {
  const tasks = [...new Set(order.map(({ task }) => task.id))]
  const names = [...new Set(order.map(({ option }) => option.name))]
  const asked = bars.length === 0 ? [null] : bars
  const rules = asked.map(bar =>
    stoppingRule({ options: names, bar, tasks: tasks.length, budgetUsd: null, alpha: 0.05 / asked.length }),
  )
  const rows = new Map<string, AttemptRow[]>()
  const key = (task: string, option: string) => JSON.stringify([task, option])
  let next = 0
  let settled: Settled = { options: [], isOver: false }
  return {
    add(row) {
      const at = key(row.task, row.option)
      rows.set(at, [...(rows.get(at) ?? []), row])
      while (next < tasks.length && !settled.isOver) {
        const tries = names.map(option => ({ option, own: rows.get(key(tasks[next]!, option)) ?? [] }))
        const running = tries.filter(({ option }) => !settled.options.includes(option))
        if (running.some(({ own }) => own.length < repeat)) break
        const results = tries.filter(({ own }) => own.length === repeat).map(({ option, own }) => resultOf(option, own))
        for (const rule of rules) rule.add(results)
        for (const { own } of tries) own.length = 0
        next++
        const decisions = rules.map(rule => rule.decision())
        settled = {
          options: names.filter(name =>
            decisions.every(({ options }) => options.find(({ option }) => option === name)!.settled),
          ),
          isOver: decisions.every(({ stop }) => stop !== null),
        }
      }
      return settled
    },
  }
}

/** Repeats averaged; unknown in one is unknown in all. */
function resultOf(option: string, own: readonly AttemptRow[]): TaskResult {
  const mean = (values: readonly (number | null)[]): number | null => {
    const known = values.flatMap(value => value ?? [])
    return known.length < values.length ? null : known.reduce((sum, value) => sum + value, 0) / known.length
  }
  return {
    option,
    passed: mean(own.map(({ passed }) => (passed === null ? null : Number(passed)))),
    usd: mean(own.map(({ usd }) => (usd === null ? null : Number(usd)))),
  }
}

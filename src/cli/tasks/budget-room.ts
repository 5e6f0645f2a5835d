// The budgets of crossline.yaml as they stand now and a run's options in; what the run may spend by them, out.
import { add, type Money, parseUsd, zero } from '../../core/meter/money.ts'
import { like } from '../../gateway/attribution-rules.ts'
import { upstreamsOf } from '../../gateway/upstreams.ts'
import type { BudgetRow } from '../../server/budgets-answer.ts'
import type { HostSettings } from '../../server/gateway-host.ts'
import type { Entry } from '../../tasks/run/journal.ts'
import type { OptionPlan } from '../../tasks/run/option-plan.ts'
import type { Purse } from '../../tasks/run/purse.ts'
import type { Task } from '../../tasks/task.ts'
import type { CommandFrame } from '../command.ts'
import { runOperation } from '../run-operation.ts'

export interface BudgetRoom {
  readonly name: string
  readonly left: Money
}

interface Spender {
  readonly options: readonly OptionPlan[]
  readonly tasks: readonly Pick<Task, 'id' | 'workload'>[]
  readonly settings: HostSettings
}

/** The tightest of the budgets that refuse calls and that calls of the run may fall under; null = there is none. */
export async function budgetRoom(frame: CommandFrame, spender: Spender): Promise<BudgetRoom | null> {
  const stated = frame.settings().gateway?.budgets ?? []
  if (!stated.some(({ overrun }) => overrun !== 'warn')) return null
  const { budgets: operation } = await import('../../server/operations.ts')
  const { budgets } = await runOperation(frame, operation, {})
  return tightest(budgets, spender)
}

export function tightest(budgets: readonly BudgetRow[], spender: Spender): BudgetRoom | null {
  const rooms = budgets.flatMap(({ name, match, overrun, leftUsd }) => {
    if (overrun !== 'reject' || !mayMatch(match, spender)) return []
    const left = parseUsd(leftUsd)
    return [{ name, left: left > zero ? left : zero }]
  })
  return rooms.reduce<BudgetRoom | null>(
    (least, room) => (least === null || room.left < least.left ? room : least),
    null,
  )
}

/** Whether any call of the run may be one of the budget's. Its calls have a workload and a task, and nothing else that people state. */
function mayMatch(match: BudgetRow['match'], { options, tasks, settings }: Spender): boolean {
  const upstreams = upstreamsOf(settings.upstreams)
  const targets = options.flatMap(option =>
    option.kind === 'simple'
      ? [option.target]
      : option.kind === 'cascade'
        ? option.stages.map(stage => stage.target)
        : [option.of.target],
  )
  const names: Readonly<Record<string, readonly (string | null)[]>> = {
    model: targets.map(({ model }) => model),
    upstream: targets.map(({ upstream }) => upstream),
    provider: targets.map(({ upstream }) => upstreams.get(upstream)?.provider ?? null),
    workload: tasks.map(({ workload }) => workload),
    task: tasks.map(({ id }) => id),
  }
  return Object.entries(match).every(([dimension, pattern]) =>
    (names[dimension] ?? []).some(name => name !== null && like(pattern, name)),
  )
}

/** What earlier processes of a run paid. */
export const paidBefore = (found: readonly Entry[]): Money =>
  found.reduce(
    (sum, entry) => (entry.kind === 'told' && entry.usd !== null ? add(sum, parseUsd(entry.usd)) : sum),
    zero,
  )

/** The tighter of the flag, which is of the whole run, and of what a budget leaves to the rest of it. */
export function limitOf(maxUsd: number | undefined, room: BudgetRoom | null, paid: Money): Money | null {
  const cap = maxUsd === undefined ? null : parseUsd(String(maxUsd))
  if (room === null) return cap
  const byBudget = add(paid, room.left)
  return cap === null || byBudget < cap ? byBudget : cap
}

/** What earlier processes of the run paid, or may have paid, counts against its limit. */
export function payForWhatWasTold(found: readonly Entry[], purse: Purse): void {
  const most = new Map(found.flatMap(entry => (entry.kind === 'asking' ? [[entry.id, entry.mostUsd]] : [])))
  for (const entry of found) {
    if (entry.kind !== 'told') continue
    const mostUsd = most.get(entry.id) ?? null
    if (entry.usd === null && mostUsd !== null) purse.lose(entry.id, parseUsd(mostUsd))
    else purse.settle(entry.id, entry.usd === null ? null : parseUsd(entry.usd))
  }
}

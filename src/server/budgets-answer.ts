// A workplace in; how each of its budgets stands, as the JSON that the command, the API and the page share, out.
import { formatUsd, type Money } from '../core/meter/money.ts'
import type { BudgetState } from './budget-authority.ts'
import type { Workplace } from './workplace.ts'

export interface BudgetRow {
  readonly name: string
  readonly per: string
  readonly zone: string
  /** The period, half-open, ISO 8601 in UTC. */
  readonly from: string
  readonly to: string
  readonly match: Readonly<Record<string, string>>
  readonly usd: string
  readonly spentUsd: string
  /** The most that calls under way, and calls that were never settled, can cost. */
  readonly reservedUsd: string
  /** Negative once more was spent than the budget allows. */
  readonly leftUsd: string
  readonly calls: number
  readonly heldCalls: number
  readonly unsettledCalls: number
  /** Settled calls whose price nobody knows: they are in none of the sums. */
  readonly unpricedCalls: number
  readonly refusedCalls: number
  readonly warnAt: number
  readonly overrun: 'reject' | 'warn'
  /** `exceeded`: nothing is left, or calls were refused; `warned`: so much is spent that it is said. */
  readonly state: 'ok' | 'warned' | 'exceeded'
}

export async function budgetsAnswer({ budgets }: Workplace): Promise<{ readonly budgets: readonly BudgetRow[] }> {
  return { budgets: budgets === null ? [] : (await budgets.states()).map(rowOf) }
}

function rowOf({ budget, ...state }: BudgetState): BudgetRow {
  const { name, per, zone, match, limit, warnAt, overrun } = budget
  const isOver = state.usd >= limit || state.refusedCalls > 0
  const isWarned = Number(state.usd) >= warnAt * Number(limit)
  return {
    name,
    per,
    zone,
    from: timeText(state.fromMicros),
    to: timeText(state.toMicros),
    match: { ...match },
    usd: formatUsd(limit),
    spentUsd: formatUsd(state.usd),
    reservedUsd: formatUsd(state.reserved),
    leftUsd: formatUsd((limit - state.usd - state.reserved) as Money),
    calls: state.calls,
    heldCalls: state.heldCalls,
    unsettledCalls: state.unsettledCalls,
    unpricedCalls: state.unpricedCalls,
    refusedCalls: state.refusedCalls,
    warnAt,
    overrun,
    state: isOver ? 'exceeded' : isWarned ? 'warned' : 'ok',
  }
}

const timeText = (micros: number): string => new Date(micros / 1000).toISOString()

// A budget and a period in; what the ledger says was spent of it, and whether a call is one of its calls, out.
import type { Budget, BudgetDimension } from '../core/meter/budget.ts'
import type { Opened } from '../core/meter/call-record.ts'
import { type Money, parseUsd } from '../core/meter/money.ts'
import { like } from '../gateway/attribution-rules.ts'
import type { BudgetAsk } from '../gateway/budgets.ts'
import type { LedgerReads, ReportRow } from '../ledger/ledger.ts'

export interface Spend {
  readonly usd: Money
  readonly calls: number
  /** Settled calls without a price: what they cost is not in `usd`. */
  readonly unpricedCalls: number
  readonly unsettledCalls: number
}

/** Where each dimension stands in the ledger. A model has two names, as asked for and as served: either may fit. */
const columns: Readonly<Partial<Record<BudgetDimension, readonly string[]>>> = {
  key: ['tag:key'],
  upstream: ['tag:upstream'],
  model: ['model', 'tag:asked'],
}

/** The calls of a period that a budget is for, by the ledger; the bundled sample is nobody's spend. */
export async function spendOf(
  ledger: Pick<LedgerReads, 'report'>,
  { match }: Budget,
  period: { readonly fromMicros: number; readonly toMicros: number },
): Promise<Spend> {
  const stated = Object.entries(match) as [BudgetDimension, string][]
  const by = stated.flatMap(([dimension]) => columns[dimension] ?? [dimension])
  const exact = stated.filter(([dimension, pattern]) => columns[dimension] === undefined && !pattern.includes('*'))
  const { rows } = await ledger.report({ ...period, where: Object.fromEntries(exact), sample: false }, by, 'UTC')
  const own = rows.filter(({ key }) =>
    stated.every(([dimension, pattern]) =>
      fits(
        dimension,
        pattern,
        (columns[dimension] ?? [dimension]).map(name => key[name] ?? null),
      ),
    ),
  )
  const sum = (field: 'calls' | 'unpricedCalls' | 'unsettledCalls') =>
    own.reduce((n, row: ReportRow) => n + row[field], 0)
  return {
    usd: own.reduce((usd, row) => usd + parseUsd(row.usd), 0n) as Money,
    calls: sum('calls'),
    // What was never settled has no price yet: it is counted apart.
    unpricedCalls: sum('unpricedCalls') - sum('unsettledCalls'),
    unsettledCalls: sum('unsettledCalls'),
  }
}

type Facts = Pick<BudgetAsk, 'attribution' | 'keyId' | 'model' | 'provider' | 'upstream'>

/** Whether a budget is for a call. */
export function isFor({ match }: Budget, { attribution, keyId, model, provider, upstream }: Facts): boolean {
  const values = { ...attribution, key: keyId, model, provider, upstream }
  return Object.entries(match).every(([dimension, pattern]) =>
    fits(dimension as BudgetDimension, pattern, [values[dimension as BudgetDimension]]),
  )
}

/** The same of a call that began. */
export const isForOpened = (budget: Budget, opened: Opened): boolean =>
  isFor(budget, { ...opened, keyId: opened.tags.key ?? null })

/** A key is meant by its id or by its name, so that a budget outlives the change of a secret. */
function fits(dimension: BudgetDimension, pattern: string, values: readonly (string | null)[]): boolean {
  return values.some(
    value =>
      value !== null && (like(pattern, value) || (dimension === 'key' && like(pattern, value.replace(/-[^-]*$/, '')))),
  )
}

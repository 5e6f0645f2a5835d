// Budgets as crossline.yaml states them in; checked, with their money exact and their zone known, out.
import { z } from 'zod'
import { type Budget, type BudgetDimension, budgetDimensions, budgetPeriods } from '../core/meter/budget.ts'
import { parseUsd } from '../core/meter/money.ts'
import { knownZone } from '../ledger/calendar.ts'
import type { BudgetSettings } from './budget-authority.ts'

const amount = z.union([
  z.number().positive(),
  z.string().regex(/^(?=.*[1-9])\d+(\.\d{1,12})?$/, 'expected dollars such as "100.00"'),
])

export const budgetShape = z.strictObject({
  name: z.string().min(1).meta({ description: 'what it is called in messages and in crossline budgets' }),
  usd: amount.meta({ description: 'so much may be spent in a period, dollars' }),
  per: z.enum(budgetPeriods).meta({ description: 'calendar period; a week begins on Monday' }),
  zone: z
    .string()
    .refine(isZone, 'expected an IANA zone such as Europe/Berlin')
    .optional()
    .meta({ description: 'whose midnight ends a period; default: zone of this file, else UTC' }),
  match: z.partialRecord(z.enum(budgetDimensions), z.string().min(1)).optional().meta({
    description: 'the calls it is for, * stands for any text; all that is stated must fit; default: all calls',
  }),
  warnAt: z.number().positive().max(1).optional().meta({ description: 'share from which on it is said; default: 0.8' }),
  overrun: z
    .enum(['reject', 'warn'])
    .optional()
    .meta({ description: 'what happens to calls that find no room: default: reject, with 429' }),
})

export interface StatedBudgets {
  readonly budgets?: readonly StatedBudget[] | undefined
  readonly unknownPrice?: 'pass' | 'reject' | undefined
  readonly assumedOutputTokens?: number | undefined
}

interface StatedBudget {
  readonly name: string
  readonly usd: number | string
  readonly per: Budget['per']
  readonly zone?: string | undefined
  readonly match?: Readonly<Partial<Record<BudgetDimension, string>>> | undefined
  readonly warnAt?: number | undefined
  readonly overrun?: Budget['overrun'] | undefined
}

export const budgetDefaults = {
  warnAt: 0.8,
  overrun: 'reject',
  unknownPrice: 'pass',
  assumedOutputTokens: 16_384,
} as const

/** What the authority is to keep; undefined where no budget is stated. `zone` is the one of reports. */
export function budgetsOf(stated: StatedBudgets | undefined, zone = 'UTC'): BudgetSettings | undefined {
  const { budgets = [], unknownPrice = budgetDefaults.unknownPrice, assumedOutputTokens } = stated ?? {}
  if (budgets.length === 0) return undefined
  return {
    unknownPrice,
    assumedOutputTokens: assumedOutputTokens ?? budgetDefaults.assumedOutputTokens,
    budgets: budgets.map(({ name, usd, per, match = {}, ...rest }) => ({
      name,
      limit: parseUsd(String(usd)),
      per,
      match,
      zone: knownZone(rest.zone ?? zone),
      warnAt: rest.warnAt ?? budgetDefaults.warnAt,
      overrun: rest.overrun ?? budgetDefaults.overrun,
    })),
  }
}

function isZone(zone: string): boolean {
  try {
    knownZone(zone)
    return true
  } catch {
    return false
  }
}

// How budgets stand in; a table for a terminal, with what is not in its sums said below it, out.
import { many } from '../core/fault/many.ts'
import { ink, padded } from './ansi.ts'
import { roundedUsd } from './rows.ts'

/** A budget as the server states it: counts are numbers, money exact decimal strings. */
export interface StatedBudgetRow {
  readonly name: string
  readonly per: string
  readonly zone: string
  readonly to: string
  readonly match: Readonly<Record<string, string>>
  readonly usd: string
  readonly spentUsd: string
  readonly reservedUsd: string
  readonly leftUsd: string
  readonly unpricedCalls: number
  readonly unsettledCalls: number
  readonly refusedCalls: number
  readonly state: string
}

const titles = ['budget', 'for', 'per', 'until', 'USD', 'spent', 'held', 'left', 'state'] as const
const isFigure = (column: number): boolean => column >= 4 && column <= 7

export function budgetsText(rows: readonly StatedBudgetRow[], { color }: { readonly color: boolean }): string {
  if (rows.length === 0) return 'No budgets. State some under gateway.budgets in crossline.yaml.'
  const pen = ink(color)
  const cells = rows.map(row => [
    row.name,
    Object.entries(row.match)
      .map(([dimension, pattern]) => `${dimension}=${pattern}`)
      .join(' ') || 'all calls',
    row.per,
    `${row.to.slice(0, 16)}Z (${row.zone})`,
    ...[row.usd, row.spentUsd, row.reservedUsd, row.leftUsd].map(usd => shown(usd)),
    row.state,
  ])
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map(cell => cell[i]!.length)))
  const line = (cell: readonly string[]) =>
    cell
      .map((text, i) => padded(text, widths[i]!, isFigure(i) ? 'right' : 'left'))
      .join('  ')
      .trimEnd()
  return [
    pen.dim(line(titles)),
    ...cells.map((cell, i) => (rows[i]!.state === 'ok' ? line(cell) : pen.bold(line(cell)))),
    ...rows.flatMap(notes),
  ].join('\n')
}

/** Cents, and more digits where cents say nothing. */
function shown(usd: string): string {
  const size = Math.abs(Number(usd))
  return roundedUsd(usd, size === 0 || size >= 1 ? 2 : 6)
}

function notes({ name, unpricedCalls, unsettledCalls, refusedCalls }: StatedBudgetRow): string[] {
  const calls = (n: number) => many(n, 'call')
  return [
    ...(unpricedCalls > 0 ? [`${name}: ${calls(unpricedCalls)} of unknown price, in none of the sums`] : []),
    ...(unsettledCalls > 0 ? [`${name}: ${calls(unsettledCalls)} not settled yet, or never: held, not spent`] : []),
    ...(refusedCalls > 0 ? [`${name}: ${calls(refusedCalls)} refused since the server began`] : []),
  ]
}

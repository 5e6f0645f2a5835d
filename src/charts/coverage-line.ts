// Coverage in; the one line that stands before a verdict, out.
import type { Answer } from '../core/decide/answer.ts'
import { enoughOfTheBill } from '../core/decide/coverage.ts'
import { daysLabel } from './labels.ts'

const percent = (share: number | null): string =>
  share === null
    ? '?'
    : `${share > 0 && share < 0.01 ? '<1' : share < 1 && share > 0.99 ? '>99' : Math.round(share * 100)}%`

/** `covers [only] 93% of the bill ($1,234 metered of $1,320 billed, all calls); of these calls: 14 days, …; 98% priced, …`. */
export function coverageLine(coverage: Omit<Answer['coverage'], 'notes'>): string {
  const { billedUsd, meteredUsd, billedShare, days, hoursOfWeek } = coverage
  const dollars = (usd: string) => `$${Math.round(Number(usd)).toLocaleString('en-US')}`
  const bill =
    billedUsd === null || meteredUsd === null
      ? 'a share of the bill that is unknown (no invoice)'
      : `${percent(billedShare)} of the bill (${dollars(meteredUsd)} metered of ${dollars(billedUsd)} billed, all calls)`
  const shares = [
    `${percent(coverage.pricedShare)} priced`,
    ...(coverage.ownShare ? [`${percent(coverage.ownShare)} on own servers`] : []),
    `${percent(coverage.attributedShare)} attributed`,
    `${percent(coverage.estimatedShare)} estimated`,
    `${percent(coverage.unknownShare)} unknown`,
  ].join(', ')
  const little = billedShare !== null && billedShare < enoughOfTheBill ? 'only ' : ''
  // The bill is of all calls, the rest of those asked about.
  const these = billedUsd === null ? '' : 'of these calls: '
  return `covers ${little}${bill}; ${these}${daysLabel(days)}, ${hoursOfWeek} of 168 hours of the week; ${shares}`
}

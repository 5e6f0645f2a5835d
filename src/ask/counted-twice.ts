// A ledger's calls in; the sums by day that stand beside calls of the same seller and the same days, which count those calls again, out.
import type { CountedTwice } from '../core/decide/counted-twice.ts'
import { add, formatUsd, type Money, parseUsd, zero } from '../core/meter/money.ts'
import { sellerKey } from '../core/meter/seller.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import type { LedgerReads, ReportRow, Slice } from '../ledger/ledger.ts'

/**
 * A usage report tells of all calls of an account, so that those which a gateway or a log tells of are in it, too. Which
 * ones cannot be told: nothing is left out, and this says so. Sources are sums where every call of theirs is drawn.
 */
export async function countedTwice(
  ledger: Pick<LedgerReads, 'report' | 'sources'>,
  slice: Slice = {},
): Promise<CountedTwice[]> {
  const bySource = (await ledger.report(slice, ['source'], 'UTC')).rows
  const sums = new Set(bySource.flatMap(row => (row.estimatedCalls === row.calls ? (row.key.source ?? []) : [])))
  if (sums.size === 0 || sums.size === bySource.length) return []
  const { rows } = await ledger.report(slice, ['source', 'provider', 'model', 'day'], 'UTC')
  const isSum = (row: ReportRow) => sums.has(row.key.source ?? '')
  const byDay = groupedBy(
    rows.filter(row => !isSum(row)),
    row => row.key.day ?? '',
  )
  const names = new Map((await ledger.sources()).map(({ source, name }) => [source, name]))
  const reported = rows.filter(row => isSum(row) && row.key.provider !== null)
  const reports = groupedBy(reported, row => JSON.stringify([row.key.source, sellerKey(row.key.provider ?? '')]))
  return [...reports.values()].flatMap(own => {
    const { source, provider } = own[0]!.key as { source: string; provider: string }
    const models = new Set(own.map(row => row.key.model))
    const isSame = ({ key }: ReportRow) =>
      key.provider === null ? models.has(key.model ?? null) : sellerKey(key.provider ?? '') === sellerKey(provider)
    const days = [...groupedBy(own, row => row.key.day ?? '')].flatMap(([day, summed]) => {
      const calls = (byDay.get(day) ?? []).filter(isSame)
      return calls.length === 0 ? [] : [{ day, summed, calls }]
    })
    if (days.length === 0) return []
    const dates = days.map(({ day }) => day).sort()
    const summed = days.flatMap(one => one.summed)
    const count = (some: readonly ReportRow[]) => some.reduce((sum, row) => sum + row.calls, 0)
    const usd = summed.reduce((sum: Money, row) => add(sum, parseUsd(row.usd)), zero)
    return [
      {
        source,
        name: names.get(source) ?? source,
        provider,
        from: dates[0]!,
        to: dates.at(-1)!,
        summed: { calls: count(summed), usd: formatUsd(usd) },
        calls: count(days.flatMap(one => one.calls)),
      },
    ]
  })
}

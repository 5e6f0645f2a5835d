// A ledger and the sources meant in; their calls of a period by provider, model, tier and hour, under the keys that bills share, out.

import type { TokenPair } from '../core/decide/reconcile.ts'
import type { MeteredSum } from '../core/decide/reconcile-parts.ts'
import type { ByTier, TokenSums } from '../core/decide/token-gap.ts'
import { parseInstant } from '../core/meter/calendar.ts'
import { add, type Money, parseUsd, zero } from '../core/meter/money.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { noUsage, toldAnswerTokens, toldPromptTokens, usageKinds } from '../core/meter/usage.ts'
import type { LedgerReads, Period, ReportRow } from '../ledger/ledger.ts'
import { modelKey, providerKey } from './billed-model.ts'

/** Calls of one hour (or day) of one provider, model, tier and outcome. */
export interface MeteredRow {
  readonly provider: string | null
  readonly model: string | null
  readonly tier: string | null
  /** As the ledger has them, for prices. */
  readonly named: { readonly provider: string | null; readonly model: string | null }
  /** Its first moment. */
  readonly atMicros: number
  readonly usd: Money
  readonly hasFailed: boolean
  readonly row: ReportRow
}

/** `unit` hours or days of the zone. No sources: no rows. */
export async function meteredRows(
  ledger: Pick<LedgerReads, 'report'>,
  sources: readonly string[],
  period: Period,
  { unit, zone, book }: { readonly unit: 'hour' | 'day'; readonly zone: string; readonly book: PriceBook },
): Promise<MeteredRow[]> {
  if (sources.length === 0) return []
  const { rows } = await ledger.report(
    { ...period, where: { source: sources } },
    ['provider', 'model', 'tier', 'outcome', unit],
    zone,
  )
  return rows.map(row => {
    const { provider = null, model = null, tier = null, outcome } = row.key
    return {
      provider: providerKey(book, provider, model),
      model: model === null ? null : modelKey(book, provider, model),
      tier,
      named: { provider, model },
      atMicros: parseInstant(row.key[unit] ?? '')!,
      usd: parseUsd(row.usd),
      hasFailed: outcome === 'failed',
      row,
    }
  })
}

export function meteredSum(rows: readonly MeteredRow[]): MeteredSum {
  const count = (of: (row: ReportRow) => number) => rows.reduce((sum, { row }) => sum + of(row), 0)
  const usd = (some: readonly MeteredRow[]) => some.reduce((sum, row) => add(sum, row.usd), zero)
  return {
    calls: count(row => row.calls),
    usd: usd(rows),
    unpricedCalls: count(row => row.unpricedCalls),
    unknownUsageCalls: count(row => row.unknownUsageCalls),
    estimatedCalls: count(row => row.estimatedCalls),
    failedUsd: usd(rows.filter(row => row.hasFailed)),
  }
}

export const tokenPair = (rows: readonly MeteredRow[]): TokenPair => ({
  input: rows.reduce((sum, { row }) => sum + toldPromptTokens(row.usage), 0),
  output: rows.reduce((sum, { row }) => sum + toldAnswerTokens(row.usage), 0),
})

export function tokensByTier(rows: readonly MeteredRow[], nameOf: (tier: string | null) => string): ByTier {
  const sums = new Map<string, Record<keyof TokenSums, number>>()
  for (const { tier, row } of rows) {
    const name = nameOf(tier)
    const sum = sums.get(name) ?? { ...noUsage }
    for (const kind of usageKinds) sum[kind] += row.usage[kind] ?? 0
    sums.set(name, sum)
  }
  return sums
}

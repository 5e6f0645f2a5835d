// A ledger in; how much of the bill its calls explain, and how much of them is known, out: one call, made before any verdict.
import { type BilledPart, billsOf, type Coverage, coverageOf } from '../core/decide/coverage.ts'
import { add, fromPico, type Money, parseUsd, zero } from '../core/meter/money.ts'
import { sellerKey } from '../core/meter/seller.ts'
import type { LedgerReads, Period, Slice } from '../ledger/ledger.ts'

/**
 * Coverage of all real calls in the period (half-open, UTC microseconds; open where left out): an invoice knows no features
 * or models, so the bill can be held against all calls only. An answer about some of the calls takes from here what was
 * billed and metered, and counts shares, days and hours over its own calls. Of a bill that reaches beyond the period only the days within count, in proportion to time.
 * `sample: true` looks at the bundled sample instead, which no bill is for.
 */
export async function gatherCoverage(
  ledger: Pick<LedgerReads, 'charges' | 'report' | 'demand'>,
  period: Period = {},
  { sample = false }: { readonly sample?: boolean } = {},
): Promise<Coverage> {
  const slice: Slice = { ...period, sample }
  const clipped = sample ? [] : (await ledger.charges(period)).map(line => within(line, period))
  const bills = billsOf(clipped)
  const metered: Money[] = []
  for (const { key, fromMicros, toMicros } of bills.periods) {
    const { rows } = await ledger.report({ sample, fromMicros, toMicros }, ['provider'], 'UTC')
    const own = rows.filter(row => row.key.provider !== null && sellerKey(row.key.provider ?? '') === key)
    metered.push(own.reduce((sum, row) => add(sum, parseUsd(row.usd)), zero))
  }
  const counted = (await ledger.report(slice, ['provider'], 'UTC')).rows
  const attributed = (await ledger.report(slice, ['workload', 'feature'], 'UTC')).rows
  const demand = await ledger.demand(slice, 3600)
  const coverage = coverageOf(
    bills,
    metered,
    counted.map(row => ({ ...row, provider: row.key.provider ?? null })),
    {
      attributedCalls: attributed
        .filter(row => row.key.workload !== null || row.key.feature !== null)
        .reduce((sum, row) => sum + row.calls, 0),
      days: demand === null ? 0 : (demand.lastAtMicros - demand.firstAtMicros) / 86_400e6,
      hoursOfWeek: demand?.hoursOfWeek ?? 0,
    },
  )
  const cut = clipped.filter(line => line.isCut).length
  const notes =
    cut > 0 ? [`${cut} billed lines reach beyond the period asked about: they count by their share of time in it`] : []
  return { ...coverage, notes: [...coverage.notes, ...notes, ...outside(bills.periods, demand)] }
}

type Clipped = BilledPart & { readonly isCut: boolean }

function within(line: BilledPart, { fromMicros = -Infinity, toMicros = Infinity }: Period): Clipped {
  const from = Math.max(line.fromMicros, fromMicros)
  const to = Math.min(line.toMicros, toMicros)
  const whole = line.toMicros - line.fromMicros
  if (to - from === whole) return { ...line, isCut: false }
  const usd = fromPico((line.usd * BigInt(Math.round(to - from))) / BigInt(whole))
  return { ...line, fromMicros: from, toMicros: to, usd, isCut: true }
}

/** A bill for a month beside calls of a fortnight looks half explained: say that it is the time that is missing. */
function outside(
  periods: readonly { readonly fromMicros: number; readonly toMicros: number }[],
  traffic: { readonly firstAtMicros: number; readonly lastAtMicros: number } | null,
): string[] {
  if (traffic === null || periods.length === 0) return []
  const day = 86_400e6
  const from = periods.reduce((at, one) => Math.min(at, one.fromMicros), Infinity)
  const to = periods.reduce((at, one) => Math.max(at, one.toMicros), -Infinity)
  const missing = Math.max(0, traffic.firstAtMicros - from) + Math.max(0, to - traffic.lastAtMicros)
  if (missing < day) return []
  return [`${(missing / day).toFixed(1)} of the ${((to - from) / day).toFixed(1)} billed days have no calls`]
}

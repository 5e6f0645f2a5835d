// What was metered and what was billed in; how much of the bill the calls explain, and how much of the calls is known, out.
import type { ChargeCategory } from '../meter/charge.ts'
import { formatUsd, type Money, zero } from '../meter/money.ts'
import { isOwnServer } from '../meter/own-servers.ts'
import { sellerKey } from '../meter/seller.ts'
import { groupedBy } from '../statistics/grouped.ts'

/** A line of a bill, as a ledger gives it back. */
export interface BilledPart {
  readonly source: string
  readonly name: string
  readonly importedAtMicros: number
  readonly provider: string
  readonly fromMicros: number
  readonly toMicros: number
  readonly usd: Money
  readonly category: ChargeCategory
}

/** What the calls of one provider cost in one stretch of time that a bill covers, by our own prices. */
export interface MeteredPart {
  readonly provider: string
  readonly usd: Money
}

/** Calls of a provider, with what is not known of them. */
export interface CountedCalls {
  readonly provider: string | null
  readonly calls: number
  readonly unpricedCalls: number
  readonly estimatedCalls: number
  readonly unknownUsageCalls: number
}

export interface ProviderCoverage {
  /** As the bill names it. */
  readonly provider: string
  /** Exact, 12 decimals: usage, purchases and adjustments, before tax and credits. */
  readonly billedUsd: string
  readonly meteredUsd: string
  /** Metered ÷ billed, at most 1; null when nothing was billed. */
  readonly share: number | null
  /** First and last billed moment, UTC microseconds. */
  readonly fromMicros: number
  readonly toMicros: number
}

export interface Coverage {
  /** Exact, 12 decimals; null without a bill: what share was metered is then unknown. */
  readonly billedUsd: string | null
  /** What the calls of the billed providers cost in the billed periods; null without a bill. */
  readonly meteredUsd: string | null
  /** Σ of what each provider's calls explain of its bill ÷ Σ billed, 0..1: too much of one never hides a gap of another. */
  readonly billedShare: number | null
  /** Shares of all calls, 0..1; null without calls. Those on own servers have no price by the token: `ownShare` tells them. */
  readonly pricedShare: number | null
  readonly attributedShare: number | null
  readonly estimatedShare: number | null
  readonly unknownShare: number | null
  /** Share of calls that ran on the team's own servers, which no provider bills. */
  readonly ownShare: number | null
  /** From the first to the last call. */
  readonly days: number
  /** Of 168, UTC. */
  readonly hoursOfWeek: number
  readonly taxUsd: string
  readonly creditUsd: string
  readonly providers: readonly ProviderCoverage[]
  /** Billed, but without a single metered call. */
  readonly billedOnly: readonly string[]
  readonly notes: readonly string[]
}

/** Below this share of the bill, a verdict is "partial". */
export const enoughOfTheBill = 0.9

/** A seller's bill for a stretch of time, without overlaps; what its calls cost is asked for just that time. */
export interface BilledPeriod {
  readonly key: string
  readonly provider: string
  readonly fromMicros: number
  readonly toMicros: number
}

export interface Bills<Line extends BilledPart = BilledPart> {
  readonly lines: readonly Line[]
  readonly periods: readonly BilledPeriod[]
  readonly notes: readonly string[]
}

/**
 * The lines that count, and the stretches of time that they cover by seller. Where bills of one seller overlap (an
 * invoice and a cost export of the same month) the one imported last counts, line by line of the others left out.
 */
export function billsOf<Line extends BilledPart>(all: readonly Line[]): Bills<Line> {
  const kept: Line[] = []
  const notes: string[] = []
  const periods: BilledPeriod[] = []
  for (const [key, lines] of groupedBy(all, line => sellerKey(line.provider))) {
    const covered: { fromMicros: number; toMicros: number }[] = []
    const bySource = [...groupedBy(lines, line => line.source).values()].sort(
      (a, b) => b[0]!.importedAtMicros - a[0]!.importedAtMicros || (a[0]!.source < b[0]!.source ? -1 : 1),
    )
    for (const own of bySource) {
      const free = own.filter(
        line => !covered.some(one => line.fromMicros < one.toMicros && line.toMicros > one.fromMicros),
      )
      if (free.length < own.length) {
        notes.push(
          `${own.length - free.length} lines of ${own[0]!.name} are left out: a later bill of ${own[0]!.provider} covers the same time`,
        )
      }
      kept.push(...free)
      covered.push(...joined(free))
    }
    const { provider } = lines[0]!
    for (const { fromMicros, toMicros } of joined(covered)) periods.push({ key, provider, fromMicros, toMicros })
  }
  return { lines: kept, periods, notes }
}

/**
 * Coverage of the bill and of the calls. `metered` gives, for each period of `bills` in turn, what its seller's calls cost
 * in it. Tax is not metered and credits pay for usage that is, so both stand beside the bill and not in it.
 */
export function coverageOf(
  bills: Bills,
  metered: readonly Money[],
  calls: readonly CountedCalls[],
  known: { readonly attributedCalls: number; readonly days: number; readonly hoursOfWeek: number },
): Coverage {
  const sumOf = (lines: readonly BilledPart[], categories: readonly ChargeCategory[]) =>
    lines.reduce((sum, line) => (categories.includes(line.category) ? sum + line.usd : sum), 0n) as Money
  const charged: readonly ChargeCategory[] = ['usage', 'purchase', 'adjustment']
  const providers = [...groupedBy(bills.lines, line => sellerKey(line.provider))].map(([key, lines]) => {
    const spent = bills.periods.reduce((sum, period, i) => (period.key === key ? sum + metered[i]! : sum), 0n) as Money
    return { key, lines, billed: sumOf(lines, charged), spent }
  })
  const billed = providers.reduce((sum, one) => sum + one.billed, 0n) as Money
  const spent = providers.reduce((sum, one) => sum + one.spent, 0n) as Money
  const explained = providers.reduce((sum, one) => sum + least(one.spent, one.billed), 0n) as Money
  const hasBill = bills.lines.length > 0
  const count = (of: (row: CountedCalls) => number, rows = calls) => rows.reduce((sum, row) => sum + of(row), 0)
  const all = count(row => row.calls)
  const own = calls.filter(row => isOwnServer(row.provider))
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole)
  const hasCalls = new Set(
    calls.flatMap(row => (row.provider === null || row.calls === 0 ? [] : [sellerKey(row.provider)])),
  )
  return {
    billedUsd: hasBill ? formatUsd(billed) : null,
    meteredUsd: hasBill ? formatUsd(spent) : null,
    billedShare: hasBill ? ratio(explained, billed) : null,
    pricedShare: share(all - count(row => row.unpricedCalls), all),
    attributedShare: share(known.attributedCalls, all),
    estimatedShare: share(
      count(row => row.estimatedCalls),
      all,
    ),
    unknownShare: share(
      count(row => row.unknownUsageCalls),
      all,
    ),
    ownShare: share(
      count(row => row.calls, own),
      all,
    ),
    days: known.days,
    hoursOfWeek: known.hoursOfWeek,
    taxUsd: formatUsd(sumOf(bills.lines, ['tax'])),
    creditUsd: formatUsd(sumOf(bills.lines, ['credit'])),
    providers: providers.map(({ lines, billed: own, spent: metered }) => ({
      provider: lines[0]!.provider,
      billedUsd: formatUsd(own),
      meteredUsd: formatUsd(metered),
      share: ratio(least(metered, own), own),
      fromMicros: lines.reduce((at, line) => Math.min(at, line.fromMicros), Infinity),
      toMicros: lines.reduce((at, line) => Math.max(at, line.toMicros), -Infinity),
    })),
    billedOnly: providers.filter(one => !hasCalls.has(one.key)).map(one => one.lines[0]!.provider),
    notes: [
      ...(hasBill ? [] : ['no invoice: share of the bill unknown']),
      ...bills.notes,
      ...providers
        .filter(one => one.billed > 0n && one.spent * 100n > one.billed * 105n)
        .map(
          one =>
            `the calls of ${one.lines[0]!.provider} cost ${formatUsd(one.spent)} at list prices, more than the ${formatUsd(one.billed)} billed: a discount, or a bill that is not whole`,
        ),
    ],
  }
}

const least = (a: Money, b: Money): Money => ((a < b ? a : b) < 0n ? zero : a < b ? a : b)

/** To 12 significant digits or better; null when nothing was billed. */
function ratio(part: Money, whole: Money): number | null {
  return whole > 0n ? Number((part * 1_000_000_000_000n) / whole) / 1e12 : null
}

function joined(
  parts: readonly { fromMicros: number; toMicros: number }[],
): { fromMicros: number; toMicros: number }[] {
  const result: { fromMicros: number; toMicros: number }[] = []
  for (const { fromMicros, toMicros } of [...parts].sort((a, b) => a.fromMicros - b.fromMicros)) {
    const last = result.at(-1)
    if (last && fromMicros <= last.toMicros) last.toMicros = Math.max(last.toMicros, toMicros)
    else result.push({ fromMicros, toMicros })
  }
  return result
}

// A ledger, and a bill in it or in a file beside it, in; for each provider what was metered and what was billed, by day and model, out.
import { billsOf } from '../core/decide/coverage.ts'
import type { BillUsed, ReconcileEvidence } from '../core/decide/reconcile.ts'
import { Fault } from '../core/fault/fault.ts'
import type { BilledLine } from '../core/meter/charge.ts'
import { formatUsd } from '../core/meter/money.ts'
import { isOwnServer } from '../core/meter/own-servers.ts'
import type { PriceBook } from '../core/meter/rates.ts'
import { sellerKey } from '../core/meter/seller.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import type { LedgerReads, SourceRow } from '../ledger/ledger.ts'
import { daysOf, startOfDate } from './bill-days.ts'
import { type MeteredRow, meteredRows, meteredSum } from './metered-hours.ts'
import { cellsOf } from './reconcile-cells.ts'

export interface ReconcileQuestion {
  /** Half-open, UTC microseconds; null = all that is billed. */
  readonly fromMicros: number | null
  readonly toMicros: number | null
  /** Only this seller's bill, by any of its names. */
  readonly provider: string | null
  /** In which the bill's dates are days; null = UTC, and shifts of the days are looked for. */
  readonly zone: string | null
}

export interface ReconcileTools {
  readonly ledger: LedgerReads
  /** A bill from a file: what it tells, money or tokens, is taken from it and not from the ledger. */
  readonly file: LedgerReads | null
  readonly book: PriceBook
  /** Formats that are a provider's own word on usage: the bill's side, and no metering. */
  readonly reportFormats: readonly string[]
}

/** Calls in the billed time that no bill is for. */
export interface NotBilled {
  /** As the ledger names it; null: calls that name none, and whose model is nobody's alone. */
  readonly provider: string | null
  readonly calls: number
  readonly usd: string
}

export interface Reconcilable {
  readonly providers: readonly ReconcileEvidence[]
  readonly notBilled: readonly NotBilled[]
}

/** @throws Fault NO_BILL, PROVIDER_NOT_BILLED */
export async function gatherReconcile(question: ReconcileQuestion, tools: ReconcileTools): Promise<Reconcilable> {
  const { ledger, book } = tools
  const zone = question.zone ?? 'UTC'
  const own = await sidesOf(ledger, tools)
  const filed = tools.file === null ? null : await sidesOf(tools.file, tools)
  const bill = filed?.hasMoney ? filed : own
  const report = filed?.reports.length ? filed : own
  const billed = (await bill.reads.charges({})).filter(line => isIn(line, question, zone))
  const told = (await reportRows(report, question, book)).filter(row => row.provider !== null)
  const lines = groupedBy(billed, line => sellerKey(line.provider))
  const reported = groupedBy(told, row => row.provider!)
  const asked = question.provider === null ? null : sellerKey(question.provider)
  const keys = [...new Set([...lines.keys(), ...reported.keys()])].filter(key => asked === null || key === asked).sort()
  if (keys.length === 0) throw noBill(question, [...lines.keys(), ...reported.keys()])

  const span = spanOf([...billed, ...told.map(row => ({ fromMicros: row.atMicros, toMicros: row.atMicros + day }))])
  const hours = await meteredRows(ledger, own.metered, span, { unit: 'hour', zone, book })
  const metered = groupedBy(hours, row => row.provider)
  const providers: ReconcileEvidence[] = []
  for (const provider of keys) {
    const { lines: due, notes } = billsOf(lines.get(provider) ?? [])
    const words = reported.get(provider) ?? []
    const calls = metered.get(provider) ?? []
    const isOnlySource = calls.length === 0 && words.length > 0 && report === own
    if (isOnlySource && due.length === 0) continue
    const found = cellsOf(
      {
        provider,
        lines: due,
        reported: isOnlySource ? [] : words,
        metered: isOnlySource ? words : calls,
        zone: question.zone,
      },
      book,
    )
    providers.push({
      provider,
      ...found,
      bills: [...usedBills(due), ...(isOnlySource ? [] : usedReports(report.reports, words))],
      notes: [
        ...found.notes,
        ...notes,
        ...(isOnlySource ? ['no call was metered: the usage report stands in for metering'] : []),
      ],
    })
  }
  if (providers.length === 0) throw noBill(question, [])
  const isIncluded = (key: string | null) => key !== null && (lines.has(key) || reported.has(key))
  const others = [...metered].filter(([key]) => !isIncluded(key) && asked === null)
  return { providers, notBilled: others.flatMap(([, rows]) => notBilled(rows)) }
}

const day = 86_400_000_000

interface Sides {
  readonly reads: LedgerReads
  readonly hasMoney: boolean
  /** Sources that a provider reported itself, and those that somebody metered. The sample is neither. */
  readonly reports: readonly SourceRow[]
  readonly metered: readonly string[]
}

async function sidesOf(reads: LedgerReads, { reportFormats }: ReconcileTools): Promise<Sides> {
  const all = (await reads.sources()).filter(row => !row.sample)
  const calls = all.filter(row => row.calls > 0)
  return {
    reads,
    hasMoney: all.some(row => row.billedLines > 0),
    reports: calls.filter(row => reportFormats.includes(row.format)),
    metered: calls.filter(row => !reportFormats.includes(row.format)).map(row => row.source),
  }
}

/** Lines of which all days lie in the time asked about: half a line is not billed. */
function isIn(line: BilledLine, { fromMicros, toMicros }: ReconcileQuestion, zone: string): boolean {
  if (fromMicros === null && toMicros === null) return true
  const { fromDay, toDay } = daysOf(line, zone)
  return (
    (fromMicros === null || startOfDate(fromDay, zone) >= fromMicros) &&
    (toMicros === null || startOfDate(toDay, zone) <= toMicros)
  )
}

async function reportRows(side: Sides, question: ReconcileQuestion, book: PriceBook): Promise<MeteredRow[]> {
  const sources = side.reports.map(row => row.source)
  const rows = await meteredRows(side.reads, sources, {}, { unit: 'day', zone: 'UTC', book })
  const { fromMicros, toMicros, zone } = question
  const start = (at: number) => startOfDate(at / day, zone ?? 'UTC')
  return rows.filter(
    ({ atMicros }) =>
      (fromMicros === null || start(atMicros) >= fromMicros) &&
      (toMicros === null || start(atMicros + day) <= toMicros),
  )
}

/** A day more on both sides: days of another zone reach beyond those of UTC. */
const spanOf = (spans: readonly { fromMicros: number; toMicros: number }[]) => ({
  fromMicros: spans.reduce((at, one) => Math.min(at, one.fromMicros), Infinity) - day,
  toMicros: spans.reduce((at, one) => Math.max(at, one.toMicros), -Infinity) + day,
})

const usedBills = (lines: readonly BilledLine[]): BillUsed[] =>
  [...groupedBy(lines, line => line.source).values()].map(own => ({ name: own[0]!.name, what: 'money' }))

const usedReports = (reports: readonly SourceRow[], rows: readonly MeteredRow[]): BillUsed[] =>
  rows.length === 0 ? [] : reports.map(({ name }) => ({ name, what: 'tokens' }))

function notBilled(rows: readonly MeteredRow[]): NotBilled[] {
  return [...groupedBy(rows, row => row.named.provider)].flatMap(([provider, own]) => {
    const { calls, usd } = meteredSum(own)
    return isOwnServer(provider) ? [] : [{ provider, calls, usd: formatUsd(usd) }]
  })
}

function noBill({ provider }: ReconcileQuestion, billed: readonly string[]): Fault {
  if (provider !== null && billed.length > 0) {
    return new Fault('PROVIDER_NOT_BILLED', `there is no bill of ${provider}`, {
      where: '--provider',
      fix: `billed: ${[...new Set(billed)].sort().join(', ')}`,
    })
  }
  return new Fault('NO_BILL', 'there is no bill to compare with in that time', {
    where: '--bill',
    fix: "give a provider's cost or usage report, a FOCUS bill or an invoice: crossline reconcile --bill FILE",
  })
}

// A provider's bill beside what was metered of it, model by model and day by day, in; the reconciliation out, whose sums add up exactly.
import { add, formatUsd, type Money, zero } from '../meter/money.ts'
import { groupedBy } from '../statistics/grouped.ts'
import {
  type Compared,
  type DifferencePart,
  differenceParts,
  isSteadyRatio,
  namedParts,
  noParts,
  type Parts,
} from './reconcile-parts.ts'

/** Prompt and answer, whatever part of the prompt was cached. */
export interface TokenPair {
  readonly input: number
  readonly output: number
}

/** One model on one day of the bill, or what stands on the bill beside calls. */
export interface ReconcileCell extends Omit<Compared, 'stepUsd' | 'isSteady'> {
  /** `2026-11-20`, or `2026-11-01..2026-11-30` where the bill is not split by day. */
  readonly day: string
  /** Null: the bill names no models, or this is no call. */
  readonly model: string | null
  readonly isNoCall: boolean
  readonly tokens: { readonly metered: TokenPair; readonly reported: TokenPair | null }
}

export interface ReconcileEvidence {
  readonly provider: string
  /** False: only tokens are told (a usage report without a bill). */
  readonly hasMoney: boolean
  readonly stepUsd: Money
  readonly cells: readonly ReconcileCell[]
  readonly zone: BilledZone
  readonly bills: readonly BillUsed[]
  readonly notes: readonly string[]
}

export interface BilledZone {
  /** How the dates of the bill were read. */
  readonly read: string
  /** Where the days of the bill lie by what was metered, `UTC-08:00`; null: where they were read to lie, or not to be told. */
  readonly found: string | null
  /** Share of the bill that lies on other days than metered, as read and as found. */
  readonly mismatch: { readonly asRead: number; readonly asFound: number } | null
}

export interface BillUsed {
  readonly name: string
  readonly what: 'money' | 'tokens'
}

/** Sums of some of the cells. Money is exact, 12 decimals; a bill that tells only tokens has none. */
export interface ReconcileRow {
  readonly day: string | null
  readonly model: string | null
  readonly isNoCall: boolean
  readonly ledgerUsd: string
  readonly billUsd: string | null
  readonly differenceUsd: string | null
  /** Add up to the difference; null with it. */
  readonly parts: Readonly<Record<DifferencePart, string>> | null
  /** Tokens of the days as the provider cuts them; the bill's are null where no report tells them. */
  readonly tokens: { readonly ledger: TokenPair; readonly bill: TokenPair | null }
  /** Effective rates over all tokens; null where tokens or money are not told. */
  readonly usdPerMtok: { readonly ledger: number | null; readonly bill: number | null }
  readonly calls: number
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
  readonly estimatedCalls: number
}

export interface ProviderReconciliation {
  readonly provider: string
  readonly compared: 'money' | 'tokens'
  readonly bills: readonly BillUsed[]
  readonly zone: BilledZone
  readonly total: ReconcileRow
  readonly byDay: readonly ReconcileRow[]
  readonly byModel: readonly ReconcileRow[]
  readonly cells: readonly ReconcileRow[]
  /** Σ of the models' differences without their signs ÷ the bill, tax, credits and day boundaries aside; of tokens where the bill has no money. */
  readonly mismatch: number
  readonly isWithin: boolean
  readonly notes: readonly string[]
}

/** @param tolerance share of the bill, 0..1 */
export function reconcileProvider(evidence: ReconcileEvidence, tolerance: number): ProviderReconciliation {
  const { provider, hasMoney, bills, zone, notes } = evidence
  const cells = namedCells(evidence)
  const by = (keyOf: (cell: NamedCell) => string, named: 'day' | 'model') =>
    [...groupedBy(cells, keyOf).values()].map(some => rowOf(some, hasMoney, named))
  const byModel = by(cell => JSON.stringify([cell.isNoCall, cell.model]), 'model')
  const mismatch = hasMoney ? moneyMismatch(cells) : tokenMismatch(cells)
  return {
    provider,
    compared: hasMoney ? 'money' : 'tokens',
    bills,
    zone,
    total: rowOf(cells, hasMoney, null),
    byDay: by(cell => cell.day, 'day').sort((a, b) => (a.day! < b.day! ? -1 : 1)),
    byModel: byModel.sort((a, b) => weightOf(b) - weightOf(a)),
    cells: cells.map(cell => rowOf([cell], hasMoney, 'both')),
    mismatch,
    isWithin: mismatch <= tolerance,
    notes,
  }
}

interface NamedCell extends ReconcileCell {
  readonly parts: Parts
}

function namedCells({ cells, stepUsd }: ReconcileEvidence): NamedCell[] {
  return [...groupedBy(cells, cell => cell.model).values()].flatMap(own => {
    const calls = own.filter(cell => !cell.isNoCall)
    const isSteady = isSteadyRatio(
      calls.map(({ billed, asBilled }) => ({ billed: billed?.usd ?? zero, metered: asBilled.usd })),
    )
    return own.map(cell => ({
      ...cell,
      parts: cell.isNoCall
        ? { ...noParts, notCalls: cell.billed?.usd ?? zero }
        : namedParts({ ...cell, stepUsd, isSteady }),
    }))
  })
}

function rowOf(cells: readonly NamedCell[], hasMoney: boolean, named: 'day' | 'model' | 'both' | null): ReconcileRow {
  const [first] = cells
  const sum = (of: (cell: NamedCell) => Money) => cells.reduce((total, cell) => add(total, of(cell)), zero)
  const count = (of: (cell: NamedCell) => number) => cells.reduce((total, cell) => total + of(cell), 0)
  const [ledger, bill] = [sum(cell => cell.asDated.usd), sum(cell => cell.billed?.usd ?? zero)]
  const calls = cells.filter(cell => !cell.isNoCall)
  const metered = pairOf(calls.map(cell => cell.tokens.metered))
  const isReported = calls.some(cell => cell.tokens.reported !== null)
  const reported = isReported ? pairOf(calls.flatMap(cell => cell.tokens.reported ?? [])) : null
  const parts = differenceParts.map(part => [part, formatUsd(sum(cell => cell.parts[part]))])
  const billedCalls = (bill - sum(cell => cell.parts.notCalls)) as Money
  return {
    day: named === 'day' || named === 'both' ? (first?.day ?? null) : null,
    model: named === 'model' || named === 'both' ? (first?.model ?? null) : null,
    isNoCall: cells.length > 0 && calls.length === 0,
    ledgerUsd: formatUsd(ledger),
    billUsd: hasMoney ? formatUsd(bill) : null,
    differenceUsd: hasMoney ? formatUsd((bill - ledger) as Money) : null,
    parts: hasMoney ? (Object.fromEntries(parts) as Record<DifferencePart, string>) : null,
    tokens: { ledger: metered, bill: reported },
    usdPerMtok: {
      ledger: rate(
        sum(cell => cell.asBilled.usd),
        metered,
      ),
      bill: hasMoney && reported !== null ? rate(billedCalls, reported) : null,
    },
    calls: count(cell => cell.asDated.calls),
    unpricedCalls: count(cell => cell.asDated.unpricedCalls),
    unknownUsageCalls: count(cell => cell.asDated.unknownUsageCalls),
    estimatedCalls: count(cell => cell.asDated.estimatedCalls),
  }
}

const pairOf = (pairs: readonly TokenPair[]): TokenPair => ({
  input: pairs.reduce((sum, pair) => sum + pair.input, 0),
  output: pairs.reduce((sum, pair) => sum + pair.output, 0),
})

/** Pico-dollars for a token are dollars for a million of them. */
function rate(usd: Money, { input, output }: TokenPair): number | null {
  const tokens = input + output
  return tokens === 0 || usd === 0n ? null : Number(usd) / tokens / 1e6
}

const weightOf = (row: ReconcileRow): number =>
  row.isNoCall
    ? -1
    : Math.max(Number(row.ledgerUsd), Number(row.billUsd ?? 0)) ||
      (row.tokens.ledger.input + row.tokens.ledger.output) / 1e18

/** A model that is short by what another has too much is two mistakes, not none. */
function moneyMismatch(cells: readonly NamedCell[]): number {
  let apart = 0n
  let billed = 0n
  let metered = 0n
  for (const own of groupedBy(cells, cell => cell.model).values()) {
    let difference = 0n
    for (const { billed: line, asDated, parts } of own) {
      difference += (line?.usd ?? 0n) - asDated.usd - parts.zone - parts.notCalls
      billed += (line?.usd ?? 0n) - parts.notCalls
      metered += asDated.usd
    }
    apart += difference < 0n ? -difference : difference
  }
  return shareOf(Number(apart), billed > 0n ? Number(billed) : Number(metered))
}

function tokenMismatch(cells: readonly NamedCell[]): number {
  let apart = 0
  let reported = 0
  for (const own of groupedBy(cells, cell => cell.model).values()) {
    const theirs = pairOf(own.flatMap(cell => cell.tokens.reported ?? []))
    const ours = pairOf(own.map(cell => cell.tokens.metered))
    apart += Math.abs(theirs.input - ours.input) + Math.abs(theirs.output - ours.output)
    reported += theirs.input + theirs.output
  }
  return shareOf(apart, reported)
}

/** Something missing of nothing is all of it. */
const shareOf = (part: number, whole: number): number => (part === 0 ? 0 : whole > 0 ? part / whole : 1)

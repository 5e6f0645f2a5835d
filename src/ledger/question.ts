// What a store's answers have in common: names of dimensions checked, exact counts, a source found by any of its names.
import { Fault, nearestName } from '../core/fault/fault.ts'
import { type UsageKind, usageKinds } from '../core/meter/usage.ts'
import { type CallLabels, dimensions, type FramedCall, type ReportRow, type Slice, type SourceRow } from './ledger.ts'

/** Refuses a dimension that no call has. `tag:NAME` is always one. */
export function checkDimension(name: string, where = '--by'): void {
  if ((dimensions as readonly string[]).includes(name) || name.startsWith('tag:')) return
  const nearest = nearestName(name, dimensions)
  throw new Fault('UNKNOWN_DIMENSION', `unknown dimension "${name}"`, {
    where,
    fix: nearest ? `did you mean ${nearest}?` : `use one of ${dimensions.join(', ')}, or tag:NAME`,
  })
}

export function checkSlice(slice: Slice): void {
  for (const name of Object.keys(slice.where ?? {})) checkDimension(name, '--where')
}

/** A count as a number, or a Fault instead of a rounded one. */
export function exactCount(value: bigint | number | null): number | null {
  if (value === null) return null
  const count = Number(value)
  if (!Number.isSafeInteger(count)) {
    throw new Fault('COUNT_TOO_LARGE', `a sum of ${value} is beyond exact whole numbers`, {
      fix: 'ask for a shorter period',
    })
  }
  return count
}

/** Pico-dollars as an exact decimal string with 12 decimals. */
export function usdText(pico: bigint): string {
  const digits = (pico < 0n ? -pico : pico).toString().padStart(13, '0')
  return `${pico < 0n ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`
}

/** The source that `asked` names: its id, an unambiguous beginning of it (with or without `file:`), or a file name. */
export function findSource(asked: string, sources: readonly SourceRow[]): SourceRow {
  const exact = sources.find(row => row.source === asked)
  if (exact) return exact
  const matches = sources.filter(
    row =>
      row.name === asked ||
      (asked.length >= 4 && (row.source.startsWith(asked) || row.source.startsWith(`file:${asked}`))),
  )
  if (matches.length === 1) return matches[0]!
  if (matches.length > 1) {
    throw new Fault('AMBIGUOUS_SOURCE', `"${asked}" names ${matches.length} sources`, {
      fix: `use one of ${matches
        .slice(0, 8)
        .map(row => row.source)
        .join(', ')}${matches.length > 8 ? ' … (crossline import sources)' : ''}`,
    })
  }
  const nearest = nearestName(asked, [...sources.map(row => row.name), ...sources.map(row => row.source)])
  const known = sources.map(row => row.name).slice(0, 8)
  const list = known.length ? `the ledger holds ${known.join(', ')}` : 'the ledger is empty'
  throw new Fault('UNKNOWN_SOURCE', `no source named "${asked}"`, {
    fix: nearest ? `did you mean ${nearest}?` : list,
  })
}

/** Adds up a report's rows, exactly. */
/** What a row's money is made of, before it is text. */
export interface RowSums {
  readonly pico: bigint
  readonly beside: Beside
}

export function totalOf(rows: readonly (Omit<ReportRow, 'estimateUsd' | 'reported'> & RowSums)[]): ReportRow {
  const usage = {} as Record<UsageKind, number | null>
  for (const kind of usageKinds) {
    const known = rows.map(row => row.usage[kind]).filter(n => n !== null)
    usage[kind] = known.length ? exactCount(known.reduce((a, b) => a + b, 0)) : null
  }
  const sum = (field: 'calls' | 'unpricedCalls' | 'estimatedCalls' | 'unknownUsageCalls' | 'unsettledCalls') =>
    rows.reduce((n, row) => n + row[field], 0)
  return {
    key: {},
    calls: sum('calls'),
    usage,
    usd: usdText(rows.reduce((n, row) => n + row.pico, 0n)),
    unpricedCalls: sum('unpricedCalls'),
    estimatedCalls: sum('estimatedCalls'),
    unknownUsageCalls: sum('unknownUsageCalls'),
    unsettledCalls: sum('unsettledCalls'),
    ...beside(sumOfBeside(rows.map(row => row.beside))),
  }
}

/** Money beside what the priced calls cost: sums of pico-dollars. */
export interface Beside {
  readonly estimate: bigint | null
  readonly reportedCalls: number
  readonly reported: bigint
  readonly priced: bigint
}

/** Labels one by one → each name once, and which of them each is. */
export function labelBook() {
  const numbers = new Map<string | null, number>()
  const labels: number[] = []
  return {
    add(name: string | null): void {
      const number = numbers.get(name) ?? numbers.size
      if (number === numbers.size) numbers.set(name, number)
      labels.push(number)
    },
    whole: (): CallLabels => ({ labels: Int32Array.from(labels), names: [...numbers.keys()] }),
  }
}

/** As a row tells it. */
export function beside({
  estimate,
  reportedCalls,
  reported,
  priced,
}: Beside): Pick<ReportRow, 'estimateUsd' | 'reported'> {
  return {
    estimateUsd: estimate === null ? null : usdText(estimate),
    reported:
      reportedCalls === 0
        ? null
        : { calls: reportedCalls, usd: usdText(reported), differenceUsd: usdText(reported - priced) },
  }
}

function sumOfBeside(all: readonly Beside[]): Beside {
  const estimates = all.flatMap(({ estimate }) => estimate ?? [])
  return {
    estimate: estimates.length === 0 ? null : estimates.reduce((a, b) => a + b),
    reportedCalls: all.reduce((sum, one) => sum + one.reportedCalls, 0),
    reported: all.reduce((sum, one) => sum + one.reported, 0n),
    priced: all.reduce((sum, one) => sum + one.priced, 0n),
  }
}

type Key = Readonly<Record<string, unknown>>

/** The order of report rows: key by key in code-point order, what is not attributed last. */
export function byKey(a: Key, b: Key, names: readonly string[]): number {
  for (const name of names) {
    const [x, y] = [a[name], b[name]]
    if (x === y) continue
    if (x === null) return 1
    if (y === null) return -1
    if (name === 'hour') return Date.parse(String(x)) - Date.parse(String(y))
    return String(x) < String(y) ? -1 : 1
  }
  return 0
}

/** Refuses more calls than are held at once. */
export function withinFrame(calls: FramedCall[], most: number): FramedCall[] {
  if (calls.length <= most) return calls
  throw new Fault('SLICE_TOO_LARGE', `more than ${most} calls to draw from`, {
    fix: 'take a shorter time (--from, --to), or a part (--where feature=search)',
  })
}

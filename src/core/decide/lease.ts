// Observed GPU prices and the reader's choices in; the one named row that is billed, and the spread beside it, out.
import { Fault, nearestName } from '../fault/fault.ts'
import type { Choices } from './choices.ts'
import type { LeaseRow } from './evidence.ts'

export interface Lease {
  readonly usdPerGpuHour: number
  /** The row that is billed; null when the reader stated the price. */
  readonly row: LeaseRow | null
  /** Where the price comes from, for a reader. */
  readonly source: string
  /** One price per provider that sells this GPU on this term, ascending: what the band draws from. */
  readonly spread: readonly number[]
}

/**
 * The lease of a GPU: the stated price, or one named row, never a minimum over rows. Each provider is represented by
 * the median of its newest rows, and the row billed is the median provider's (the lower one of two); a row marked
 * `isDefault` wins. Null when nobody sells that GPU on that term.
 */
export function leaseOf(rows: readonly LeaseRow[], gpu: string, choices: Choices): Lease | null {
  if (choices.usdPerGpuHour !== null) {
    return { usdPerGpuHour: choices.usdPerGpuHour, row: null, source: 'stated by you', spread: [] }
  }
  const { term, providers } = choices
  const sold = rows.filter(
    row => row.gpu === gpu && row.term === term && (providers === null || providers.includes(row.provider)),
  )
  const dated = sold.filter(row => row.asOf !== null)
  const byProvider = new Map<string, LeaseRow[]>()
  for (const row of dated.length > 0 ? dated : sold) {
    const list = byProvider.get(row.provider)
    if (list === undefined) byProvider.set(row.provider, [row])
    else list.push(row)
  }
  const representatives = [...byProvider.values()].map(list => lowerMedian(newest(list))).sort(byPrice)
  if (representatives.length === 0) return null
  const row = sold.find(candidate => candidate.isDefault === true) ?? lowerMedian(representatives)
  return {
    usdPerGpuHour: priceOf(row),
    row,
    source: `${row.provider} ${row.term}, ${row.region}, ${row.asOf ?? 'undated'} (${row.source})`,
    spread: representatives.map(priceOf),
  }
}

/** GPUs billed for a replica. Whole instances are sold, and a replica may need less; today the share that it uses is billed. */
export function billedGpus(gpusPerReplica: number, _lease: Lease): number {
  return gpusPerReplica
}

/** Faults TERM_UNKNOWN and PROVIDER_UNKNOWN when no row at all has the term or provider asked for. */
export function checkLeaseChoices(rows: readonly LeaseRow[], choices: Choices): void {
  if (choices.usdPerGpuHour !== null || rows.length === 0) return
  const terms = new Set(rows.map(row => row.term))
  if (!terms.has(choices.term)) throw unknown('TERM_UNKNOWN', 'lease term', choices.term, terms)
  const providers = new Set(rows.map(row => row.provider))
  for (const provider of choices.providers ?? []) {
    if (!providers.has(provider)) throw unknown('PROVIDER_UNKNOWN', 'GPU provider', provider, providers)
  }
}

/** A fault for a name that is not among those known, with the nearest. */
export function unknown(code: string, what: string, asked: string, known: Iterable<string>): Fault {
  const names = [...known]
  const near = nearestName(asked, names)
  return new Fault(code, `no ${what} is called ${JSON.stringify(asked)}`, {
    where: what,
    fix: near === null ? `use one of ${[...names].sort().join(', ') || '(none known)'}` : `did you mean ${near}?`,
  })
}

const priceOf = (row: LeaseRow): number => Number(row.usdPerGpuHour)

function byPrice(a: LeaseRow, b: LeaseRow): number {
  return priceOf(a) - priceOf(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function newest(rows: readonly LeaseRow[]): LeaseRow[] {
  const last = rows.reduce<string | null>(
    (date, row) => (row.asOf !== null && row.asOf > (date ?? '') ? row.asOf : date),
    null,
  )
  return rows.filter(row => row.asOf === last)
}

function lowerMedian(rows: readonly LeaseRow[]): LeaseRow {
  const ordered = [...rows].sort(byPrice)
  return ordered[Math.floor((ordered.length - 1) / 2)]!
}

// Observed GPU prices and the reader's choices in; the one named row that is billed, and the spread beside it, out.

import { Fault, nearestName } from '../fault/fault.ts'
import { groupedBy } from '../statistics/grouped.ts'
import { lowerMiddle } from '../statistics/sample.ts'
import type { FleetTerms } from './answer.ts'
import type { Choices } from './choices.ts'
import type { LeaseRow } from './evidence.ts'
import type { OwnLease } from './own-lease.ts'

/** An hour of a GPU as it is sold: at a price, in instances of so many. */
export interface LeasePrice {
  readonly usdPerGpuHour: number
  /** Whole instances are leased; null = any number of GPUs is. */
  readonly gpusPerInstance: number | null
}

export interface Lease extends LeasePrice {
  /** The row that is billed; null when the reader stated the price. */
  readonly row: LeaseRow | null
  /** Where the price comes from, for a reader. */
  readonly source: string
  /** One row per provider that sells this GPU on this term, ascending by price: what the band draws from. */
  readonly spread: readonly LeasePrice[]
  /** Servers of one's own: what they cost beside the hours; absent = rented. */
  readonly own?: OwnLease
}

/**
 * The lease of a GPU: the stated price, or one named row, never a minimum over rows. Each provider is represented by
 * the median of its newest rows, and the row billed is the median provider's (the lower one of two); a row marked
 * `isDefault` wins. Null when nobody sells that GPU on that term.
 */
export function leaseOf(rows: readonly LeaseRow[], gpu: string, choices: Choices): Lease | null {
  const { term, providers, gpusPerInstance } = choices
  if (choices.usdPerGpuHour !== null) {
    return { usdPerGpuHour: choices.usdPerGpuHour, gpusPerInstance, row: null, source: 'stated by you', spread: [] }
  }
  const sold = rows.filter(
    row =>
      row.gpu === gpu &&
      row.term === term &&
      (providers === null || providers.includes(row.provider)) &&
      (gpusPerInstance === null || row.gpusPerInstance === gpusPerInstance),
  )
  const dated = sold.filter(row => row.asOf !== null)
  const byProvider = groupedBy(dated.length > 0 ? dated : sold, ({ provider }) => provider)
  const representatives = [...byProvider.values()].map(list => lowerMedian(newest(list))).sort(byPrice)
  if (representatives.length === 0) return null
  const row = sold.find(candidate => candidate.isDefault === true) ?? lowerMedian(representatives)
  // The row that is billed stands for its provider, the default one too.
  const spread = representatives.map(one => (one.provider === row.provider ? row : one)).sort(byPrice)
  const instances = row.gpusPerInstance === 1 ? '' : `, by ${row.gpusPerInstance} GPUs`
  return {
    ...priceOf(row),
    row,
    source: `${row.provider} ${row.term}, ${row.region}${instances}, ${row.asOf ?? 'undated'} (${row.source})`,
    spread: spread.map(priceOf),
  }
}

/**
 * How a replica fits what is leased. An instance holds as many whole replicas as fit, and all of its GPUs are billed; a
 * replica larger than an instance takes as many whole ones as it needs.
 */
export function instanceOf(
  gpusPerReplica: number,
  gpusPerInstance: number | null,
): { readonly replicasPerInstance: number; readonly billedGpusPerReplica: number } {
  if (gpusPerInstance === null) return { replicasPerInstance: 1, billedGpusPerReplica: gpusPerReplica }
  const replicasPerInstance = Math.max(1, Math.floor(gpusPerInstance / gpusPerReplica))
  const instances = Math.ceil(gpusPerReplica / gpusPerInstance)
  return { replicasPerInstance, billedGpusPerReplica: (instances * gpusPerInstance) / replicasPerInstance }
}

/** The terms of a fleet leased `from` one price, at another. */
export function leasedAt(terms: FleetTerms, gpusPerReplica: number, from: LeasePrice, to: LeasePrice): FleetTerms {
  if (from.usdPerGpuHour === to.usdPerGpuHour && from.gpusPerInstance === to.gpusPerInstance) return terms
  const hours = (price: LeasePrice) =>
    instanceOf(gpusPerReplica, price.gpusPerInstance).billedGpusPerReplica * price.usdPerGpuHour
  const times = hours(to) / hours(from)
  return {
    ...terms,
    replicaUsdPerMonth: terms.replicaUsdPerMonth * times,
    replicaGpuUsdPerMonth: terms.replicaGpuUsdPerMonth * times,
    replicasPerInstance: instanceOf(gpusPerReplica, to.gpusPerInstance).replicasPerInstance,
  }
}

/** The shortest time that a term is sold for, hours; 0 = by the hour or less. */
export function leastHours(term: string): number {
  return termHours[term] ?? 0
}

/** A reservation is for its year; AWS sells capacity blocks by the day (AWS EC2 Capacity Blocks for ML, user guide). */
const termHours: Readonly<Record<string, number>> = { reserved_1y: 8760, reserved_3y: 26280, capacity_block: 24 }

/** The term where nobody states one. */
const unstatedTerm = 'on_demand'

/**
 * Faults TERM_UNKNOWN and PROVIDER_UNKNOWN when no row at all has the term or provider asked for. GPUs that nobody leases by
 * the term that nobody stated are no wrong question: their price is unknown.
 */
export function checkLeaseChoices(rows: readonly LeaseRow[], choices: Choices): void {
  if (choices.usdPerGpuHour !== null || rows.length === 0) return
  const terms = new Set(rows.map(row => row.term))
  if (choices.term !== unstatedTerm && !terms.has(choices.term))
    throw unknown('TERM_UNKNOWN', 'lease term', choices.term, terms)
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

const priceOf = ({ usdPerGpuHour, gpusPerInstance }: LeaseRow): LeasePrice => ({
  usdPerGpuHour: Number(usdPerGpuHour),
  gpusPerInstance,
})

function byPrice(a: LeaseRow, b: LeaseRow): number {
  return Number(a.usdPerGpuHour) - Number(b.usdPerGpuHour) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function newest(rows: readonly LeaseRow[]): LeaseRow[] {
  const last = rows.reduce<string | null>(
    (date, row) => (row.asOf !== null && row.asOf > (date ?? '') ? row.asOf : date),
    null,
  )
  return rows.filter(row => row.asOf === last)
}

function lowerMedian(rows: readonly LeaseRow[]): LeaseRow {
  return lowerMiddle([...rows].sort(byPrice))!
}

// Sums as a report tells them now, and how much of each the ledger has, in; what is new of them, out: a day that was reported before its end has grown.
import type { DrawnSum } from '../core/meter/load.ts'
import { type Money, zero } from '../core/meter/money.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { type Aggregate, labels, type SummedKind, summedKinds } from './aggregate.ts'

export interface NamedSum extends Aggregate {
  /** The stretch of time and all labels: sums that a report splits by something that it does not name have one name. */
  readonly name: string
}

export interface NewPart {
  readonly sum: NamedSum
  /** The number of its first request: those before are there. */
  readonly first: number
}

/** What is new of each sum, and how many requests of them all are there already. */
export function newParts(
  sums: readonly NamedSum[],
  before: ReadonlyMap<string, DrawnSum>,
): { readonly parts: readonly NewPart[]; readonly there: number } {
  const parts: NewPart[] = []
  let there = 0
  for (const [name, own] of groupedBy(sums, sum => sum.name)) {
    const known = before.get(name)
    if (known === undefined) {
      for (const sum of own) parts.push({ sum, first: 0 })
      continue
    }
    const rest = grownBy(own, known)
    there += Math.min(known.requests, own.reduce((n, { requests }) => n + (requests ?? 0), 0) || known.requests)
    if (rest !== null) parts.push({ sum: rest, first: known.next })
  }
  return { parts, there }
}

/** Null: no more than the ledger has, as the same report, or one of before, tells. */
function grownBy(own: readonly NamedSum[], known: DrawnSum): NamedSum | null {
  const total = (of: (sum: NamedSum) => number) => own.reduce((sum, one) => sum + of(one), 0)
  const sums: Partial<Record<SummedKind, number>> = {}
  for (const kind of summedKinds) {
    const more = total(one => one.sums[kind] ?? 0) - knownOf(known, kind)
    if (more > 0) sums[kind] = more
  }
  const isCounted = own.every(one => one.requests !== null)
  const requests = isCounted ? Math.max(0, total(one => one.requests ?? 0) - known.requests) : null
  if (Object.keys(sums).length === 0 && !requests) return null
  const usd = own.every(one => one.usd !== null)
    ? own.reduce((sum, one) => sum + one.usd!, 0n) - (known.usd ?? zero)
    : null
  return {
    ...own[0]!,
    // Tokens belong to some request, whatever the report says of their number.
    requests: requests === 0 ? 1 : requests,
    failed: Math.max(0, total(one => one.failed) - known.failed),
    sums,
    usd: usd === null ? null : ((usd > 0n ? usd : 0n) as Money),
  }
}

function knownOf({ usage }: DrawnSum, kind: SummedKind): number {
  const of = (name: keyof typeof usage) => usage[name] ?? 0
  return kind === 'cacheWriteOther' ? of('cacheWrite') - of('cacheWrite5m') - of('cacheWrite1h') : of(kind)
}

/** The stretch of time and which labels beside the model are said, of the name of a sum; only the model's name may hold a `/`. */
function shapeOf(name: string): { readonly from: number; readonly to: number; readonly said: readonly boolean[] } {
  const parts = name.split('/')
  return { from: Number(parts[0]), to: Number(parts[1]), said: parts.slice(2 - labels.length).map(part => part !== '') }
}

/**
 * Whether the ledger has sums of other stretches or labels over the same time, as of a report by hour beside one by day, or
 * by project beside one of the whole account: they most likely count the same requests.
 */
export function areCutOtherwise(names: readonly string[], before: Iterable<string>): boolean {
  const labelled = (shapes: readonly ReturnType<typeof shapeOf>[]) =>
    labels.slice(2).map((_, i) => shapes.some(({ said }) => said[i]))
  const mine = [...new Set(names)].map(shapeOf)
  const own = new Set(names)
  const others = [...before].filter(name => !own.has(name)).map(shapeOf)
  const stretches = groupedBy(mine, ({ from, to }) => `${from}/${to}`)
  const same = groupedBy(others, ({ from, to }) => `${from}/${to}`)
  const overlapping = [...same.values()].flatMap(([one]) => (one === undefined ? [] : [one]))
  return [...stretches].some(([stretch, shapes]) => {
    const { from, to } = shapes[0]!
    if (overlapping.some(one => one.from < to && one.to > from && (one.from !== from || one.to !== to))) return true
    const beside = same.get(stretch)
    return beside !== undefined && labelled(beside).some((isSaid, i) => isSaid !== labelled(shapes)[i])
  })
}

// The tokens that a record of a try tells, as an object `usage` or in columns by kind, in; its usage out.
import { type Usage, type UsageKind, unknownUsage, usageKinds } from '../../core/meter/usage.ts'

/** Null where it tells none. Counts that do not read as such are unknown: no figure that chooses rests on them. */
export function plainUsage(record: Readonly<Record<string, unknown>>): Usage | null {
  const { usage } = record
  const told = typeof usage === 'object' && usage !== null ? (usage as Record<string, unknown>) : record
  const counts = usageKinds.flatMap(kind => {
    const count = countOf(told[kind])
    return count === null ? [] : [[kind, count] as const]
  })
  return counts.length === 0 ? null : { ...unknownUsage, ...(Object.fromEntries(counts) as Record<UsageKind, number>) }
}

export function countOf(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return null
  const count = Number(value)
  return Number.isSafeInteger(count) && count >= 0 ? count : null
}

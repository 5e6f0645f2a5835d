// What a bill says of each day and what was metered hour by hour in; at which hour the provider's days begin, out.
import { microsPerDay } from '../meter/calendar.ts'

export interface BilledDays {
  /** When the first of them begins, as read; each is 24 hours long. */
  readonly fromMicros: number
  /** Day by day, by model. */
  readonly amounts: readonly ReadonlyMap<string | null, number>[]
}

/** Metered in one hour, of one model. */
export interface MeteredHour {
  readonly atMicros: number
  readonly model: string | null
  readonly amount: number
}

/** Days of the bill match the ledger's when they begin `hours` later than read; mismatches are shares of what was billed. */
export interface DayShift {
  readonly hours: number
  readonly mismatch: number
  readonly unshifted: number
}

/** Fewer days of models than this fit some hour by chance. */
const fewest = 7
/** Under this nothing needs explaining; and a shift must leave no more than this part of what it explains. */
const worthExplaining = 0.01
const mostLeft = 0.25

const hourMicros = 3_600_000_000

/**
 * Zones lie from UTC-12 to UTC+14. The whole period's ratio of bill to ledger is taken out model by model first: another
 * price, or a share of the traffic that is never metered, is no matter of days. Null: as read, or not to be told.
 */
export function dayShift(days: BilledDays, hours: readonly MeteredHour[]): DayShift | null {
  if (tellingCells(days, hours) < fewest) return null
  const unshifted = mismatchAt(days, hours, 0)
  if (unshifted < worthExplaining) return null
  let best = { hours: 0, mismatch: unshifted }
  // Of hours that fit alike the nearest: where calls are few, many do.
  const shifts = Array.from({ length: 27 }, (_, i) => i - 14).sort((a, b) => a * a - b * b)
  for (const shift of shifts) {
    const mismatch = mismatchAt(days, hours, shift)
    if (mismatch < best.mismatch) best = { hours: shift, mismatch }
  }
  return best.mismatch <= mostLeft * unshifted ? { ...best, unshifted } : null
}

/** Days of models that both sides know: one that is billed on a single day fits whatever hour that day begins. */
function tellingCells({ amounts }: BilledDays, hours: readonly MeteredHour[]): number {
  const metered = new Set(hours.filter(({ amount }) => amount > 0).map(({ model }) => model))
  const days = new Map<string | null, number>()
  for (const day of amounts) {
    for (const [model, amount] of day) {
      if (amount > 0 && metered.has(model)) days.set(model, (days.get(model) ?? 0) + 1)
    }
  }
  return [...days.values()].reduce((sum, n) => sum + (n > 1 ? n : 0), 0)
}

/** Σ |billed − ratio × metered| ÷ Σ billed, with days cut so many hours later. */
function mismatchAt({ fromMicros, amounts: billed }: BilledDays, hours: readonly MeteredHour[], shift: number): number {
  const sums = billed.map(() => new Map<string | null, number>())
  for (const { atMicros, model, amount } of hours) {
    const sum = sums[Math.floor((atMicros - shift * hourMicros - fromMicros) / microsPerDay)]
    sum?.set(model, (sum.get(model) ?? 0) + amount)
  }
  const total = (maps: readonly ReadonlyMap<string | null, number>[], model: string | null) =>
    maps.reduce((sum, one) => sum + (one.get(model) ?? 0), 0)
  const models = new Set([...billed, ...sums].flatMap(map => [...map.keys()]))
  let apart = 0
  let all = 0
  for (const model of models) {
    const [theirs, ours] = [total(billed, model), total(sums, model)]
    // A model that only one side knows says nothing of days.
    if (theirs <= 0 || ours <= 0) continue
    all += theirs
    for (const [k, amounts] of billed.entries()) {
      const misses = (amounts.get(model) ?? 0) - (theirs / ours) * (sums[k]!.get(model) ?? 0)
      apart += misses < 0 ? -misses : misses
    }
  }
  return all === 0 ? 0 : apart / all
}

/** `UTC-08:00` for days that begin eight hours after those of UTC. */
export function offsetText(hours: number): string {
  const whole = String(hours < 0 ? -hours : hours).padStart(2, '0')
  return `UTC${hours > 0 ? '-' : '+'}${whole}:00`
}

// Leases and days in; what each lease cost on each day out, exact: the days of a lease add up to hours × rate to the pico-dollar.
import { decimal, type Money, roundHalfEven, zero } from '../meter/money.ts'
import type { LocalDay, OwnLease } from './savings-evidence.ts'

export const microsPerHour = 3_600_000_000

/** One lease on one day. `usd` = `sunkUsd` + `avoidableUsd`. */
export interface LeaseDay {
  readonly gpuHours: number
  readonly usd: Money
  /** Paid under a commitment that still ran: nothing that could have been stopped. */
  readonly sunkUsd: Money
  readonly avoidableUsd: Money
}

/**
 * Each day is the difference of the rounded cost up to its end and up to its start, so that any days add up to the cost
 * of their whole, rounded once. `days` are contiguous and ascending.
 */
export function leaseDays(lease: OwnLease, days: readonly LocalDay[]): LeaseDay[] {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return []
  const start = Math.max(lease.fromMicros, first.fromMicros)
  const end = Math.max(start, Math.min(lease.toMicros ?? Number.POSITIVE_INFINITY, last.toMicros))
  const committed = lease.committedUntilMicros ?? Number.NEGATIVE_INFINITY
  const { unscaled, scale } = decimal(lease.usdPerGpuHour)
  const perMicro = BigInt(lease.count) * unscaled * 10n ** 12n
  const micros = (until: number) => Math.max(0, Math.min(until, end) - start)
  const upTo = (until: number): bigint =>
    roundHalfEven(perMicro * BigInt(micros(until)), BigInt(microsPerHour) * 10n ** BigInt(scale))
  return days.map(({ fromMicros, toMicros }) => {
    const usd = upTo(toMicros) - upTo(fromMicros)
    const sunk = upTo(Math.min(toMicros, committed)) - upTo(Math.min(fromMicros, committed))
    return {
      gpuHours: (lease.count * (micros(toMicros) - micros(fromMicros))) / microsPerHour,
      usd: usd as Money,
      sunkUsd: sunk as Money,
      avoidableUsd: (usd - sunk) as Money,
    }
  })
}

/** What running the fleet costs beside its leases, by day: for as long as any lease runs, exact and rounded cumulatively. */
export function operationsDays(
  usdPerMonth: number,
  hoursPerMonth: number,
  leases: readonly OwnLease[],
  days: readonly LocalDay[],
): Money[] {
  const rate = decimal(String(usdPerMonth))
  const month = decimal(String(hoursPerMonth))
  const top = rate.unscaled * 10n ** 12n * 10n ** BigInt(month.scale)
  const bottom = BigInt(microsPerHour) * 10n ** BigInt(rate.scale) * month.unscaled
  let micros = 0n
  let before = zero
  return days.map(day => {
    micros += BigInt(runningMicros(leases, day))
    const now = roundHalfEven(top * micros, bottom) as Money
    const usd = (now - before) as Money
    before = now
    return usd
  })
}

/** Time of a day in which at least one lease runs. */
export function runningMicros(leases: readonly OwnLease[], day: LocalDay): number {
  const spans = leases
    .map(lease => [
      Math.max(lease.fromMicros, day.fromMicros),
      Math.min(lease.toMicros ?? Number.POSITIVE_INFINITY, day.toMicros),
    ])
    .sort((a, b) => a[0]! - b[0]!)
  let until = day.fromMicros
  let sum = 0
  for (const [from, to] of spans) {
    const start = Math.max(from!, until)
    if (to! <= start) continue
    sum += to! - start
    until = to!
  }
  return sum
}

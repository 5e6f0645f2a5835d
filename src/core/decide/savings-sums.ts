// Leases and calls of some days in; their money and counts added up, exactly, out.
import { add, formatUsd, fromPico, type Money, zero } from '../meter/money.ts'
import { estimate } from '../statistics/estimate.ts'
import type { BusyDay } from './busy-days.ts'
import { type Bill, noBill, together } from './counterfactual.ts'
import type { LeaseDay } from './lease-days.ts'
import type { Elsewhere, SavingsSums } from './savings-answer.ts'
import type { OwnLease, ServedCalls } from './savings-evidence.ts'
import { dollars } from './savings-verdict.ts'

/** Money and calls of some days, before they are printed. `busy` null = unknown. */
export interface Sums {
  readonly gpuHours: number
  readonly leased: Money
  readonly sunk: Money
  readonly avoidable: Money
  readonly operations: Money
  readonly busy: Money | null
  readonly busyLow: number
  readonly busyHigh: number
  readonly calls: number
  readonly unknownUsageCalls: number
  readonly input: number
  readonly output: number
  readonly hosted: Bill
  readonly frontier: Bill
}

/** What sums begin with. */
export const nothing: Sums = {
  gpuHours: 0,
  leased: zero,
  sunk: zero,
  avoidable: zero,
  operations: zero,
  busy: zero,
  busyLow: 0,
  busyHigh: 0,
  calls: 0,
  unknownUsageCalls: 0,
  input: 0,
  output: 0,
  hosted: noBill,
  frontier: noBill,
}

/** Two sums as one; unknown in either is unknown in both together. */
export function plus(a: Sums, b: Sums): Sums {
  return {
    gpuHours: a.gpuHours + b.gpuHours,
    leased: add(a.leased, b.leased),
    sunk: add(a.sunk, b.sunk),
    avoidable: add(a.avoidable, b.avoidable),
    operations: add(a.operations, b.operations),
    busy: a.busy === null || b.busy === null ? null : add(a.busy, b.busy),
    busyLow: a.busyLow + b.busyLow,
    busyHigh: a.busyHigh + b.busyHigh,
    calls: a.calls + b.calls,
    unknownUsageCalls: a.unknownUsageCalls + b.unknownUsageCalls,
    input: a.input + b.input,
    output: a.output + b.output,
    hosted: together(a.hosted, b.hosted),
    frontier: together(a.frontier, b.frontier),
  }
}

export function leaseSum(days: readonly LeaseDay[]): Pick<Sums, 'gpuHours' | 'leased' | 'sunk' | 'avoidable'> {
  return {
    gpuHours: days.reduce((sum, day) => sum + day.gpuHours, 0),
    leased: days.reduce((sum, day) => add(sum, day.usd), zero),
    sunk: days.reduce((sum, day) => add(sum, day.sunkUsd), zero),
    avoidable: days.reduce((sum, day) => add(sum, day.avoidableUsd), zero),
  }
}

/** The busy part of each lease's money, rounded once a day and lease; what is left is idle, so the two always add up. */
export function busySum(
  leases: readonly OwnLease[],
  byLease: readonly (readonly LeaseDay[])[],
  day: number,
  busy: BusyDay | null,
): Pick<Sums, 'busy' | 'busyLow' | 'busyHigh'> {
  if (busy === null) return { busy: null, busyLow: 0, busyHigh: 0 }
  let [sum, low, high] = [zero, 0, 0]
  leases.forEach((lease, i) => {
    const { usd } = byLease[i]![day]!
    const share = busy.byGpu.get(lease.gpu)
    if (share === undefined) return
    // Twelve digits of the estimate: the product is whole pico-dollars and never above the lease.
    sum = add(sum, fromPico((usd * BigInt(Math.round(share.value * 1e12))) / 1_000_000_000_000n))
    low += dollars(usd) * share.low
    high += dollars(usd) * share.high
  })
  return { busy: sum, busyLow: low, busyHigh: high }
}

export function callSum(served: readonly ServedCalls[]) {
  return {
    calls: served.reduce((sum, one) => sum + one.calls, 0),
    unknownUsageCalls: served.reduce((sum, one) => sum + one.unknownUsageCalls, 0),
    input: served.reduce((sum, one) => sum + one.inputTokens, 0),
    output: served.reduce((sum, one) => sum + one.outputTokens, 0),
  }
}

/** GPU-hours of one day by kind of GPU. */
export function gpuHoursOf(leases: readonly OwnLease[], byLease: readonly (readonly LeaseDay[])[], day: number) {
  const hours = new Map<string, number>()
  leases.forEach(({ gpu }, i) => {
    hours.set(gpu, (hours.get(gpu) ?? 0) + byLease[i]![day]!.gpuHours)
  })
  return hours
}

/** Null where there are calls and none has a price: the rest is the priced part, its lack counted beside it. */
export function elsewhere({ usd, calls, unpricedCalls, unknownUsageCalls }: Bill): Elsewhere {
  const isPriced = calls === 0 || unpricedCalls + unknownUsageCalls < calls
  return { usd: isPriced ? formatUsd(usd) : null, unpricedCalls }
}

/** Sums as they are told: money exact, estimates to 12 digits. */
export function printed(sums: Sums): SavingsSums {
  const { leased, busy } = sums
  const usd = dollars(leased)
  const share = (part: number) => (usd === 0 ? 0 : estimate(Math.min(1, part / usd)))
  return {
    gpuHours: estimate(sums.gpuHours),
    leasedUsd: formatUsd(leased),
    sunkUsd: formatUsd(sums.sunk),
    avoidableUsd: formatUsd(sums.avoidable),
    operationsUsd: formatUsd(sums.operations),
    loadedUsd: formatUsd(add(leased, sums.operations)),
    busyUsd: busy === null ? null : formatUsd(busy),
    idleUsd: busy === null ? null : formatUsd((leased - busy) as Money),
    busyShare:
      busy === null ? null : { value: share(dollars(busy)), low: share(sums.busyLow), high: share(sums.busyHigh) },
    calls: sums.calls,
    unknownUsageCalls: sums.unknownUsageCalls,
    tokens: { input: sums.input, output: sums.output },
    hosted: elsewhere(sums.hosted),
    frontier: elsewhere(sums.frontier),
  }
}

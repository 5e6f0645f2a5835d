// Cost terms and a volume in; the monthly bill, its parts, replicas and utilization out. Every curve is evaluated here.
import { estimate } from '../statistics/estimate.ts'
import type { Breakdown, CostTerms, FleetTerms } from './answer.ts'

/**
 * A monthly bill as a function of volume v in million tokens, for v ≤ limit: fixed + slope·v + step·⌈(n(v) + spare) ÷ lot⌉,
 * n(v) = max(minimum, ⌈v ÷ capacity⌉) replicas that serve. An API has step 0; own GPUs have the slope of what they send
 * elsewhere; `capacity` is Infinity when one replica serves everything.
 */
export interface Curve {
  readonly fixed: number
  readonly slope: number
  /** USD of a lot: GPUs are leased by whole instances, which hold `lot` replicas each. */
  readonly step: number
  readonly lot?: number | undefined
  /** Replicas paid for beside those that serve. */
  readonly spare?: number | undefined
  readonly capacity: number
  readonly minimum: number
  readonly limit: number
  /**
   * A small fleet whose bursts need more replicas than its load: the first `replicas` of them carry only `capacity` each
   * (less than `capacity` above). n(v) = max(minimum, ⌈v ÷ capacity⌉, min(replicas, ⌈v ÷ knee.capacity⌉)).
   */
  readonly knee?: { readonly replicas: number; readonly capacity: number } | undefined
}

/** Relative distance within which two computed volumes are the same: demand of exactly n replicas is n, not n + 1. */
const sameVolume = 1e-12

/** ⌈x⌉, where x within rounding of a whole number is that number. */
export function ceiling(x: number, tolerance = sameVolume): number {
  const near = Math.round(x)
  return Math.abs(x - near) <= tolerance * Math.max(1, Math.abs(near)) ? near : Math.ceil(x)
}

/** ⌊x⌋, where x within rounding of a whole number is that number. */
export function floor(x: number, tolerance = sameVolume): number {
  return -ceiling(-x, tolerance)
}

/** The bill at `v` million tokens a month; Infinity beyond the limit: what is not served has no price. */
export function curveAt(curve: Curve, v: number): number {
  if (v > curve.limit * (1 + sameVolume)) return Number.POSITIVE_INFINITY
  return curve.fixed + curve.slope * v + (curve.step === 0 ? 0 : curve.step * lotsFor(curve, servingAt(curve, v)))
}

/** How many replicas serve at volume `v`: one that is exactly full carries its volume. */
export function servingAt(curve: Curve, v: number): number {
  const { knee } = curve
  const replicas = Math.max(curve.minimum, v <= 0 ? 0 : ceiling(v / curve.capacity))
  if (knee === undefined || replicas >= knee.replicas) return replicas
  return Math.max(replicas, Math.min(knee.replicas, v <= 0 ? 0 : ceiling(v / knee.capacity)))
}

/** How many replicas serve just above volume `v`. */
export function servingAfter(curve: Curve, v: number): number {
  const { knee } = curve
  const anyVolume = curve.capacity === Number.POSITIVE_INFINITY
  const replicas = Math.max(curve.minimum, anyVolume ? 0 : floor(v / curve.capacity) + 1)
  if (knee === undefined || replicas >= knee.replicas) return replicas
  return Math.max(replicas, Math.min(knee.replicas, floor(v / knee.capacity) + 1))
}

/** Lots leased for so many replicas that serve, spares beside them. */
export function lotsFor({ lot = 1, spare = 0 }: Curve, serving: number): number {
  return Math.ceil((serving + spare) / lot)
}

/** How many replicas serve when so many lots are full. */
export function servingIn({ lot = 1, spare = 0 }: Curve, lots: number): number {
  return lots * lot - spare
}

/** The largest volume that so many replicas carry, million tokens a month. */
export function endOf(curve: Curve, serving: number): number {
  return serving * (curve.knee !== undefined && serving < curve.knee.replicas ? curve.knee.capacity : curve.capacity)
}

/** Cost terms as a curve over million tokens a month. A fixed fleet is one step that ends where it is full. */
export function curveOf(terms: CostTerms): Curve {
  const anyVolume = Number.POSITIVE_INFINITY
  if (terms.kind === 'api') {
    const { fixedUsdPerMonth: fixed, usdPerMtok: slope } = terms
    return { fixed, slope, step: 0, capacity: anyVolume, minimum: 0, limit: anyVolume }
  }
  const { fixedUsdPerMonth: fixed, replicaMtokPerMonth: capacity, spareReplicas: spare } = terms
  const lot = terms.replicasPerInstance ?? 1
  const step = terms.replicaUsdPerMonth * lot
  const slope = elsewhereUsdPerMtok(terms) + (terms.busyUsdPerMtok ?? 0)
  const knee = terms.knee && { replicas: terms.knee.replicas, capacity: terms.knee.replicaMtokPerMonth }
  const sized: Curve = { fixed, slope, step, lot, spare, capacity, minimum: terms.minReplicas, limit: anyVolume, knee }
  if (terms.fixedReplicas === null) return sized
  const all = fixed + step * Math.ceil(terms.fixedReplicas / lot)
  return { fixed: all, slope, step: 0, capacity: anyVolume, minimum: 0, limit: endOf(sized, terms.fixedReplicas) }
}

/** What a million tokens of own GPUs' traffic cost at the APIs that take its refused and late calls. */
export function elsewhereUsdPerMtok({ escalationUsdPerMtok = 0, spillUsdPerMtok = 0 }: FleetTerms): number {
  return escalationUsdPerMtok + spillUsdPerMtok
}

/** USD a month at a volume. Infinity where a fixed fleet cannot serve the volume. */
export function costAt(terms: CostTerms, tokensPerMonth: number): number {
  return estimate(curveAt(curveOf(terms), tokensPerMonth / 1e6))
}

/** The largest volume that the option serves, tokens a month; Infinity but for a fixed fleet. */
export function mostTokensPerMonth(terms: CostTerms): number {
  return curveOf(terms).limit * 1e6
}

/** Replicas that run at a volume, spares included; null for an API. A fixed fleet is that many at any volume. */
export function replicasAt(terms: CostTerms, tokensPerMonth: number): number | null {
  if (terms.kind === 'api') return null
  return servingReplicas(terms, tokensPerMonth) + spareOf(terms)
}

/** Replicas that the leased GPUs have room for: whole instances are leased. Null for an API. */
export function roomAt(terms: CostTerms, tokensPerMonth: number): number | null {
  if (terms.kind === 'api') return null
  const lot = terms.replicasPerInstance ?? 1
  return Math.ceil(replicasAt(terms, tokensPerMonth)! / lot) * lot
}

/**
 * Volume ÷ what all leased GPUs would serve if always saturated, whatever the latency; null for an API and for no
 * replicas. A fleet whose bursts leave it idle most of the time is little used, however full of its objective it is.
 */
export function utilizationAt(terms: CostTerms, tokensPerMonth: number): number | null {
  const room = roomAt(terms, tokensPerMonth)
  if (terms.kind === 'api' || room === null || room === 0) return null
  const saturatedMtok = terms.saturatedMtokPerMonth ?? terms.throughputMtokPerMonth
  return estimate(tokensPerMonth / 1e6 / (room * saturatedMtok))
}

/**
 * The bill by cause, USD a month; the parts add up to `costAt` (law 3). Busy time is read from the load curve at the
 * mean load of the serving replicas; the rest of their lease is idle, and so are GPUs of an instance that no replica
 * uses. Spares are `redundancy`, overhead on their lease included; overhead on the rest and the fixed cost are
 * `operations`; calls that the fleet is too late for are `spill`.
 */
export function breakdownAt(terms: CostTerms, tokensPerMonth: number): Breakdown {
  const none = { gpuCold: 0, escalation: 0 }
  if (terms.kind === 'api') {
    const elsewhere = terms.escalationUsdPerMtok ?? 0
    const tokens = estimate(((terms.usdPerMtok - elsewhere) * tokensPerMonth) / 1e6)
    const escalation = estimate((elsewhere * tokensPerMonth) / 1e6)
    const operations = estimate(terms.fixedUsdPerMonth)
    return { tokens, gpuBusy: 0, gpuIdle: 0, redundancy: 0, operations, spill: 0, ...none, escalation }
  }
  const spare = spareOf(terms)
  const unspared = roomAt(terms, tokensPerMonth)! - spare
  const leased = unspared * terms.replicaGpuUsdPerMonth
  const busy = servingReplicas(terms, tokensPerMonth) * terms.replicaGpuUsdPerMonth * busyShareAt(terms, tokensPerMonth)
  const power = ((terms.busyUsdPerMtok ?? 0) * tokensPerMonth) / 1e6
  const overhead = unspared * (terms.replicaUsdPerMonth - terms.replicaGpuUsdPerMonth)
  return {
    tokens: 0,
    gpuBusy: estimate(busy + power),
    gpuIdle: estimate(leased - busy),
    redundancy: estimate(spare * terms.replicaUsdPerMonth),
    operations: estimate(overhead + terms.fixedUsdPerMonth),
    spill: estimate(((terms.spillUsdPerMtok ?? 0) * tokensPerMonth) / 1e6),
    ...none,
    escalation: estimate(((terms.escalationUsdPerMtok ?? 0) * tokensPerMonth) / 1e6),
  }
}

const spareOf = (terms: FleetTerms): number => (terms.fixedReplicas === null ? terms.spareReplicas : 0)

function servingReplicas(terms: FleetTerms, tokensPerMonth: number): number {
  if (terms.fixedReplicas !== null) return terms.fixedReplicas
  return servingAt(curveOf(terms), tokensPerMonth / 1e6)
}

function busyShareAt(terms: FleetTerms, tokensPerMonth: number): number {
  const serving = servingReplicas(terms, tokensPerMonth)
  if (serving === 0) return 0
  const load = tokensPerMonth / 1e6 / (serving * terms.throughputMtokPerMonth)
  return Math.min(
    1,
    interpolate(terms.loadCurve, load, point => point.busyShare),
  )
}

/** A value of a load curve at a load, linear between its points, 0 at load 0 when the curve starts later, flat beyond. */
export function interpolate<P extends { readonly load: number }>(
  curve: readonly P[],
  load: number,
  read: (point: P) => number,
): number {
  let lowLoad = 0
  let lowValue = 0
  for (const point of curve) {
    const value = read(point)
    if (load <= point.load) {
      if (point.load <= lowLoad) return value
      return lowValue + ((value - lowValue) * (load - lowLoad)) / (point.load - lowLoad)
    }
    lowLoad = point.load
    lowValue = value
  }
  // Without a curve the best guess of busy time is the load itself.
  return curve.length === 0 ? load : lowValue
}

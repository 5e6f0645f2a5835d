// Cost terms and a volume in; the monthly bill, its parts, replicas and utilization out. Every curve is evaluated here.
import { estimate } from '../statistics/estimate.ts'
import type { Breakdown, CostTerms, FleetTerms } from './answer.ts'

/**
 * A monthly bill as a function of volume v in million tokens: fixed + slope·v + step·n(v), n(v) = max(minimum,
 * ⌈v ÷ capacity⌉), for v ≤ limit. An API has step 0; own GPUs have the slope of what they send elsewhere; `capacity` is
 * Infinity when one step serves everything.
 */
export interface Curve {
  readonly fixed: number
  readonly slope: number
  readonly step: number
  readonly capacity: number
  readonly minimum: number
  readonly limit: number
  /**
   * A small fleet whose bursts need more steps than its load: the first `steps` of them carry only `capacity` each (less
   * than `capacity` above). n(v) = max(minimum, ⌈v ÷ capacity⌉, min(steps, ⌈v ÷ knee.capacity⌉)).
   */
  readonly knee?: { readonly steps: number; readonly capacity: number } | undefined
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
  return curve.fixed + curve.slope * v + (curve.step === 0 ? 0 : curve.step * segmentAt(curve, v))
}

/** How many steps are paid for at volume `v`: a step that is exactly full carries its volume. */
export function segmentAt(curve: Curve, v: number): number {
  const { knee } = curve
  const steps = Math.max(curve.minimum, v <= 0 ? 0 : ceiling(v / curve.capacity))
  if (knee === undefined || steps >= knee.steps) return steps
  return Math.max(steps, Math.min(knee.steps, v <= 0 ? 0 : ceiling(v / knee.capacity)))
}

/** How many steps are paid for just above volume `v`. */
export function segmentAfter(curve: Curve, v: number): number {
  const { knee } = curve
  const steps = Math.max(curve.minimum, curve.capacity === Number.POSITIVE_INFINITY ? 0 : floor(v / curve.capacity) + 1)
  if (knee === undefined || steps >= knee.steps) return steps
  return Math.max(steps, Math.min(knee.steps, floor(v / knee.capacity) + 1))
}

/** The largest volume that `steps` steps carry, million tokens a month. */
export function endOf(curve: Curve, steps: number): number {
  return steps * (curve.knee !== undefined && steps < curve.knee.steps ? curve.knee.capacity : curve.capacity)
}

/** Cost terms as a curve over million tokens a month. A fixed fleet is one step that ends where it is full. */
export function curveOf(terms: CostTerms): Curve {
  const anyVolume = Number.POSITIVE_INFINITY
  if (terms.kind === 'api') {
    const { fixedUsdPerMonth: fixed, usdPerMtok: slope } = terms
    return { fixed, slope, step: 0, capacity: anyVolume, minimum: 0, limit: anyVolume }
  }
  const { fixedUsdPerMonth, replicaUsdPerMonth: step, replicaMtokPerMonth: capacity, spareReplicas } = terms
  const slope = (terms.escalationUsdPerMtok ?? 0) + (terms.spillUsdPerMtok ?? 0)
  const knee = terms.knee && { steps: terms.knee.replicas, capacity: terms.knee.replicaMtokPerMonth }
  const fixed = fixedUsdPerMonth + spareReplicas * step
  const sized: Curve = { fixed, slope, step, capacity, minimum: terms.minReplicas, limit: anyVolume, knee }
  if (terms.fixedReplicas === null) return sized
  const all = fixedUsdPerMonth + terms.fixedReplicas * step
  return { fixed: all, slope, step: 0, capacity: anyVolume, minimum: 0, limit: endOf(sized, terms.fixedReplicas) }
}

/** USD a month at a volume. Infinity where a fixed fleet cannot serve the volume. */
export function costAt(terms: CostTerms, tokensPerMonth: number): number {
  return estimate(curveAt(curveOf(terms), tokensPerMonth / 1e6))
}

/** The largest volume that the option serves, tokens a month; Infinity but for a fixed fleet. */
export function mostTokensPerMonth(terms: CostTerms): number {
  return curveOf(terms).limit * 1e6
}

/** Replicas leased at a volume, spares included; null for an API. A fixed fleet is that many at any volume. */
export function replicasAt(terms: CostTerms, tokensPerMonth: number): number | null {
  if (terms.kind === 'api') return null
  return servingAt(terms, tokensPerMonth) + (terms.fixedReplicas === null ? terms.spareReplicas : 0)
}

/**
 * Volume ÷ what all leased replicas would serve if always saturated, whatever the latency; null for an API and for no
 * replicas. A fleet whose bursts leave it idle most of the time is little used, however full of its objective it is.
 */
export function utilizationAt(terms: CostTerms, tokensPerMonth: number): number | null {
  const replicas = replicasAt(terms, tokensPerMonth)
  if (terms.kind === 'api' || replicas === null || replicas === 0) return null
  const saturatedMtok = terms.saturatedMtokPerMonth ?? terms.throughputMtokPerMonth
  return estimate(tokensPerMonth / 1e6 / (replicas * saturatedMtok))
}

/**
 * The bill by cause, USD a month; the parts add up to `costAt` (law 3). Busy time is read from the load curve at the
 * mean load of the serving replicas; the rest of their lease is idle. Spares are `redundancy`, overhead on their lease
 * included; overhead on the serving replicas and the fixed cost are `operations`; calls that the fleet is too late for are
 * `spill`.
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
  const serving = servingAt(terms, tokensPerMonth)
  const spare = terms.fixedReplicas === null ? terms.spareReplicas : 0
  const leased = serving * terms.replicaGpuUsdPerMonth
  const busy = leased * busyShareAt(terms, tokensPerMonth)
  const overhead = serving * (terms.replicaUsdPerMonth - terms.replicaGpuUsdPerMonth)
  return {
    tokens: 0,
    gpuBusy: estimate(busy),
    gpuIdle: estimate(leased - busy),
    redundancy: estimate(spare * terms.replicaUsdPerMonth),
    operations: estimate(overhead + terms.fixedUsdPerMonth),
    spill: estimate(((terms.spillUsdPerMtok ?? 0) * tokensPerMonth) / 1e6),
    ...none,
    escalation: estimate(((terms.escalationUsdPerMtok ?? 0) * tokensPerMonth) / 1e6),
  }
}

function servingAt(terms: FleetTerms, tokensPerMonth: number): number {
  if (terms.fixedReplicas !== null) return terms.fixedReplicas
  return segmentAt(curveOf(terms), tokensPerMonth / 1e6)
}

function busyShareAt(terms: FleetTerms, tokensPerMonth: number): number {
  const serving = servingAt(terms, tokensPerMonth)
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

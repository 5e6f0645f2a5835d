// Rates of requests over days and a capacity curve → the fleet of each window, its GPU-hours, how busy and how late it is.
import { type FleetCurve, loadedAt, replicasFor } from './fleet-curve.ts'

/** Rates of windows that lie end to end. */
export interface Rates {
  readonly windowSeconds: number
  readonly requestsPerSecond: ArrayLike<number>
}

/** A fleet over the whole time. GPU-seconds; leased = busy + idle + cold (law 3). */
export interface FleetOverTime {
  readonly replicas: { readonly min: number; readonly mean: number; readonly max: number }
  readonly leasedGpuSeconds: number
  readonly busyGpuSeconds: number
  readonly idleGpuSeconds: number
  readonly coldGpuSeconds: number
  /** Time in which a step was running ÷ leased time. */
  readonly busyShare: number
  /** Requests ÷ what the leased time would serve with a queue that never empties: the share that sets what a token costs. */
  readonly shareOfSaturated: number
  /** Of all requests, those later than a limit. */
  readonly lateShare: number
}

export interface HorizonWindow {
  readonly fromSeconds: number
  readonly requestsPerSecond: number
  /** Needed to carry it within the limits. */
  readonly replicas: number
  readonly busyShare: number
  readonly lateShare: number
}

export interface Horizon {
  readonly seconds: number
  readonly requests: number
  readonly windows: readonly HorizonWindow[]
  /** A fleet that has in each window what it needs, leased a cold start before. */
  readonly followed: FleetOverTime
  /** A fleet of a fixed size: what the busiest window needs. */
  readonly fixed: FleetOverTime
}

export interface HorizonOptions {
  /** Kept when fewer are needed (default 1). */
  readonly minReplicas?: number
  /** From the lease of a replica until it serves (default 0). */
  readonly coldStartSeconds?: number
}

/**
 * Reads each window off the curve: arrivals within a window come as they did when the curve was made, and no window leaves
 * work to the next, since each has what it needs.
 */
export function horizonOf(rates: Rates, curve: FleetCurve, options: HorizonOptions = {}): Horizon {
  const { minReplicas = 1, coldStartSeconds = 0 } = options
  const { windowSeconds, requestsPerSecond } = rates
  const windows: HorizonWindow[] = []
  let requests = 0
  for (let i = 0; i < requestsPerSecond.length; i++) {
    const rate = requestsPerSecond[i]!
    const replicas = Math.max(minReplicas, replicasFor(curve, rate))
    const loaded = replicas === 0 ? { busyShare: 0, lateShare: 0 } : loadedAt(curve, replicas, rate)
    windows.push({ fromSeconds: i * windowSeconds, requestsPerSecond: rate, replicas, ...loaded })
    requests += rate * windowSeconds
  }
  const most = windows.reduce((max, { replicas }) => Math.max(max, replicas), 0)
  const needed = windows.map(({ replicas }) => replicas)
  const { leased, cold } = ahead(needed, windowSeconds, coldStartSeconds)
  return {
    seconds: windows.length * windowSeconds,
    requests,
    windows,
    followed: fleetOver(windows, windowSeconds, curve, () => null, leased, cold, needed),
    fixed: fleetOver(windows, windowSeconds, curve, () => most, most * windows.length * windowSeconds, 0, [most]),
  }
}

/** Replica-seconds leased and cold when each window's replicas are wished for a cold start before it begins. */
function ahead(needed: readonly number[], windowSeconds: number, coldSeconds: number) {
  const whole = Math.floor(coldSeconds / windowSeconds)
  const rest = coldSeconds - whole * windowSeconds
  const mostOf = (from: number, to: number): number => {
    let most = 0
    for (let i = from; i <= to && i < needed.length; i++) most = Math.max(most, needed[i]!)
    return most
  }
  let leased = 0
  let cold = 0
  let before = 0
  for (let i = 0; i < needed.length; i++) {
    const early = mostOf(i, i + whole)
    const late = mostOf(i, i + whole + 1)
    leased += early * (windowSeconds - rest) + late * rest
    // The fleet of the first window is there when it begins.
    if (i > 0) cold += Math.max(0, early - before) * coldSeconds
    cold += Math.max(0, late - early) * coldSeconds
    before = late
  }
  return { leased, cold }
}

function fleetOver(
  windows: readonly HorizonWindow[],
  windowSeconds: number,
  curve: FleetCurve,
  sizeOf: (window: HorizonWindow) => number | null,
  leasedSeconds: number,
  coldSeconds: number,
  sizes: readonly number[],
): FleetOverTime {
  const gpus = curve.gpusPerReplica
  let busy = 0
  let late = 0
  let requests = 0
  for (const window of windows) {
    const { requestsPerSecond } = window
    const size = sizeOf(window)
    const replicas = size ?? window.replicas
    const { busyShare, lateShare } = size === null || size === 0 ? window : loadedAt(curve, size, requestsPerSecond)
    busy += replicas * busyShare * windowSeconds
    late += lateShare * requestsPerSecond * windowSeconds
    requests += requestsPerSecond * windowSeconds
  }
  const seconds = windows.length * windowSeconds
  return {
    replicas: {
      min: sizes.reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY),
      mean: seconds > 0 ? leasedSeconds / seconds : 0,
      max: sizes.reduce((most, size) => Math.max(most, size), 0),
    },
    leasedGpuSeconds: leasedSeconds * gpus,
    busyGpuSeconds: busy * gpus,
    coldGpuSeconds: coldSeconds * gpus,
    idleGpuSeconds: (leasedSeconds - busy - coldSeconds) * gpus,
    busyShare: leasedSeconds > 0 ? busy / leasedSeconds : 0,
    shareOfSaturated: leasedSeconds > 0 ? requests / (leasedSeconds * curve.saturatedRequestsPerSecond) : 0,
    lateShare: requests > 0 ? late / requests : 0,
  }
}

/** How far the reading of a curve was from replaying every request of the same days (`npm run bench:horizon`, bench/RESULTS.md). */
export const horizonError =
  'Error of this reading, measured: against a replay of every request of the same days (1 to 14 days, up to 4.8 million requests), GPU-hours within 2 %, late requests within 0.4 points; with bursts that the question did not state, 7 % and 2 points.'

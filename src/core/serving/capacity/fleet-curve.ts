// A shape, traffic and limits → what fleets of one replica and more carry within them: the capacity curve, to be read at any load.

import { gpusOf } from '../hardware/memory.ts'
import { type Capacity, type CapacityRequest, capacity } from './capacity.ts'

/** What a fleet does at a share of what it carries. */
interface LoadedFleet {
  readonly load: number
  readonly busyShare: number
  readonly lateShare: number
}

interface SizedFleet {
  readonly replicas: number
  /** Of each replica, within the limits; never less than in a smaller fleet. */
  readonly perReplica: number
  /** Ascending loads, up to 1. */
  readonly loads: readonly LoadedFleet[]
}

export interface FleetCurve {
  readonly gpusPerReplica: number
  /** Of one replica with a queue that never empties. */
  readonly saturatedRequestsPerSecond: number
  /** Ascending sizes. */
  readonly fleets: readonly SizedFleet[]
}

/** Fleets that are tried: what lies between is read off, and larger ones carry as much a replica as the largest tried. */
const sizes = [1, 2, 4, 8, 16] as const
const loads = [0.05, 0.15, 0.3, 0.6, 0.8, 0.9, 0.95]

/**
 * Fleets up to one that carries `mostRequestsPerSecond`. Null where one replica carries nothing within the limits: `alone`
 * says why.
 */
export function fleetCurve(
  request: Omit<CapacityRequest, 'replicas' | 'loads'>,
  mostRequestsPerSecond: number,
): { readonly alone: Capacity; readonly curve: FleetCurve | null } {
  const alone = capacity({ ...request, loads })
  if (alone.requestsPerSecond === 0) return { alone, curve: null }
  const fleets: SizedFleet[] = []
  let atLeast = 0
  for (const replicas of sizes) {
    const found = replicas === 1 ? alone : capacity({ ...request, replicas, loads, atLeast })
    atLeast = found.requestsPerSecond
    fleets.push({ replicas, perReplica: atLeast, loads: loadsOf(found) })
    if (replicas * atLeast >= mostRequestsPerSecond) break
  }
  return {
    alone,
    curve: {
      gpusPerReplica: gpusOf(request.shape),
      saturatedRequestsPerSecond: alone.saturatedRequestsPerSecond,
      fleets,
    },
  }
}

/** Drawn loads may look a little better than lighter ones: no figure falls with the load. */
function loadsOf({ requestsPerSecond, probes }: Capacity): LoadedFleet[] {
  let busyShare = 0
  let lateShare = 0
  return probes
    .filter(probe => probe.requestsPerSecond <= requestsPerSecond * (1 + 1e-12))
    .map(probe => {
      busyShare = Math.max(busyShare, probe.busyShare)
      lateShare = Math.max(lateShare, probe.lateShare)
      return { load: probe.requestsPerSecond / requestsPerSecond, busyShare, lateShare }
    })
}

/** Requests per second that a fleet of so many carries within the limits. */
export function carriedBy({ fleets }: FleetCurve, replicas: number): number {
  const above = fleets.findIndex(fleet => fleet.replicas >= replicas)
  if (above < 0) return replicas * fleets.at(-1)!.perReplica
  const high = fleets[above]!
  if (high.replicas === replicas) return replicas * high.perReplica
  const low = fleets[above - 1]!
  // Sizes double from one to the next.
  const share = (replicas - low.replicas) / (high.replicas - low.replicas)
  return replicas * (low.perReplica + share * (high.perReplica - low.perReplica))
}

/** The fewest replicas that carry the rate within the limits; 0 for no rate. */
export function replicasFor(curve: FleetCurve, requestsPerSecond: number): number {
  if (requestsPerSecond <= 0) return 0
  // A fleet of n carries at most n times what a replica of the largest does.
  let replicas = Math.max(1, Math.ceil(requestsPerSecond / curve.fleets.at(-1)!.perReplica - 1e-9))
  while (carriedBy(curve, replicas) < requestsPerSecond * (1 - 1e-12)) replicas++
  return replicas
}

/** How busy and how late such a fleet is at that rate, as one of at most its size was found to be. */
export function loadedAt(
  curve: FleetCurve,
  replicas: number,
  requestsPerSecond: number,
): Pick<LoadedFleet, 'busyShare' | 'lateShare'> {
  const load = requestsPerSecond / carriedBy(curve, replicas)
  const { loads: points } = curve.fleets.findLast(fleet => fleet.replicas <= replicas)!
  const above = points.findIndex(point => point.load >= load)
  if (above < 0) return points.at(-1)!
  const high = points[above]!
  const low = points[above - 1] ?? { load: 0, busyShare: 0, lateShare: high.lateShare }
  const share = (load - low.load) / (high.load - low.load)
  return {
    busyShare: low.busyShare + share * (high.busyShare - low.busyShare),
    lateShare: low.lateShare + share * (high.lateShare - low.lateShare),
  }
}

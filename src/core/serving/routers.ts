// Replicas at an arrival → which of them takes it: one line per way to choose.
import type { Replica } from './replica.ts'

export type RouterName = 'round-robin' | 'least-loaded'

/** Picks the replica of the next request; `turn` counts the requests routed so far. */
interface Router {
  /** Whether it looks at the state of replicas: then all are brought to the time of each arrival. */
  readonly looks: boolean
  readonly pick: (replicas: readonly Replica[], turn: number) => number
}

export const routers: Readonly<Record<RouterName, Router>> = {
  'round-robin': { looks: false, pick: (replicas, turn) => turn % replicas.length },
  'least-loaded': { looks: true, pick: leastLoaded },
}

/** Fewest requests waiting or running; the first of equals. */
function leastLoaded(replicas: readonly Replica[]): number {
  let best = 0
  let fewest = Number.POSITIVE_INFINITY
  for (let i = 0; i < replicas.length; i++) {
    const outstanding = replicas[i]!.outstanding()
    if (outstanding < fewest) {
      best = i
      fewest = outstanding
    }
  }
  return best
}

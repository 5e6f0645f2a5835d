// Evidence without a replay in; the ledger's own arrivals, call by call, on the fleets that it sized, out.
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence, Replay, ReplicaTerms } from '../core/decide/evidence.ts'
import { Fault } from '../core/fault/fault.ts'
import type { Arrivals } from '../core/serving/arrivals.ts'
import { buildEngine, type Engine } from '../core/serving/engine.ts'
import type { ReplicaShape } from '../core/serving/memory.ts'
import { type Outcome, simulate } from '../core/serving/simulate.ts'
import { spreadTies } from '../core/serving/spread.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { allArrivals, type CallTimes } from './busiest.ts'

/** Calls replayed in all, over fleets and tries, beyond the first fleet: seconds, not minutes. */
const mostReplayed = 2_000_000
const mostCalls = 3_000_000
const mostReplicas = 200

/** The objective is a 95th percentile. */
const lateAllowed = 0.05
/** Replicas are added this often before a shape is left as "too late". */
const mostTries = 4
/** Up to so many replicas are company for a burst, needed once; more of them mean that each carries less. */
const fewReplicas = 4

/**
 * The evidence with today's calls replayed on the fleets of today's weights, as the default choices size them, the
 * cheapest first and as many as time allows. Windows add up load; the replay has every burst. Where more calls come late
 * than the objective allows, replicas are added until it holds: that many are then the least that serve, and each is
 * counted on for less at every volume.
 */
export function replayed(
  evidence: Evidence,
  shapes: readonly { shape: ReplicaShape; weights: string }[],
  calls: CallTimes,
): Evidence {
  if (calls.n > mostCalls) return { ...evidence, replays: [] }
  const { arrivals, leftOut } = allArrivals(calls)
  if (arrivals.n === 0) return { ...evidence, replays: [] }
  const spread = spreadTies(arrivals)
  const replays: Replay[] = []
  const done = new Set<number>()
  let known = evidence
  let spent = 0
  while (spent === 0 || spent + arrivals.n <= mostReplayed) {
    // A fleet that turned out too small is dearer now: who is cheapest next is asked anew.
    const sized = fleetsOf(known).find(({ index }) => !done.has(index))
    if (sized === undefined) break
    done.add(sized.index)
    const { model, gpu, gpusPerReplica } = known.replicas[sized.index]!
    const found = shapes.find(
      ({ shape }) => shape.model.id === model && shape.gpu.id === gpu && shape.tp === gpusPerReplica,
    )
    if (!found || sized.replicas > mostReplicas) continue
    const engine = buildEngine(found.shape)
    const { router, replicas, outcome, tries } = inTime(sized.replicas, engine, spread, evidence.objective)
    spent += tries * arrivals.n
    replays.push({ model, gpu, gpusPerReplica, replicas, router, calls: arrivals.n, leftOut, ...shown(outcome) })
    if (replicas > sized.replicas) {
      const terms = known.replicas.map((one, i) => (i === sized.index ? derated(one, sized, replicas) : one))
      known = { ...known, replicas: terms }
    }
  }
  return { ...known, replays }
}

/** The first fleet from `replicas` up on which few enough calls are late, or the last one tried. */
function inTime(replicas: number, engine: Engine, arrivals: Arrivals, objective: Evidence['objective']) {
  const router = 'least-loaded' as const
  for (let tries = 1; ; tries++) {
    const outcome = simulate(arrivals, { engine, replicas, router }, { objective })
    if (lateShareOf(outcome) <= lateAllowed || tries === mostTries) return { router, replicas, outcome, tries }
    replicas += Math.ceil(replicas / 20)
  }
}

/**
 * A shape that needed `replicas` where `sized` said fewer. A handful is what it takes to share a burst: that floor is
 * kept, and each is counted on for as much less as the fleet was too small. Where there are many of them the load itself
 * needs them, and each is counted on for no more than its share of today's.
 */
function derated(terms: ReplicaTerms, sized: Sized, replicas: number): ReplicaTerms {
  if (replicas > fewReplicas) return deratedTo(terms, sized.needed / replicas)
  return { ...deratedTo(terms, sized.replicas / replicas), leastReplicas: replicas }
}

function deratedTo(terms: ReplicaTerms, share: number): ReplicaTerms {
  return {
    ...terms,
    requestsPerSecond: terms.requestsPerSecond * share,
    tokensPerSecond: terms.tokensPerSecond * share,
    secondsPerInputToken: terms.secondsPerInputToken / share,
    secondsPerOutputToken: terms.secondsPerOutputToken / share,
  }
}

interface Sized {
  /** Index in `evidence.replicas`. */
  readonly index: number
  /** Whole replicas for the busiest hour, and the fraction of them that it really needs. */
  readonly replicas: number
  readonly needed: number
}

/** Fleets of today's weights with a known cost, cheapest first; none where the demand allows no decision. */
function fleetsOf(evidence: Evidence): Sized[] {
  const choices: Choices = { ...defaultChoices, spareReplicas: 0 }
  try {
    const { options, youAreHere } = decide(evidence, choices, { draws: 1 })
    return options.flatMap(({ group, usd, replicas, replica, terms }) => {
      if (terms?.kind !== 'self-host' || replica === null || group !== evidence.todayGroup || usd === null || !replicas)
        return []
      const index = evidence.replicas.findIndex(
        one =>
          one.group === group &&
          one.model === replica.model &&
          one.gpu === replica.gpu &&
          one.gpusPerReplica === replica.gpusPerReplica,
      )
      const needed = youAreHere.tokensPerMonth / 1e6 / terms.replicaMtokPerMonth
      return index < 0 ? [] : [{ index, replicas, needed }]
    })
  } catch (thrown) {
    // One call, or none with usage: the decision itself will say so.
    if (thrown instanceof Fault) return []
    throw thrown
  }
}

/** Of the calls that the fleet could take at all. */
function lateShareOf({ late }: Outcome): number {
  const requests = late.reduce((sum, window) => sum + window.requests, 0)
  return requests > 0 ? late.reduce((sum, window) => sum + window.late, 0) / requests : 0
}

function shown(
  outcome: Outcome,
): Omit<Replay, 'model' | 'gpu' | 'gpusPerReplica' | 'replicas' | 'router' | 'calls' | 'leftOut'> {
  const lateWindows = outcome.late.filter(window => window.late > lateAllowed * window.requests).length
  const busyWindows = outcome.late.filter(window => window.requests > 0).length
  const hours = (gpuSeconds: number) => estimate(gpuSeconds / 3600)
  const all = ({ p50, p95, p99 }: Outcome['ttftMs']) => ({ p50: rounded(p50), p95: rounded(p95), p99: rounded(p99) })
  return {
    completed: outcome.completed,
    rejected: outcome.rejected,
    durationSeconds: estimate(outcome.durationSeconds),
    gpuHours: {
      leased: hours(outcome.leasedGpuSeconds),
      busy: hours(outcome.busyGpuSeconds),
      idle: hours(outcome.idleGpuSeconds),
      cold: hours(outcome.coldGpuSeconds),
    },
    ttftMs: all(outcome.ttftMs),
    tpotMs: all(outcome.tpotMs),
    lateShare: estimate(lateShareOf(outcome)),
    lateWindowShare: estimate(busyWindows > 0 ? lateWindows / busyWindows : 0),
  }
}

const rounded = (value: number | null): number | null => (value === null ? null : estimate(value))

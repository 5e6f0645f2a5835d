// Evidence without a replay in; the ledger's own arrivals, call by call, on the fleets that it sized, out.
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence, Replay, ReplicaTerms } from '../core/decide/evidence.ts'
import { Fault } from '../core/fault/fault.ts'
import { buildEngine } from '../core/serving/engine.ts'
import type { ReplicaShape } from '../core/serving/memory.ts'
import { type Outcome, simulate } from '../core/serving/simulate.ts'
import { spreadTies } from '../core/serving/spread.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { allArrivals, type CallTimes } from './busiest.ts'

/** Up to this many calls three fleets are replayed, beyond it the cheapest alone: seconds, not minutes. */
const fewCalls = 300_000
const mostCalls = 3_000_000
const mostReplicas = 200

/** The objective is a 95th percentile. */
const lateAllowed = 0.05
/** Replicas are added this often before a shape is left as "too late". */
const mostTries = 4

/**
 * The evidence with today's calls replayed on the cheapest fleets of today's weights, as the default choices size them.
 * Windows add up load; the replay has every burst. Where more calls come late than the objective allows, replicas are
 * added until it holds, and a replica of that shape is counted on for that much less at every volume.
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
  const derated = new Map<number, number>()
  for (const sized of fleetsOf(evidence).slice(0, calls.n <= fewCalls ? 3 : 1)) {
    const terms = evidence.replicas[sized.index]!
    const { model, gpu, gpusPerReplica } = terms
    const found = shapes.find(
      ({ shape }) => shape.model.id === model && shape.gpu.id === gpu && shape.tp === gpusPerReplica,
    )
    if (!found || sized.replicas > mostReplicas) continue
    const engine = buildEngine(found.shape)
    for (let replicas = sized.replicas, tries = 1; ; replicas += Math.ceil(replicas / 20), tries++) {
      const fleet = { engine, replicas, router: 'least-loaded' } as const
      const outcome = shown(simulate(spread, fleet, { objective: evidence.objective }))
      if (outcome.lateShare > lateAllowed && tries < mostTries) continue
      const { router } = fleet
      replays.push({ model, gpu, gpusPerReplica, replicas, router, calls: arrivals.n, leftOut, ...outcome })
      if (replicas > sized.replicas) derated.set(sized.index, sized.needed / replicas)
      break
    }
  }
  const replicas = evidence.replicas.map((terms, i) => {
    const share = derated.get(i)
    return share === undefined ? terms : deratedTo(terms, share)
  })
  return { ...evidence, replicas, replays }
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

function shown(
  outcome: Outcome,
): Omit<Replay, 'model' | 'gpu' | 'gpusPerReplica' | 'replicas' | 'router' | 'calls' | 'leftOut'> {
  const late = outcome.late.reduce((sum, window) => sum + window.late, 0)
  const lateWindows = outcome.late.filter(window => window.late > 0.05 * window.requests).length
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
    lateShare: estimate(outcome.requests > 0 ? late / outcome.requests : 0),
    lateWindowShare: estimate(busyWindows > 0 ? lateWindows / busyWindows : 0),
  }
}

const rounded = (value: number | null): number | null => (value === null ? null : estimate(value))

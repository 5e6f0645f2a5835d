// Evidence without a replay in; the ledger's own arrivals, call by call, on the fleets that it sized, out.
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence, Replay } from '../core/decide/evidence.ts'
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

/**
 * Replays today's calls on the cheapest fleets of today's weights, as the default choices size them. The replay checks
 * the sizing (its windows add up load; the replay has every burst) and is shown beside it.
 */
export function replaysOf(
  evidence: Evidence,
  shapes: readonly { shape: ReplicaShape; weights: string }[],
  calls: CallTimes,
): Replay[] {
  if (calls.n > mostCalls) return []
  const { arrivals, leftOut } = allArrivals(calls)
  if (arrivals.n === 0) return []
  const sized = fleetsOf(evidence).slice(0, calls.n <= fewCalls ? 3 : 1)
  return sized.flatMap(({ gpu, gpusPerReplica, model, replicas }) => {
    const found = shapes.find(
      ({ shape }) => shape.model.id === model && shape.gpu.id === gpu && shape.tp === gpusPerReplica,
    )
    if (!found || replicas > mostReplicas) return []
    const fleet = { engine: buildEngine(found.shape), replicas, router: 'least-loaded' } as const
    const outcome = simulate(spreadTies(arrivals), fleet, { objective: evidence.objective })
    return [
      { model, gpu, gpusPerReplica, replicas, router: fleet.router, calls: arrivals.n, leftOut, ...shown(outcome) },
    ]
  })
}

interface Sized {
  readonly model: string
  readonly gpu: string
  readonly gpusPerReplica: number
  readonly replicas: number
}

/** Fleets of today's weights with a known cost, cheapest first; none where the demand allows no decision. */
function fleetsOf(evidence: Evidence): Sized[] {
  const choices: Choices = { ...defaultChoices, spareReplicas: 0 }
  try {
    const { options } = decide(evidence, choices, { draws: 1 })
    return options.flatMap(({ kind, group, usd, replicas, name }) => {
      const terms = evidence.replicas.find(one => name.startsWith(`${one.model} on ${one.gpusPerReplica}× ${one.gpu}`))
      if (kind !== 'self-host' || group !== evidence.todayGroup || usd === null || !replicas || !terms) return []
      return [{ model: terms.model, gpu: terms.gpu, gpusPerReplica: terms.gpusPerReplica, replicas }]
    })
  } catch (thrown) {
    // One call, or none with usage: the decision itself will say so.
    if (thrown instanceof Fault) return []
    throw thrown
  }
}

function shown(outcome: Outcome): Omit<Replay, keyof Sized | 'router' | 'calls' | 'leftOut'> {
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

// Evidence without a replay in; the ledger's own arrivals, call by call, on the fleets that it sized, out.
import { type Choices, defaultChoices } from '../core/decide/choices.ts'
import { decide } from '../core/decide/decide.ts'
import type { Evidence, Replay, ReplicaTerms } from '../core/decide/evidence.ts'
import { missedWords, spillTolerated } from '../core/decide/fleet-sizing.ts'
import { totalTokens } from '../core/decide/traffic.ts'
import { Fault } from '../core/fault/fault.ts'
import { sizesOf } from '../core/serving/capacity/sized-fleet.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import type { Outcome } from '../core/serving/fleet/simulate.ts'
import type { ReplicaShape } from '../core/serving/hardware/memory.ts'
import { spreadTies } from '../core/serving/traffic/spread.ts'
import { busyHourLateShare, lateAllowed, windowsMet } from '../core/serving/traffic/windows.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { allArrivals, type CallTimes } from './busiest.ts'

/** Calls replayed in all, over fleets and tries: seconds, not minutes. */
const mostReplayed = 3_000_000
const mostCalls = 3_000_000
const mostReplicas = 200
/** Beyond that only until the fleet that is cheapest has been replayed: the one that the answer is about. */
const mostForCheapest = 10_000_000
/** Sizes tried of one shape at most, and how many it takes as a rule. */
const mostTries = 40
const usualTries = 3

/**
 * The evidence with today's calls replayed on the fleets of today's weights: the cheapest first, as many shapes as time
 * allows, each in the sizes among which the choices will find the cheapest that keeps the objective. Windows add up load;
 * the replay has every burst. A shape that no number of replicas makes punctual says so and serves nothing.
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
  const done = new Set<number>()
  // How many shapes and sizes are tried depends on the calls alone: a tighter objective is not looked at less closely.
  const mostShapes = Math.max(1, Math.floor(mostReplayed / (usualTries * arrivals.n)))
  const tries = Math.max(2, Math.min(mostTries, Math.floor(mostReplayed / arrivals.n)))
  let known: Evidence = { ...evidence, replays: [] }
  let spent = 0
  for (;;) {
    // A fleet that turned out too small is dearer now: who is cheapest next is asked anew.
    const fleets = fleetsOf(known)
    const sized = fleets.find(({ index }) => !done.has(index))
    if (sized === undefined) break
    if (done.size >= mostShapes && (sized !== fleets[0] || spent >= mostForCheapest)) break
    done.add(sized.index)
    const terms = known.replicas[sized.index]!
    const { model, gpu, gpusPerReplica } = terms
    const found = shapes.find(
      ({ shape }) => shape.model.id === model && shape.gpu.id === gpu && shape.tp === gpusPerReplica,
    )
    if (!found || sized.replicas > mostReplicas) continue
    const {
      sizes,
      isHopeless,
      replays: made,
    } = sizesOf({
      arrivals: spread,
      engine: buildEngine(found.shape),
      router,
      objective: evidence.objective,
      guess: sized.replicas,
      most: mostReplicas,
      tries,
      isWorthMore: worthMore(known, terms),
    })
    spent += made * arrivals.n
    const replays = sizes.map(({ replicas, outcome }): Replay => {
      return { model, gpu, gpusPerReplica, replicas, router, calls: arrivals.n, leftOut, ...shown(outcome) }
    })
    const replicas = isHopeless
      ? known.replicas.map((one, i) => (i === sized.index ? hopeless(one, replays[0]!) : one))
      : known.replicas
    known = { ...known, replicas, replays: [...known.replays!, ...(isHopeless ? [] : replays)] }
  }
  return known
}

const router = 'least-loaded'

/**
 * Late calls can pay for a replica only if the dearest API bills more for them than the cheapest lease of it costs; or where
 * it is paid for already, as room in an instance, which is found within so many sizes from the smallest as one holds.
 */
function worthMore({ api, demand, leases, dedicated = [] }: Evidence, { gpu, gpusPerReplica }: ReplicaTerms) {
  const sold = leases.filter(row => row.gpu === gpu)
  const largest = [...sold, ...dedicated.filter(row => row.gpu === gpu)].reduce(
    (most, row) => Math.max(most, row.gpusPerInstance),
    0,
  )
  const room = Math.max(1, Math.floor(largest / gpusPerReplica))
  const usdPerHour = sold.reduce((least, row) => Math.min(least, Number(row.usdPerGpuHour)), Number.POSITIVE_INFINITY)
  const hours = (demand.lastAtMicros - demand.firstAtMicros) / 3.6e9
  const replicaUsd = Number.isFinite(usdPerHour) ? usdPerHour * gpusPerReplica * hours : 0
  const dearest = api.reduce(
    (most, { usd, rates }) =>
      Math.max(
        most,
        rates ? Math.max(rates.inputUsdPerMtok, rates.outputUsdPerMtok) / 1e6 : 0,
        usd === null ? 0 : Number(usd) / totalTokens(demand),
      ),
    0,
  )
  return (replicas: number, { late, lateTokens, requests }: Outcome, smallest: number): boolean => {
    const lateCalls = late.reduce((sum, window) => sum + window.late, 0)
    if (lateCalls <= spillTolerated * requests) return false
    if (replicas < smallest + room - 1) return true
    return (lateTokens.input + lateTokens.output) * dearest > replicaUsd
  }
}

/** No number of replicas makes it punctual: it serves nothing within the objective. */
function hopeless(terms: ReplicaTerms, replay: Replay): ReplicaTerms {
  return {
    ...terms,
    requestsPerSecond: 0,
    tokensPerSecond: 0,
    problem: `${missedWords(replay)}; a replica with a single call to serve misses it too, so more of them do not help`,
  }
}

interface Sized {
  /** Index in `evidence.replicas`. */
  readonly index: number
  /** For the busiest hour. */
  readonly replicas: number
}

/** Fleets of today's weights with a known cost, cheapest first; none where the demand allows no decision. */
function fleetsOf(evidence: Evidence): Sized[] {
  const choices: Choices = { ...defaultChoices, spareReplicas: 0 }
  try {
    const { options } = decide(evidence, choices, { draws: 1 })
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
      return index < 0 ? [] : [{ index, replicas }]
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
  const met = windowsMet(outcome.late)
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
    windowsMetShare: rounded(met.share),
    worstHourLateShare: rounded(met.worstHourLateShare),
    busyHourLateShare: rounded(busyHourLateShare(outcome.late)),
    missed: {
      late: { calls: outcome.late.reduce((sum, window) => sum + window.late, 0), ...outcome.lateTokens },
      refused: { calls: outcome.rejected, ...outcome.rejectedTokens },
    },
  }
}

const rounded = (value: number | null): number | null => (value === null ? null : estimate(value))

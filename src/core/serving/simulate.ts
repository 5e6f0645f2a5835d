// Arrivals and a fleet → what would have happened: counts, tokens, GPU time by kind, latency.
import type { Arrivals } from './arrivals.ts'
import { type Fleet, type FleetRun, runFleet } from './fleet.ts'
import { type Percentiles, percentiles } from './quantiles.ts'

export type { Fleet, RouterName } from './fleet.ts'
export type { Percentiles } from './quantiles.ts'

export interface SimulateOptions {
  /** Stop the clock here: what is not done then is running or waiting. Default: when all is done. */
  readonly untilSeconds?: number | undefined
  /** A request is late when its own time to first token or per output token is above these. */
  readonly objective?: { readonly ttftP95Ms: number; readonly tpotP95Ms: number } | undefined
  /** Width of the windows of `late` (default 300 s). */
  readonly windowSeconds?: number | undefined
}

/** What a fleet did with its arrivals. Requests = completed + running + waiting + rejected (law 2). */
export interface Outcome {
  readonly requests: number
  readonly completed: number
  readonly rejected: number
  readonly running: number
  readonly waiting: number
  /** Tokens of completed requests. */
  readonly tokens: { readonly input: number; readonly output: number }
  /** From 0 to the end of the last step, or to `untilSeconds`. */
  readonly durationSeconds: number
  /** GPU-seconds; leased = busy + idle + cold (law 3). Cold is 0: fleets of fixed size start warm. */
  readonly leasedGpuSeconds: number
  readonly busyGpuSeconds: number
  readonly idleGpuSeconds: number
  readonly coldGpuSeconds: number
  /** Busy ÷ leased time; null for no time. */
  readonly utilization: number | null
  readonly ttftMs: Percentiles
  /** (last token − first token) ÷ (tokens − 1), per request of at least 2 tokens. */
  readonly tpotMs: Percentiles
  readonly e2eMs: Percentiles
  readonly preemptions: number
  /** By window of arrival: requests taken on, and those late by the objective (unfinished ones included). A rejected request is neither. Empty without an objective. */
  readonly late: readonly { readonly fromSeconds: number; readonly requests: number; readonly late: number }[]
  readonly replicas: { readonly min: number; readonly mean: number; readonly max: number }
}

/** Replays `arrivals` on `fleet`. Deterministic; throws a Fault when the model does not fit or arrivals are out of order. */
export function simulate(arrivals: Arrivals, fleet: Fleet, options: SimulateOptions = {}): Outcome {
  const run = runFleet(arrivals, fleet, options.untilSeconds)
  return { ...countsOf(run), ...gpuTimeOf(run, fleet), ...latencyOf(run), late: lateOf(run, options) }
}

function countsOf({ progress, replicas, taken }: FleetRun) {
  let rejected = 0
  let input = 0
  let output = 0
  for (let id = 0; id < taken; id++) {
    rejected += progress.rejected[id]!
    if (Number.isNaN(progress.finishedAt[id]!)) continue
    input += progress.inputTokens[id]!
    output += progress.outputTokens[id]!
  }
  const states = replicas.map(replica => replica.state())
  const sum = (of: (state: (typeof states)[number]) => number): number => states.reduce((s, state) => s + of(state), 0)
  return {
    requests: taken,
    completed: sum(state => state.completed),
    rejected,
    running: sum(state => state.running),
    waiting: sum(state => state.waiting),
    tokens: { input, output },
    preemptions: sum(state => state.preemptions),
  }
}

function gpuTimeOf({ replicas }: FleetRun, fleet: Fleet) {
  const states = replicas.map(replica => replica.state())
  const durationSeconds = states.reduce((latest, state) => Math.max(latest, state.nowSeconds), 0)
  let busy = 0
  let idle = 0
  for (const state of states) {
    busy += state.busySeconds
    // A replica that ends before the last one stays leased, idle.
    idle += state.idleSeconds + (durationSeconds - state.nowSeconds)
  }
  const { gpus } = fleet.engine
  const leased = durationSeconds * fleet.replicas * gpus
  return {
    durationSeconds,
    leasedGpuSeconds: leased,
    busyGpuSeconds: busy * gpus,
    idleGpuSeconds: idle * gpus,
    coldGpuSeconds: 0,
    utilization: leased > 0 ? (busy * gpus) / leased : null,
    replicas: { min: fleet.replicas, mean: fleet.replicas, max: fleet.replicas },
  }
}

function latencyOf({ progress, taken }: FleetRun) {
  const { atSeconds, firstTokenAt, finishedAt, outputTokens } = progress
  const ttft = new Float64Array(taken)
  const tpot = new Float64Array(taken)
  const e2e = new Float64Array(taken)
  let done = 0
  let timed = 0
  for (let id = 0; id < taken; id++) {
    const end = finishedAt[id]!
    if (Number.isNaN(end)) continue
    const first = firstTokenAt[id]!
    ttft[done] = (first - atSeconds[id]!) * 1000
    e2e[done++] = (end - atSeconds[id]!) * 1000
    if (outputTokens[id]! > 1) tpot[timed++] = ((end - first) * 1000) / (outputTokens[id]! - 1)
  }
  return { ttftMs: percentiles(ttft, done), tpotMs: percentiles(tpot, timed), e2eMs: percentiles(e2e, done) }
}

function lateOf({ progress, taken }: FleetRun, options: SimulateOptions) {
  const { objective, windowSeconds = 300 } = options
  if (!objective || taken === 0) return []
  const { atSeconds, firstTokenAt, finishedAt, outputTokens } = progress
  const windows = Math.floor(atSeconds[taken - 1]! / windowSeconds) + 1
  const requests = new Float64Array(windows)
  const late = new Float64Array(windows)
  for (let id = 0; id < taken; id++) {
    // What can never be served is counted as rejected: more replicas would not make it punctual.
    if (progress.rejected[id]) continue
    const window = Math.floor(atSeconds[id]! / windowSeconds)
    requests[window] = requests[window]! + 1
    const first = firstTokenAt[id]!
    const ttftMs = (first - atSeconds[id]!) * 1000
    const tpotMs = outputTokens[id]! > 1 ? ((finishedAt[id]! - first) * 1000) / (outputTokens[id]! - 1) : 0
    // A request that is not done has NaN times: not within the objective.
    if (!(ttftMs <= objective.ttftP95Ms && tpotMs <= objective.tpotP95Ms)) late[window] = late[window]! + 1
  }
  return Array.from(requests, (count, i) => ({ fromSeconds: i * windowSeconds, requests: count, late: late[i]! }))
}

// Calls, models and GPUs in; what one replica of each would carry of this traffic, by simulation, out.
import { calibrated } from '../catalog/facts.ts'
import type { Demand } from '../core/decide/demand.ts'
import type { ReplicaTerms } from '../core/decide/evidence.ts'
import { type Objective, sustain } from '../core/serving/capacity/sustain.ts'
import type { Adapters } from '../core/serving/hardware/adapters.ts'
import type { Gpu } from '../core/serving/hardware/hardware.ts'
import type { ReplicaShape } from '../core/serving/hardware/memory.ts'
import type { Model } from '../core/serving/hardware/model.ts'
import { defaultShapes, largestShape } from '../core/serving/hardware/shapes.ts'
import { busiestRequests, type CallTimes } from './busiest.ts'

export interface Candidate {
  readonly model: Model
  /** Catalog name of the weights: llama-3.3-70b runs on the architecture of llama-3.1-70b. */
  readonly weights: string
}

/**
 * Shapes to try: for each model each GPU's smallest tensor parallelism that serves it, and the next where memory is tight.
 * Where none holds it, the largest: its problem is the answer to why nothing runs it.
 */
export function shapesOf(
  candidates: readonly Candidate[],
  gpus: readonly Gpu[],
  adapters?: Adapters,
): { shape: ReplicaShape; weights: string }[] {
  return candidates.flatMap(({ model, weights }) => {
    const fitting = defaultShapes(model, gpus, { adapters })
    const largest = fitting.length === 0 ? largestShape(model, gpus, { adapters }) : null
    return [...fitting, ...(largest === null ? [] : [largest])].map(shape => ({ shape: calibrated(shape), weights }))
  })
}

/** Tries every shape with the requests of the busiest hour. `progress` is told how many of how many are done. */
export function replicaTerms(
  shapes: readonly { shape: ReplicaShape; weights: string; infeasible?: ReplicaTerms['infeasible'] }[],
  calls: CallTimes,
  demand: Demand,
  objective: Objective,
  seed: number,
  progress: (done: number, of: number) => void = () => {},
): ReplicaTerms[] {
  const sample = busiestRequests(calls)
  if (sample.n === 0) return []
  return shapes.map(({ shape, weights, infeasible = { calls: 0, reasons: [], kind: 0 } }, i) => {
    const sustained = sustain({ shape, sample, objective, seed })
    progress(i + 1, shapes.length)
    return onWholeMix({ ...sustained, group: weights, infeasible }, demand)
  })
}

/**
 * A replica is tried with the peak's lengths; over the whole traffic a request is as long as the demand's mean, so its
 * sustainable rate follows from what a token of each kind costs.
 */
function onWholeMix<T extends ReplicaTerms>(terms: T, demand: Demand): ReplicaTerms {
  const known = demand.calls - demand.unknownUsageCalls
  if (terms.requestsPerSecond === 0 || known === 0) return terms
  const input = demand.tokens.input / known
  const output = demand.tokens.output / known
  const seconds = terms.secondsPerInputToken * input + terms.secondsPerOutputToken * output
  if (!(seconds > 0)) return terms
  const onMix = (rate = terms.requestsPerSecond) => rate / (terms.requestsPerSecond * seconds)
  return {
    ...terms,
    requestsPerSecond: 1 / seconds,
    tokensPerSecond: (input + output) / seconds,
    crowdRequestsPerSecond: onMix(terms.crowdRequestsPerSecond),
    saturatedRequestsPerSecond: onMix(terms.saturatedRequestsPerSecond),
  }
}

/** Calls whose prompt and answer together exceed `contextTokens`, or whose answer exceeds `mostOutput`; null = no known limit. */
export function longerThan(calls: CallTimes, contextTokens: number | null, mostOutput: number | null = null): number {
  const context = contextTokens ?? Number.POSITIVE_INFINITY
  const most = mostOutput ?? Number.POSITIVE_INFINITY
  let count = 0
  for (let i = 0; i < calls.n; i++) {
    const output = calls.outputTokens[i]!
    // A count that nobody knows is -1 and at least 0.
    if (Math.max(0, calls.inputTokens[i]!) + Math.max(0, output) > context || output > most) count += 1
  }
  return count
}

// A replica's shape → the engine that runs on it: step timer, scheduler limits, cache.
import { Fault } from '../../fault/fault.ts'
import { calibratedFit, calibratedMemory } from '../calibration/scales.ts'
import { engineDefaults, gpusOf, lanesOf, type MemoryPlan, planMemory, type ReplicaShape } from '../hardware/memory.ts'
import { tokensPerStep } from '../hardware/speculation.ts'
import { type Efficiency, efficiency } from '../step/efficiency.ts'
import { type StepTimer, stepTimer } from '../step/step-time.ts'
import { type PeakShares, peakShares, type Work } from './peak-shares.ts'
import { type Policy, policies } from './policies.ts'

/** Everything a replica needs to serve, built once and shared by replicas of one shape. */
export interface Engine {
  readonly timer: StepTimer
  readonly memory: MemoryPlan
  readonly policy: Policy
  /** Token budget of one step, decode and prefill together. */
  readonly maxBatchedTokens: number
  /** Most sequences running at once. */
  readonly maxSequences: number
  /** Beginnings of prompts are kept for those that share them, where arrivals tell which do. */
  readonly prefixCaching: boolean
  /** Decode steps from one look at the queue to the next. */
  readonly pollSteps: number
  /** Longest prompt + output that the model takes. */
  readonly maxContext: number
  readonly gpus: number
  /** Batches of a replica that are stepped at once. Timer, limits and memory above are those of each. */
  readonly lanes: number
  /** Model FLOPs and bytes against the GPUs' peaks. */
  readonly peakShares: (work: Work, busySeconds: number) => PeakShares
}

/** Builds the engine; whether it fits is in `memory.fits`. Throws a Fault for limits that no scheduler could run with. */
export function buildEngine(shape: ReplicaShape, fit: Efficiency = efficiency): Engine {
  const defaults = engineDefaults(shape)
  const maxBatchedTokens = shape.maxBatchedTokens ?? defaults.maxBatchedTokens
  const maxSequences = Math.min(shape.maxSequences ?? defaults.maxSequences, maxBatchedTokens)
  if (!(maxBatchedTokens >= 1) || !(maxSequences >= 1)) {
    throw new Fault('ENGINE_LIMIT', 'an engine needs a token budget and a sequence limit of at least 1', {
      where: `maxBatchedTokens ${maxBatchedTokens}, maxSequences ${maxSequences}`,
      fix: "leave them out to take the engine's defaults for this GPU",
    })
  }
  return {
    timer: stepTimer(shape, calibratedFit(fit, shape)),
    memory: calibratedMemory(planMemory(shape), shape),
    policy: policies[shape.engine ?? 'vllm'],
    maxBatchedTokens,
    maxSequences,
    prefixCaching: shape.prefixCaching ?? true,
    // Steps here are told by the token: more of them pass from one look to the next.
    pollSteps: Math.round((shape.pollSteps ?? 1) * tokensPerStep(shape.speculation)),
    maxContext: shape.model.maxContext,
    gpus: gpusOf(shape),
    lanes: lanesOf(shape),
    peakShares: peakShares(shape),
  }
}

/** One lane of it, with its share of the GPUs: what a replica of one lane is made of. */
export function laneOf(engine: Engine): Engine {
  return engine.lanes === 1 ? engine : { ...engine, gpus: engine.gpus / engine.lanes, lanes: 1 }
}

/** Why a request can never be served by this engine; null when it can. */
export function infeasibility(engine: Engine, inputTokens: number, outputTokens: number): string | null {
  const tokens = inputTokens + Math.max(0, outputTokens)
  if (tokens > engine.maxContext) return `longer than the model's context of ${engine.maxContext} tokens`
  if (blocksAtMost(engine.memory, tokens) > engine.memory.kvBlocks) {
    const { kvCapacityTokens } = engine.memory
    const { lanes } = engine
    return lanes === 1
      ? `larger than the KV cache of ${kvCapacityTokens} tokens`
      : `larger than the ${kvCapacityTokens} tokens of KV cache that each of its ${lanes} batches has`
  }
  return null
}

/** Blocks that a sequence of `tokens` holds: its growing cache and what it takes once. */
export function blocksAtMost(memory: MemoryPlan, tokens: number): number {
  return Math.ceil(tokens / 16) + memory.blocksPerSequence(tokens)
}

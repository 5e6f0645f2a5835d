// What a replica computed and read, and how long it was busy → the shares of its GPUs' peak arithmetic (MFU) and bandwidth (MBU) that is.
import { pow } from '../../statistics/elementary.ts'
import { kvElementBytes, peakFlops, weightPrecision } from '../hardware/dtype.ts'
import { keyParts } from '../hardware/kv-shape.ts'
import { gpusOf, type ReplicaShape } from '../hardware/memory.ts'
import { countParameters } from '../hardware/model.ts'
import { tokensPerStep, verifiedTokens } from '../hardware/speculation.ts'

/** Counted over all steps of a replica. */
export interface Work {
  readonly steps: number
  /** Tokens computed: of prompts, what a preemption made it compute again included, and one a step of each decoding sequence. */
  readonly tokens: number
  /** Of these the steps that carried prompts (a part of one where a draft guesses beside them), and their tokens. */
  readonly promptSteps: number
  readonly promptStepTokens: number
  /** Rows that the LM head saw. */
  readonly sampled: number
  /** Σ over steps of the context that decoding sequences looked at. */
  readonly contextTokens: number
  /** Σ over prompt tokens of the keys that each looked at in a layer without a window. */
  readonly promptKeys: number
}

/** While a step ran; null where none did. */
export interface PeakShares {
  /** The time that the arithmetic would take at the dense peak of the format that each part is multiplied in. */
  readonly mfu: number | null
  /** The time that reading weights and cache once a step would take at the peak of the bandwidth. */
  readonly mbu: number | null
}

/**
 * Window layers and linear states are left out of both, so that these models look a little less busy than they are; experts
 * touched are those of a step of the mean number of tokens, with prompts and without, which counts a few too many.
 */
export function peakShares(shape: ReplicaShape): (work: Work, busySeconds: number) => PeakShares {
  const { gpu, model, tp, dp = 1, weightDtype, kvDtype } = shape
  const count = countParameters(model)
  const precision = weightPrecision(model, weightDtype)
  const half = peakFlops(gpu, weightPrecision(model, 'bf16').dense).flops
  const plain = count.attention + count.dense + count.shared
  const active = model.moe ? model.moe.activeExperts / model.moe.experts : 0
  const secondsPerToken =
    (2 * plain) / peakFlops(gpu, precision.dense).flops +
    (2 * count.experts * active) / peakFlops(gpu, precision.experts).flops
  const growing = keyParts(model).filter(part => part.window === Infinity)
  const sum = (of: (part: (typeof growing)[number]) => number): number =>
    growing.reduce((all, part) => all + of(part), 0)
  const prefillFlops = sum(part => part.prefillFlops)
  const decodeFlops = sum(part => part.decodeFlops)
  // Heads are replicated where there are more GPUs than heads, and every copy is read.
  const contextBytes = kvElementBytes(kvDtype) * sum(part => (part.elements * tp) / Math.min(tp, part.splits))
  const stepBytes = plain * precision.dense.bytes + 2 * (count.head + count.norms)
  // A step is one lane's: copies of the attention read the experts that all their tokens touch together.
  const touchedBy = (tokens: number, steps: number): number =>
    steps === 0 ? 0 : (1 - pow(1 - active, (dp * tokens) / steps)) / dp
  const bandwidth = gpu.memoryBandwidthTBs * 1e12
  const gpus = gpusOf(shape)
  // Steps without prompts are told by the token gained; arithmetic on guesses that did not hold is no work done.
  const gain = tokensPerStep(shape.speculation)
  const checked = verifiedTokens(shape.speculation)
  return (work, busySeconds) => {
    if (busySeconds === 0) return { mfu: null, mbu: null }
    const { steps, tokens, sampled, contextTokens, promptKeys, promptSteps, promptStepTokens } = work
    const attention = prefillFlops * promptKeys + decodeFlops * contextTokens
    const arithmetic = secondsPerToken * tokens + (2 * count.head * sampled + attention) / half
    // In whole models read.
    const touched =
      promptSteps * touchedBy(promptStepTokens, promptSteps) +
      ((steps - promptSteps) / gain) * touchedBy((tokens - promptStepTokens) * checked, steps - promptSteps)
    const read =
      (promptSteps + (steps - promptSteps) / gain) * stepBytes + count.experts * precision.experts.bytes * touched
    const bytes = read + (contextBytes * contextTokens) / gain
    return { mfu: arithmetic / (gpus * busySeconds), mbu: bytes / bandwidth / (gpus * busySeconds) }
  }
}

/** Of several replicas of one shape. */
export function totalWork(all: readonly Work[]): Work {
  const sum = (of: (work: Work) => number): number => all.reduce((total, work) => total + of(work), 0)
  return {
    steps: sum(work => work.steps),
    tokens: sum(work => work.tokens),
    promptSteps: sum(work => work.promptSteps),
    promptStepTokens: sum(work => work.promptStepTokens),
    sampled: sum(work => work.sampled),
    contextTokens: sum(work => work.contextTokens),
    promptKeys: sum(work => work.promptKeys),
  }
}

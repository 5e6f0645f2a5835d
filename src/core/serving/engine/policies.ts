// An engine's name → how it fills a step and keeps its cache: one entry per engine.
import type { Gpu } from '../hardware/hardware.ts'

/** Engines whose scheduling and efficiency are known apart. */
export type EngineName = 'vllm' | 'tensorrt-llm' | 'sglang'

/** What sets the schedulers of engines apart. */
export interface Policy {
  /** Prompts share a step with decoding sequences; else they have priority and decoding waits. */
  readonly mixes: boolean
  /** A prompt that no longer fits a step's budget is cut; else it waits for a step of its own, unless it is longer than a whole budget. */
  readonly cuts: boolean
  /** Admission takes the blocks of the whole output at once, so that nothing is ever thrown out; else a decode step that finds too few blocks throws sequences out, to be recomputed. */
  readonly reservesOutput: boolean
  /** Cache that must be free at admission for tokens still to come; null: none is looked for. */
  readonly headroom: Headroom | null
  /** Token budget of one step and most sequences at once, as the engine's server starts by default. */
  readonly limits: (gpu: Gpu) => { readonly maxBatchedTokens: number; readonly maxSequences: number }
}

/**
 * The share of the running sequences' coming tokens for which free cache is looked for before a prompt is admitted, beside all
 * of its own: `first` after idling, less by equal parts down to `last` after `steps` decode steps. When sequences had to be
 * thrown out it is what the others have generated of their output, and `ahead` tokens more each.
 */
export interface Headroom {
  readonly first: number
  readonly last: number
  readonly steps: number
  readonly ahead: number
  /** More than so many coming tokens of a prompt itself are not looked for. */
  readonly ownLimit: number
}

/** Memory from which servers take their large defaults (vLLM counts the A100 as small). */
const large = (gpu: Gpu): boolean => gpu.memoryGiB >= 70

export const policies: Readonly<Record<EngineName, Policy>> = {
  // vLLM V1: `EngineArgs.get_batch_defaults` for the API server.
  vllm: {
    mixes: true,
    cuts: true,
    reservesOutput: false,
    headroom: null,
    limits: gpu =>
      large(gpu) && !gpu.id.startsWith('a100')
        ? { maxBatchedTokens: 8192, maxSequences: 1024 }
        : { maxBatchedTokens: 2048, maxSequences: 256 },
  },
  // In-flight batching with GUARANTEED_NO_EVICT; `max_num_tokens` 8192, `max_batch_size` 2048 (TensorRT-LLM 1.x `LlmArgs`).
  'tensorrt-llm': {
    mixes: true,
    cuts: false,
    reservesOutput: true,
    headroom: null,
    limits: () => ({ maxBatchedTokens: 8192, maxSequences: 2048 }),
  },
  // `chunked_prefill_size` by memory; `new_token_ratio` of `schedule_policy.py` and `ScheduleBatch.retract_decode` with a
  // schedule conservativeness of 1: 0.7, falling to 0.14 of that in 600 steps; SGLANG_RETRACT_DECODE_STEPS and
  // SGLANG_CLIP_MAX_NEW_TOKENS_ESTIMATION (which it applies to running ones too; here it does to the prompt in question only).
  sglang: {
    mixes: false,
    cuts: true,
    reservesOutput: false,
    headroom: { first: 0.7, last: 0.098, steps: 600, ahead: 20, ownLimit: 4096 },
    limits: gpu => ({
      maxBatchedTokens: gpu.memoryGiB >= 160 ? 16384 : gpu.memoryGiB >= 60 ? 8192 : gpu.memoryGiB >= 35 ? 4096 : 2048,
      maxSequences: large(gpu) ? 2048 : 512,
    }),
  },
}

// An engine's name → how it fills a step and keeps its cache: one entry per engine.
import type { Gpu } from './hardware.ts'

/** Engines whose scheduling and efficiency are known apart. */
export type EngineName = 'vllm' | 'tensorrt-llm' | 'sglang'

/** What sets the schedulers of engines apart. */
export interface Policy {
  /** Prompts share a step with decoding sequences; else they have priority and decoding waits. */
  readonly mixes: boolean
  /** A prompt that no longer fits a step's budget is cut; else it waits for a step of its own, unless it is longer than a whole budget. */
  readonly cuts: boolean
  /**
   * Cache held back at admission for tokens still to come, as a share of them. 1: of the request itself, taken at once and
   * never short (no eviction). Below 1: of all running ones, only looked at; a sequence that finds no block is thrown out
   * and recomputed.
   */
  readonly reserve: number
  /** Token budget of one step and most sequences at once, as the engine's server starts by default. */
  readonly limits: (gpu: Gpu) => { readonly maxBatchedTokens: number; readonly maxSequences: number }
}

/** Memory from which servers take their large defaults (vLLM counts the A100 as small). */
const large = (gpu: Gpu): boolean => gpu.memoryGiB >= 70

export const policies: Readonly<Record<EngineName, Policy>> = {
  // vLLM V1: `EngineArgs.get_batch_defaults` for the API server.
  vllm: {
    mixes: true,
    cuts: true,
    reserve: 0,
    limits: gpu =>
      large(gpu) && !gpu.id.startsWith('a100')
        ? { maxBatchedTokens: 8192, maxSequences: 1024 }
        : { maxBatchedTokens: 2048, maxSequences: 256 },
  },
  // In-flight batching with GUARANTEED_NO_EVICT; `max_num_tokens` 8192, `max_batch_size` 2048 (TensorRT-LLM 1.x `LlmArgs`).
  'tensorrt-llm': {
    mixes: true,
    cuts: false,
    reserve: 1,
    limits: () => ({ maxBatchedTokens: 8192, maxSequences: 2048 }),
  },
  // `chunked_prefill_size` by memory; `new_token_ratio` starts at 0.7 and decays towards 0.1 while nothing is retracted.
  sglang: {
    mixes: false,
    cuts: true,
    reserve: 0.3,
    limits: gpu => ({
      maxBatchedTokens: gpu.memoryGiB >= 160 ? 16384 : gpu.memoryGiB >= 60 ? 8192 : gpu.memoryGiB >= 35 ? 4096 : 2048,
      maxSequences: large(gpu) ? 2048 : 512,
    }),
  },
}

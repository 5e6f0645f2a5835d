// A server whose hardware nobody describes, by what its steps take, in; the engine that replays it, out.
import type { Engine } from '../engine/engine.ts'
import { policies } from '../engine/policies.ts'

/**
 * Seconds, linear in what a step carries: a step of B answers with contexts of S tokens together, and p tokens of prompts,
 * takes step + B·sequence + S·context (+ promptStep + p·promptToken when p > 0).
 */
export interface BareServer {
  readonly stepSeconds: number
  readonly sequenceSeconds: number
  readonly contextTokenSeconds: number
  readonly promptStepSeconds: number
  readonly promptTokenSeconds: number
  /** HTTP and tokenisation before a request reaches a step. */
  readonly entrySeconds: number
  /** Requests served at once; further ones wait. Null: more than were ever tried. */
  readonly maxSequences: number | null
  /** Tokens of prompt and answer that one request may have. */
  readonly maxContext: number
  /** Tokens that one step takes at most. */
  readonly maxBatchedTokens: number
}

/** Requests in flight beyond any that a server of this kind was seen with. */
const manySequences = 4096

/** Its cache holds every request that it serves at once: llama.cpp's slots, each with a context of its own. */
export function bareEngine(server: BareServer): Engine {
  const maxSequences = Math.min(server.maxSequences ?? manySequences, server.maxBatchedTokens)
  const kvBlocks = maxSequences * Math.ceil((server.maxContext + 1) / 16)
  return {
    timer: {
      decode: sequences => server.stepSeconds + sequences * server.sequenceSeconds,
      contextTokenSeconds: server.contextTokenSeconds,
      sequenceSeconds: () => 0,
      prefillAttention: () => 0,
      // Rows are sampled for each answer and for the prompts that end in this step: all tokens beside them are prompt.
      mixed: (tokens, rows, _requests, attention) =>
        server.stepSeconds +
        rows * server.sequenceSeconds +
        server.promptStepSeconds +
        Math.max(0, tokens - rows) * server.promptTokenSeconds +
        attention,
      entrySeconds: server.entrySeconds,
      frontSeconds: () => 0,
      promptRoom: (budget, decoding) => budget - decoding,
      largestPart: () => 'a step as measured',
    },
    memory: {
      fits: true,
      problem: null,
      weightGiBPerGpu: 0,
      reserveGiBPerGpu: 0,
      kvGiBPerGpu: 0,
      kvCapacityTokens: kvBlocks * 16,
      kvBlocks,
      blocksPerSequence: () => 0,
    },
    policy: policies.vllm,
    maxBatchedTokens: server.maxBatchedTokens,
    maxSequences,
    prefixCaching: false,
    pollSteps: 1,
    maxContext: server.maxContext,
    // Of a server of which only its times are known nothing can be said of peaks.
    peakShares: () => ({ mfu: null, mbu: null }),
    gpus: 1,
    lanes: 1,
  }
}

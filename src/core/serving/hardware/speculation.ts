// Tokens guessed ahead and how often the guesses hold → tokens that a step of the target model brings.
import { Fault } from '../../fault/fault.ts'
import { pow } from '../../statistics/elementary.ts'
import type { Model } from './model.ts'

/** Speculative decoding: a draft guesses, and one step of the target checks all guesses of a sequence at once. */
export interface Speculation {
  /** Tokens guessed ahead of each step (vLLM's `num_speculative_tokens`). */
  readonly draftTokens: number
  /**
   * Chance that a guess holds, given that those before it did. It belongs to the traffic and the draft: measure it. Not the
   * share of all guesses that servers log as their acceptance rate, in which one that fails takes those after it with it.
   */
  readonly acceptance: number
  /** `head`: one more layer of the model itself (multi-token prediction, EAGLE); else a smaller model on the same GPUs. */
  readonly draft: 'head' | Model
}

const mostDraftTokens = 32

/** Where vLLM counts it: that of the first guess has none before it. */
export const acceptanceCounters =
  'vllm:spec_decode_num_accepted_tokens_per_pos{position="0"} ÷ vllm:spec_decode_num_drafts'

/** No measured row tells its draft, so none was fitted: a doubt (of the logarithm) about what guessing and checking cost. Assumed. */
export const speculationBand = 0.15

/** @throws Fault SPECULATION_INVALID */
export function checkSpeculation({ draftTokens, acceptance }: Speculation): void {
  const wrong = !(Number.isInteger(draftTokens) && draftTokens >= 1 && draftTokens <= mostDraftTokens)
  if (!wrong && acceptance >= 0 && acceptance <= 1) return
  throw new Fault(
    'SPECULATION_INVALID',
    wrong
      ? `drafts are of 1 to ${mostDraftTokens} tokens, whole ones, not ${draftTokens}`
      : `an acceptance rate is between 0 and 1, not ${acceptance}`,
    { fix: `servers tell that of the first guess: ${acceptanceCounters}` },
  )
}

/**
 * Tokens that a sequence gains by one step in the mean, the target's own among them: (1 − a^(g+1)) ÷ (1 − a) for a draft of g
 * tokens that hold one by one with chance a (Leviathan, Kalman, Matias 2023, equation 1). 1 without a draft.
 */
export function tokensPerStep(speculation: Speculation | undefined): number {
  if (speculation === undefined) return 1
  const { draftTokens, acceptance } = speculation
  return acceptance === 1 ? draftTokens + 1 : (1 - pow(acceptance, draftTokens + 1)) / (1 - acceptance)
}

/** GPUs over which a draft model is cut: those of the model, or one where they do not divide its heads; each then has it whole. */
export const draftParallelism = (draft: Model, tp: number): number => (draft.heads % tp === 0 ? tp : 1)

/** Tokens of a sequence that the target computes in one step. */
export const verifiedTokens = (speculation: Speculation | undefined): number => 1 + (speculation?.draftTokens ?? 0)

/** "3 tokens guessed ahead by llama-3.1-8b, one holds in 70 % of cases if those before it did: 2.53 a step". */
export function speculationText(speculation: Speculation): string {
  const { draftTokens, acceptance, draft } = speculation
  const by = draft === 'head' ? 'one more layer' : draft.id
  const held = `${Math.round(acceptance * 1000) / 10} %`
  const tokens = draftTokens === 1 ? '1 token' : `${draftTokens} tokens`
  const gain = tokensPerStep(speculation).toFixed(2)
  return `${tokens} guessed ahead by ${by}, one holds in ${held} of cases if those before it did: ${gain} a step`
}

// A plain step timer and a draft in; the timer of steps that check guesses, told by the token gained, out.
import { type Speculation, tokensPerStep, verifiedTokens } from '../hardware/speculation.ts'
import type { StepTimer } from './step-time.ts'

/** What the plain timer is made of, as far as guesses change it. */
export interface StepParts {
  /** A pure decode step of `sequences` that computes `tokens`, without contexts. */
  readonly verify: (sequences: number, tokens: number) => number
  /** A step that carries prompts. */
  readonly carry: StepTimer['mixed']
  /** Reading one token of context for so many tokens of one sequence at once. */
  readonly contextTokenSeconds: (tokens: number) => number
  /** What makes the guesses. */
  readonly draft: Draft
}

interface Draft extends Pick<StepTimer, 'contextTokenSeconds' | 'prefillAttention'> {
  /** One guess for each of `sequences`, without contexts. */
  readonly decode: (sequences: number) => number
  /** So many tokens at once, without attention: prompts pass through it too, for it to guess after them. */
  readonly carry: (tokens: number) => number
}

/**
 * A step that checks g guesses brings e tokens a sequence (`tokensPerStep`). Schedulers here count by the token, so a step is
 * told as e steps of a token each, of an e-th of its time, between which nothing else can happen in truth: times of single
 * tokens are off by less than one step. Prompts beside such steps share it alike: e steps of a token carry what one carries;
 * the first token of a prompt comes when the step is over as a whole (`guessing.wholeStep`).
 */
export function speculativeTimer(plain: StepTimer, speculation: Speculation, parts: StepParts): StepTimer {
  const gain = tokensPerStep(speculation)
  const { draftTokens } = speculation
  const checked = verifiedTokens(speculation)
  const { verify, carry, draft } = parts
  const guesses = (sequences: number): number => (sequences === 0 ? 0 : draftTokens * draft.decode(sequences))
  // The first guess of those that decode is made in one pass with the prompts.
  const forPrompts = (tokens: number, decoding: number): number => {
    if (tokens === 0) return 0
    return decoding === 0 ? draft.carry(tokens) : Math.max(0, draft.carry(tokens + decoding) - draft.decode(decoding))
  }
  const whole = (prompts: number, rows: number, requests: number, attention: number, decoding: number): number => {
    const more = decoding * draftTokens
    const seconds = carry(prompts + decoding + more, rows + more, requests, attention)
    return seconds + guesses(decoding) + forPrompts(prompts, decoding)
  }
  return {
    ...plain,
    decode: sequences => (verify(sequences, sequences * checked) + guesses(sequences)) / gain,
    contextTokenSeconds: (parts.contextTokenSeconds(checked) + draftTokens * draft.contextTokenSeconds) / gain,
    sequenceSeconds: (first, last) => plain.sequenceSeconds(first, last) / gain,
    prefillAttention: (tokens, context) =>
      plain.prefillAttention(tokens, context) + draft.prefillAttention(tokens, context),
    mixed: (tokens, rows, requests, attention, decoding = 0) => {
      if (decoding === 0) return whole(tokens, rows, requests, attention, 0)
      const prompts = Math.round((tokens - decoding) * gain)
      return whole(prompts, rows, requests, attention * gain, decoding) / gain
    },
    guessing: {
      tokensPerStep: gain,
      wholeStep: (tokens, rows, requests, prompts, contexts, decoding) =>
        whole(tokens - decoding, rows, requests, prompts + gain * contexts, decoding),
    },
    promptRoom: (budget, decoding) =>
      decoding === 0 ? budget : Math.max(0, Math.floor((budget - decoding * checked) / gain)),
  }
}

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
  /** One guess for each of `sequences`, and reading one token of their contexts for it. */
  readonly draft: { readonly decode: (sequences: number) => number; readonly contextTokenSeconds: number }
}

/**
 * A step that checks g guesses brings e tokens a sequence (`tokensPerStep`). Schedulers here count by the token, so a step is
 * told as e steps of a token each, of an e-th of its time, between which nothing else can happen in truth: times of single
 * tokens are off by less than one step. Prompts beside such steps share it alike: e steps of a token carry what one carries.
 */
export function speculativeTimer(plain: StepTimer, speculation: Speculation, parts: StepParts): StepTimer {
  const gain = tokensPerStep(speculation)
  const { draftTokens } = speculation
  const checked = verifiedTokens(speculation)
  const { verify, carry, draft } = parts
  const guesses = (sequences: number): number => (sequences === 0 ? 0 : draftTokens * draft.decode(sequences))
  return {
    ...plain,
    decode: sequences => (verify(sequences, sequences * checked) + guesses(sequences)) / gain,
    contextTokenSeconds: (parts.contextTokenSeconds(checked) + draftTokens * draft.contextTokenSeconds) / gain,
    sequenceSeconds: (first, last) => plain.sequenceSeconds(first, last) / gain,
    mixed: (tokens, rows, requests, attention, decoding = 0) => {
      if (decoding === 0) return carry(tokens, rows, requests, attention)
      const prompts = Math.round((tokens - decoding) * gain)
      const more = decoding * draftTokens
      const seconds = carry(prompts + decoding + more, rows + more, requests, attention * gain)
      return (seconds + guesses(decoding)) / gain
    },
    promptRoom: (budget, decoding) =>
      decoding === 0 ? budget : Math.max(0, Math.floor((budget - decoding * checked) / gain)),
  }
}

// A seed and a length in; a prompt that no cache has seen, of about so many tokens, out.
import { stream } from '../core/statistics/random.ts'

const onsets = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'st', 'tr', 'pl']
const nuclei = ['a', 'e', 'i', 'o', 'u', 'ai', 'ea', 'ou']

/** How a server's tokens grow with words: `base` comes with every prompt (a chat template, a first token). */
export interface TokensOfWords {
  readonly base: number
  readonly perWord: number
}

export interface Prompts {
  /** The next prompt of so many words: drawn anew from its first word on, so that no prefix of it was ever computed. */
  next(words: number): string
}

/** `salt` sets one run apart from another of the same seed, whose prompts a server may still hold. */
export function randomPrompts(seed: number, salt: string): Prompts {
  const random = stream(seed, `prompts ${salt}`)
  const syllable = (): string => onsets[random.integer(onsets.length)]! + nuclei[random.integer(nuclei.length)]!
  const word = (): string => (random.integer(3) === 0 ? syllable() + syllable() + syllable() : syllable() + syllable())
  return { next: words => Array.from({ length: Math.max(1, words) }, word).join(' ') }
}

/** From two prompts of which the server told the tokens. */
export function tokensOfWords(
  short: { readonly words: number; readonly tokens: number },
  long: { readonly words: number; readonly tokens: number },
): TokensOfWords {
  const perWord = Math.max(0.25, (long.tokens - short.tokens) / (long.words - short.words))
  return { base: Math.max(0, short.tokens - short.words * perWord), perWord }
}

export const wordsFor = (tokens: number, { base, perWord }: TokensOfWords): number =>
  Math.max(1, Math.round((tokens - base) / perWord))

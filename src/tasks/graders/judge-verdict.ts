// What a judge wrote in; its verdict out, or that it gave none: anything but one clear word is no vote.
import type { Json } from '../task.ts'
import { foundJson } from './found-json.ts'

export interface JudgeVerdict {
  readonly word: string
  readonly reason: string | null
}

/** The last JSON object with a `verdict` that is one of the words, or a text that is nothing but such a word; null = no vote. */
export function judgeVerdict(text: string, words: readonly string[]): JudgeVerdict | null {
  const known = (said: Json | undefined): string | null => {
    const word = typeof said === 'string' ? said.trim().toLowerCase() : null
    return word !== null && words.includes(word) ? word : null
  }
  const bare = known(text.replace(/[.*"'`\s]+/g, ' '))
  if (bare !== null) return { word: bare, reason: null }
  const value = foundJson(text, 'any')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { verdict, reason } = value as Readonly<Record<string, Json>>
  const word = known(verdict)
  return word === null ? null : { word, reason: typeof reason === 'string' ? reason : null }
}

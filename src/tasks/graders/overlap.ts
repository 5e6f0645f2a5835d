// Two lists of words or items in; how much of one is in the other (precision, recall, F1), out.
import { z } from 'zod'

export interface Overlap {
  /** Share of what was said that is right. */
  readonly precision: number
  /** Share of what is right that was said. */
  readonly recall: number
  /** Their harmonic mean. */
  readonly f1: number
}

/** As multisets, as SQuAD's evaluation counts words. Two empty lists are the same; one empty list has nothing in common with another. */
export function overlap(said: readonly string[], right: readonly string[]): Overlap {
  if (said.length === 0 || right.length === 0) {
    const isSame = said.length === right.length ? 1 : 0
    return { precision: isSame, recall: isSame, f1: isSame }
  }
  const left = new Map<string, number>()
  for (const word of right) left.set(word, (left.get(word) ?? 0) + 1)
  let common = 0
  for (const word of said) {
    const count = left.get(word) ?? 0
    if (count > 0) {
      common++
      left.set(word, count - 1)
    }
  }
  if (common === 0) return { precision: 0, recall: 0, f1: 0 }
  const precision = common / said.length
  const recall = common / right.length
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) }
}

export const shareField = (description: string) => z.number().min(0).max(1).optional().meta({ description })

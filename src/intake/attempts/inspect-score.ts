// A value of an Inspect score (C, I, P, N, a number, a boolean, a table of them) in; score and verdict out.

export interface Score {
  readonly score: number | null
  /** Null = the value says neither. */
  readonly passed: boolean | null
}

/** As Inspect's own `value_to_float` reads them: correct 1, partial 0.5, incorrect and no answer 0. */
const letters = new Map(Object.entries({ C: 1, P: 0.5, I: 0, N: 0 }))
const words = new Map(Object.entries({ yes: 1, true: 1, no: 0, false: 0 }))

/** A score from `passAt` on passes. One that is no share of 1 is no verdict, nor is a table of several. */
export function scoreOf(value: unknown, passAt: number): Score {
  const score = shareOf(value)
  return { score, passed: score === null ? null : score >= passAt }
}

function shareOf(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return value >= 0 && value <= 1 ? value : null
  if (typeof value !== 'string') return null
  const text = value.trim()
  const known = letters.get(text) ?? words.get(text.toLowerCase())
  if (known !== undefined) return known
  return /^\d+(\.\d+)?$/.test(text) ? shareOf(Number(text)) : null
}

// What a grader found in; the `Grade` that says it out.
import { zero } from '../../core/meter/money.ts'
import type { Grade } from './grader.ts'

/** Pass or fail of a mechanical grader, which costs nothing; `reason` says what was missed where it failed. */
export const graded = (pass: boolean, reason: string, score: number | null = null): Grade => ({
  pass,
  score,
  reason: pass ? null : reason,
  usd: zero,
})

/** Neither pass nor fail: what kept a mechanical grader from telling. */
export const cannotTell = (reason: string): Grade => ({ pass: null, score: null, reason, usd: zero })

/** A text that stands within a one-line reason: its begin, on one line. */
export function quoted(text: string, longest = 80): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= longest ? `"${line}"` : `"${line.slice(0, longest - 1)}…"`
}

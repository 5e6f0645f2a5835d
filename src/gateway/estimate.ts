// A call of which nobody tells the counts in; about how many tokens its request and its answer have, out. Always marked as an estimate.
import type { RequestBody } from './request-body.ts'
import type { RequestFacts } from './request-facts.ts'

/** English, in the tokenizers of today (https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them). */
const bytesPerToken = 4

/** Null where pictures or sound are asked about: their bytes tell nothing of their tokens. */
export function promptEstimate({ whole }: RequestBody, { needs, body }: RequestFacts): number | null {
  if (whole === null || body === null || needs.includes('image') || needs.includes('audio')) return null
  return Math.ceil(whole.length / bytesPerToken)
}

/** What came of an answer: its bytes, and the newest of them as they came. */
export interface CameOfAnswer {
  readonly bytes: number
  readonly newest: Buffer
  readonly isStream: boolean
}

/** A stream has a token, or a few, in each event: at least about as many as events of the size of the newest fit in. */
export function answerEstimate({ bytes, newest, isStream }: CameOfAnswer): number {
  if (!isStream) return Math.ceil(bytes / bytesPerToken)
  const ends = Array.from(
    newest.toString('latin1').matchAll(/\r?\n\r?\n/g),
    ({ index, 0: blank }) => index + blank.length,
  )
  if (ends.length === 0) return Math.sign(bytes)
  const eventBytes = ends.length === 1 ? newest.length : (ends.at(-1)! - ends[0]!) / (ends.length - 1)
  return Math.round(bytes / eventBytes)
}

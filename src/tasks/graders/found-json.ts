// A model's answer in; the JSON that stands in it out, whether it is the whole, in a code fence, or amid words.
import { z } from 'zod'
import type { Json } from '../task.ts'
import { jsonOf } from './same-json.ts'

export const extractField = z.enum(['none', 'fenced', 'any']).optional().meta({
  description:
    'where the JSON may stand: none = the answer is nothing else; fenced = or in a ``` block of it (default); any = or amid words',
})

export type Extract = z.output<typeof extractField>

/** The value, or undefined where there is none. Of several blocks, or values amid words, the last that is JSON. */
export function foundJson(text: string, extract: Extract = 'fenced'): Json | undefined {
  const whole = jsonOf(text)
  if (whole !== undefined || extract === 'none') return whole
  for (const [, block] of [...text.matchAll(/```[^\n`]*\n([\s\S]*?)```/g)].reverse()) {
    const value = jsonOf(block!)
    if (value !== undefined) return value
  }
  return extract === 'any' ? amidWords(text) : undefined
}

/** How many opening braces are tried: an answer that is nothing but braces costs no more. */
const MOST_STARTS = 200

/** The last object or list amid words that is JSON and not part of one that begins earlier. */
function amidWords(text: string): Json | undefined {
  let found: Json | undefined
  let starts = 0
  for (let at = nextStart(text, 0); at >= 0 && starts < MOST_STARTS; starts++) {
    const end = balancedEnd(text, at)
    const value = end < 0 ? undefined : jsonOf(text.slice(at, end))
    if (value !== undefined) found = value
    at = nextStart(text, value === undefined ? at + 1 : end)
  }
  return found
}

function nextStart(text: string, from: number): number {
  const at = text.slice(from).search(/[{[]/)
  return at < 0 ? -1 : from + at
}

/** The end of what opens at `start`, brackets in strings left out of account; −1 where it never closes. */
function balancedEnd(text: string, start: number): number {
  let depth = 0
  let isInString = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
  return -1
}

// A JSON object that was cut off → those of its members that came whole before the cut, so that counts read are kept.
import { parseJson } from './json.ts'

/**
 * The text up to the end of the last whole member of the outermost object. What was cut inside stays out as a whole: of half
 * a usage nobody could say whether a count is missing because there was none, or because of the cut. A number at the cut is
 * not whole either: digits may be missing. Null when nothing can be made of it.
 */
export function parseCut(text: string): unknown {
  const open: string[] = []
  let isKeyNext = false
  let end = 0
  const whole = (at: number): void => {
    if (open.length === 1) end = at
  }
  for (let i = 0; i < text.length; ) {
    const c = text[i]!
    if (c === '"') {
      const close = endOfString(text, i)
      if (close === -1) break
      if (isKeyNext) isKeyNext = false
      else whole(close)
      i = close
    } else if (c === '{' || c === '[') {
      open.push(c === '{' ? '}' : ']')
      isKeyNext = c === '{'
      i++
      whole(i)
    } else if (c === '}' || c === ']') {
      if (open.pop() !== c) break
      isKeyNext = false
      i++
      whole(i)
    } else if (c === ',') {
      isKeyNext = open.at(-1) === '}'
      i++
    } else if (c === ':' || c === ' ' || c === '\n' || c === '\r' || c === '\t') i++
    else {
      const from = i
      while (i < text.length && !' \n\r\t,:]}"'.includes(text[i]!)) i++
      if (i === text.length || parseJson(`[${text.slice(from, i)}]`) === null) break
      whole(i)
    }
  }
  return end === 0 ? null : parseJson(`${text.slice(0, end)}}`)
}

/** The offset behind the closing quote of the string that opens at `from`, or −1. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text[quote - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return quote + 1
  }
  return -1
}

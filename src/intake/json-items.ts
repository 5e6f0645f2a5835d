// JSON text, cut anywhere, in; the texts of its records, out: those of an array, of an answer's page, or of documents one behind another.
import { isObject, type Json } from './pages.ts'

/** Where lists of records lie in an answer of an API: `data` of a page, `result` of Cloudflare's, `events` of CloudWatch, a Gemini batch's own nest. */
const lists: readonly (readonly string[])[] = [
  ['data'],
  ['result'],
  ['events'],
  ['logEvents'],
  ['dest', 'inlinedResponses'],
  ['response', 'inlinedResponses', 'inlinedResponses'],
]

/** The records of a value that is parsed already: those of a list, of a page, or the value itself. */
export function recordsWithin(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap(recordsWithin)
  if (!isObject(value)) return []
  for (const path of lists) {
    const list = path.reduce<unknown>((within, key) => (isObject(within) ? within[key] : null), value)
    if (Array.isArray(list)) return list.filter(isObject)
  }
  return [value]
}

export interface JsonItems {
  /** The records that end in this piece. */
  push(text: string): string[]
  /** What was begun and never ended; null when nothing was. */
  rest(): string | null
}

const [quote, backslash] = [34, 92]
const [open, close, openList, closeList] = [123, 125, 91, 93]
/** No name of a list is longer. */
const longestName = 64

/** Begins to read one text. No more of it is held than one record. */
export function jsonItems(): JsonItems {
  /** The key of each open container in the one above; null where that is a list. */
  const keys: (string | null)[] = []
  const isList: boolean[] = []
  let inString = false
  let isEscaped = false
  let name = ''
  /** How many containers lie around the record, the list of records; null: none is open. */
  let recordAt: number | null = null
  let listAt: number | null = null
  let begun: string[] = []

  function push(text: string): string[] {
    const items: string[] = []
    let from = 0
    for (let i = 0; i < text.length; i++) {
      if (inString) {
        i = stringEnd(text, i)
        continue
      }
      const code = text.charCodeAt(i)
      if (code === quote) {
        inString = true
        name = ''
      } else if (code === open || code === openList) {
        if (opened(code === openList)) from = i
      } else if (code === close || code === closeList) {
        keys.pop()
        isList.pop()
        if (listAt === keys.length) listAt = null
        if (recordAt !== keys.length) continue
        items.push(begun.join('') + text.slice(from, i + 1))
        begun = []
        recordAt = null
      }
    }
    if (recordAt !== null) begun.push(text.slice(from))
    return items
  }

  /** Takes a container in; whether a record begins with it. */
  function opened(list: boolean): boolean {
    const level = keys.length
    const key = isList.at(-1) === false ? name : null
    const isInList = listAt !== null && level === listAt + 1
    const begins = recordAt === null && !list && (level === 0 || (level === 1 && isList[0] === true) || isInList)
    if (begins) recordAt = level
    else if (list && recordAt !== null && listAt === null && isRecords(recordAt, key)) {
      recordAt = null
      begun = []
      listAt = level
    }
    keys.push(key)
    isList.push(list)
    return begins
  }

  /** Whether a list of this key is what its document is about. */
  const isRecords = (document: number, key: string | null): boolean =>
    key !== null && lists.some(path => path.join('.') === [...keys.slice(document + 1), key].join('.'))

  /** Index of the string's last character in this piece. */
  function stringEnd(text: string, at: number): number {
    for (let i = at; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (isEscaped) isEscaped = false
      else if (code === backslash) isEscaped = true
      else if (code === quote) {
        inString = false
        keepName(text.slice(at, Math.min(i, at + longestName)))
        return i
      }
    }
    keepName(text.slice(at, at + longestName))
    return text.length
  }

  const keepName = (more: string): void => {
    if (name.length < longestName) name += more
  }

  return { push, rest: () => (recordAt === null ? null : begun.join('')) }
}

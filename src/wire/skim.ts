// Bytes of a JSON object, cut anywhere, of whatever size → the text of the same object, with null for what nobody asked for.
//
// A body of 100 MiB of embeddings or pictures holds a usage of 100 bytes. JSON.parse would need all of it at once and several
// times over; the streaming parser that is kept up, @streamparser/json, makes a value of every number that it passes, which
// takes ten times as long as JSON.parse. Here most bytes are looked at once, and forgotten.
import { parseJson } from './json.ts'
import { textOf } from './text.ts'

/** All of a value; or these members of an object, and of each object in a list. */
export type Wanted = true | { readonly [name: string]: Wanted }

export interface Skimmer {
  push(bytes: Uint8Array): void
  /** What there is of the object so far: whole as far as the bytes were. */
  text(): string
}

/** What is asked for is a few hundred bytes; of an object that holds more of it than this the rest is as if cut off. */
const mostKeptBytes = 4 << 20

const space = 32
const quote = 34
const comma = 44
const colon = 58
const backslash = 92
const openBracket = 91
const closeBracket = 93
const openBrace = 123
const closeBrace = 125
const nullBytes = [110, 117, 108, 108]

export function skimmer(wanted: Wanted): Skimmer {
  let kept = new Uint8Array(4096)
  let length = 0
  /** The open objects and lists that are kept, with what is wanted of them. */
  const open: { readonly isObject: boolean; readonly wanted: Wanted }[] = []
  /** Where the name of the next member begins among the kept bytes, and what is wanted of its value. */
  let nameAt = 0
  let ofValue: Wanted | undefined = wanted
  let isNameNext = false
  let isValueNext = false
  let isInText = false
  let isEscaped = false
  /** Brackets that are open in the value that is passed over; null while none is. */
  let passedDepth: number | null = null

  function keep(byte: number): void {
    if (length === kept.length) {
      const larger = new Uint8Array(2 * length)
      larger.set(kept)
      kept = larger
    }
    kept[length++] = byte
  }

  function structure(byte: number): void {
    if (byte === quote) {
      isInText = true
      nameAt = length + 1
    } else if (byte === openBrace || byte === openBracket) {
      const isObject = byte === openBrace
      open.push({ isObject, wanted: open.at(-1)?.isObject === false ? open.at(-1)!.wanted : ofValue! })
      isNameNext = isObject
    } else if (byte === closeBrace || byte === closeBracket) {
      open.pop()
      isNameNext = false
    } else if (byte === comma) isNameNext = open.at(-1)?.isObject === true
    else if (byte === colon) isValueNext = true
    keep(byte)
  }

  function inText(byte: number): void {
    if (isEscaped) isEscaped = false
    else if (byte === backslash) isEscaped = true
    else if (byte === quote) {
      isInText = false
      if (isNameNext) ofValue = memberOf(open.at(-1)!.wanted, textOf(kept.subarray(nameAt, length)))
      isNameNext = false
    }
    keep(byte)
  }

  /** The place behind the value that is passed over, or the end of these bytes. */
  function pass(bytes: Uint8Array, from: number): number {
    let depth = passedDepth!
    for (let i = from; i < bytes.length; ) {
      if (isInText) {
        i = behindText(bytes, i)
        if (isInText) break
        if (depth === 0) return end(i)
        continue
      }
      const byte = bytes[i]!
      // Digits first: vectors are the largest of all bodies.
      if (depth > 0 && byte < openBracket && byte !== quote) {
        i++
        continue
      }
      if (byte === quote) isInText = true
      else if (byte === openBrace || byte === openBracket) depth++
      else if (byte === closeBrace || byte === closeBracket) {
        // One that was not opened here closes what is around a number.
        if (depth === 0) return end(i)
        if (--depth === 0) return end(i + 1)
      } else if (depth === 0 && (byte === comma || byte <= space)) return end(i)
      i++
    }
    passedDepth = depth
    return bytes.length
  }

  function end(at: number): number {
    passedDepth = null
    return at
  }

  /** The place behind the quote that ends the open text, or the end of these bytes. */
  function behindText(bytes: Uint8Array, from: number): number {
    let i = isEscaped ? from + 1 : from
    for (;;) {
      const at = bytes.indexOf(quote, i)
      const to = at === -1 ? bytes.length : at
      let slashes = 0
      while (to - slashes > i && bytes[to - slashes - 1] === backslash) slashes++
      isEscaped = slashes % 2 === 1
      if (at === -1) return to
      i = at + 1
      isInText = isEscaped
      isEscaped = false
      if (!isInText) return i
    }
  }

  return {
    push(bytes) {
      for (let i = 0; i < bytes.length && length < mostKeptBytes; ) {
        const byte = bytes[i]!
        if (passedDepth !== null) i = pass(bytes, i)
        else if (isValueNext && byte > space && ofValue === undefined) {
          isValueNext = false
          passedDepth = 0
          nullBytes.forEach(keep)
        } else {
          if (byte > space) isValueNext = false
          if (isInText) inText(byte)
          else structure(byte)
          i++
        }
      }
    },
    text: () => textOf(kept.subarray(0, length)),
  }
}

function memberOf(wanted: Wanted, written: string): Wanted | undefined {
  if (wanted === true) return true
  const name = written.includes('\\') ? parseJson(`"${written}"`) : written
  return typeof name === 'string' && Object.hasOwn(wanted, name) ? wanted[name] : undefined
}

// Bytes of a JSON text, cut anywhere → the same text with the rest of its long strings and long runs of numbers left out:
// of pictures and vectors nothing is counted, and a body has room for a hundred megabytes of them.

const quote = 34
const comma = 44
const backslash = 92
const isBracket = (byte: number): boolean => byte === 91 || byte === 93 || byte === 123 || byte === 125

/** Longer than any id, name of a model or reason. */
const longest = 1024

/** Shortens one text; what JSON it was, it stays. */
export function shortener(): { push(bytes: Uint8Array): Uint8Array } {
  let isInString = false
  /** Bytes of an escape that have not come yet: it is kept or left out as a whole. */
  let escaped = 0
  /** Bytes of this string, or since the last string or bracket. */
  let length = 0
  let isLeftOut = false

  function keeps(byte: number): boolean {
    if (isInString) {
      if (escaped > 0) escaped += byte === 117 && escaped === 1 ? 3 : -1
      else if (byte === quote) {
        isInString = false
        isLeftOut = false
        length = 0
        return true
      } else {
        isLeftOut ||= length >= longest
        if (byte === backslash) escaped = 1
      }
    } else if (byte === quote || isBracket(byte)) {
      isInString = byte === quote
      isLeftOut = false
      length = 0
      return true
    } else if (byte === comma) isLeftOut ||= length >= longest
    length++
    return !isLeftOut
  }

  return {
    push(bytes) {
      // Room for the comma that stood before what follows numbers that were left out.
      const kept = new Uint8Array(bytes.length + 1)
      let size = 0
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i]!
        const isAfterNumbers = isLeftOut && !isInString
        if (!keeps(byte)) continue
        if (isAfterNumbers && byte !== 93 && byte !== 125) kept[size++] = comma
        kept[size++] = byte
      }
      return kept.subarray(0, size)
    },
  }
}

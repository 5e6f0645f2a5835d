// Bytes of a JSON array of objects, cut anywhere → each element as it closes, with its offset: how Gemini streams when not
// asked for server-sent events (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent).
import type { Feed, Framer } from './framing.ts'
import { joined, textOf } from './text.ts'

const quote = 34
const backslash = 92
const openBrace = 123
const closeBrace = 125

/** All structure of JSON is ASCII, and no byte of a longer UTF-8 character is: the bytes need no decoding to be cut apart. */
export function jsonArrayFramer(feed: Feed): Framer {
  let pieces: Uint8Array[] = []
  let pieceBytes = 0
  let depth = 0
  let isInString = false
  let isEscaped = false
  let elementAt = 0
  let read = 0

  return {
    push(bytes) {
      let from = 0
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i]!
        if (isInString) {
          if (isEscaped) isEscaped = false
          else if (byte === backslash) isEscaped = true
          else if (byte === quote) isInString = false
        } else if (byte === quote) isInString = depth > 0
        else if (byte === openBrace) {
          if (depth === 0) {
            elementAt = read + i
            from = i
          }
          depth++
        } else if (byte === closeBrace && depth > 0) {
          depth--
          if (depth > 0) continue
          const piece = bytes.subarray(from, i + 1)
          pieces.push(piece)
          feed(textOf(joined(pieces, pieceBytes + piece.length)), null, elementAt, read + i + 1)
          pieces = []
          pieceBytes = 0
        }
      }
      if (depth > 0) {
        const rest = bytes.slice(from)
        pieces.push(rest)
        pieceBytes += rest.length
      }
      read += bytes.length
      return 0
    },
    safeTo: () => (depth > 0 ? elementAt : read),
    end() {},
  }
}

// Bytes of one JSON body, cut anywhere → its text, of a large one only what is asked for.
import type { Framer } from './framing.ts'
import { type Skimmer, skimmer, type Wanted } from './skim.ts'
import { joined, textOf } from './text.ts'

/** A body up to this size is kept as it is, which is fastest; of a longer one what is wanted is picked as it comes. */
const mostWholeBytes = 1 << 16

/** Gathers a body, and gives its text at the end. */
export function bodyFramer(wanted: Wanted, feed: (text: string) => void, mostWhole = mostWholeBytes): Framer {
  let pieces: Uint8Array[] = []
  let length = 0
  let safeTo = 0
  let skim: Skimmer | null = null

  return {
    push(bytes) {
      safeTo = length
      length += bytes.length
      if (skim === null && length > mostWhole) {
        skim = skimmer(wanted)
        for (const piece of pieces) skim.push(piece)
        pieces = []
      }
      if (skim === null) pieces.push(bytes.slice())
      else skim.push(bytes)
      return 0
    },
    // A body has no event to wait for: all but its newest piece may go.
    safeTo: () => safeTo,
    end() {
      const text = skim?.text() ?? textOf(joined(pieces, length))
      feed(text.startsWith('\uFEFF') ? text.slice(1) : text)
    },
  }
}

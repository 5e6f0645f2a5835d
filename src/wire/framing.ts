// Bytes of a response → the texts of its events, or of its one body, by what the bytes themselves begin with.
import { jsonArrayFramer } from './json-array.ts'
import { sseFramer } from './sse.ts'
import { joined, textOf } from './text.ts'

export type Framing = 'sse' | 'json-array'

/** Takes one event: its text, its name where the framing has names, and the offset of its first byte in the stream. */
export type Feed = (text: string, name: string | null, at: number) => void

/** Cuts a stream of bytes into events. */
export interface Framer {
  push(bytes: Uint8Array): void
  /** Bytes of the stream before this offset belong to events that are whole. */
  safeTo(): number
  end(): void
}

const braceOpen = 123
const bracketOpen = 91

/**
 * Decides by the first byte that is not blank: `{` is one body (an error instead of a stream, or a provider that does not
 * stream), `[` an array of events, anything else what was announced. An event stream that nobody asked for shows by its
 * first field. `body` takes the whole text at the end.
 */
export function framed(announced: Framing | 'body', feed: Feed, body: (text: string) => void): Framer {
  let head: Uint8Array[] = []
  let headBytes = 0
  let chosen: Framer | null = null

  function choose(first: number): Framer {
    const isBody = first === braceOpen || (announced === 'body' && first !== bracketOpen && !beginsField(first))
    if (isBody) return bodyFramer(body)
    return first === bracketOpen || announced === 'json-array' ? jsonArrayFramer(feed) : sseFramer(feed)
  }

  return {
    push(bytes) {
      if (chosen !== null) {
        chosen.push(bytes)
        return
      }
      head.push(bytes.slice())
      headBytes += bytes.length
      const whole = joined(head, headBytes)
      const first = whole.findIndex(byte => !isBlank(byte))
      if (first === -1) {
        head = [whole]
        return
      }
      chosen = choose(whole[first]!)
      chosen.push(whole)
      head = []
    },
    safeTo: () => chosen?.safeTo() ?? 0,
    end() {
      chosen ??= choose(0)
      chosen.end()
    },
  }
}

/** Blanks of JSON, and the three bytes of a byte order mark, which only ever stand first. */
const isBlank = (byte: number): boolean =>
  byte === 32 || byte === 9 || byte === 10 || byte === 13 || byte === 0xef || byte === 0xbb || byte === 0xbf

/** `data:`, `event:`, `id:`, `retry:` or a comment. No JSON text that tells a usage begins so. */
const beginsField = (byte: number): boolean => ':deir'.includes(String.fromCharCode(byte))

function bodyFramer(body: (text: string) => void): Framer {
  const pieces: Uint8Array[] = []
  let length = 0
  let safeTo = 0
  return {
    push(bytes) {
      safeTo = length
      pieces.push(bytes.slice())
      length += bytes.length
    },
    // A body has no event to wait for: all but its newest piece may go.
    safeTo: () => safeTo,
    end() {
      body(textOf(joined(pieces, length)).replace(/^\uFEFF/, ''))
    },
  }
}

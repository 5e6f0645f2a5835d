// Bytes of a response → the texts of its events, or of its one body, by what the bytes themselves begin with.
import { jsonArrayFramer } from './json-array.ts'
import { shortener } from './long-values.ts'
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

/** Behind so many blanks comes what was announced. */
const mostBlanks = 65_536

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
      const first = bytes.findIndex(byte => !isBlank(byte))
      if (first === -1 && headBytes < mostBlanks) return
      const whole = joined(head, headBytes)
      chosen = choose(first === -1 ? 0 : bytes[first]!)
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

/** A body of more bytes is kept without its long values; one that is longer still without them is not read. */
const shortBytes = 1024 * 1024
const mostKeptBytes = 64 * 1024 * 1024

function bodyFramer(body: (text: string) => void): Framer {
  let pieces: Uint8Array[] = []
  let keptBytes = 0
  let length = 0
  let safeTo = 0
  let shorten: ReturnType<typeof shortener> | null = null
  const keep = (bytes: Uint8Array): void => {
    if (bytes.length === 0 || keptBytes > mostKeptBytes) return
    keptBytes += bytes.length
    if (keptBytes > mostKeptBytes) pieces = []
    else pieces.push(bytes)
  }
  return {
    push(bytes) {
      safeTo = length
      length += bytes.length
      if (shorten === null && length > shortBytes) {
        shorten = shortener()
        const soFar = pieces
        pieces = []
        keptBytes = 0
        for (const piece of soFar) keep(shorten.push(piece))
      }
      keep(shorten === null ? bytes.slice() : shorten.push(bytes).slice())
    },
    // A body has no event to wait for: all but its newest piece may go.
    safeTo: () => safeTo,
    end() {
      if (keptBytes <= mostKeptBytes) body(textOf(joined(pieces, keptBytes)).replace(/^\uFEFF/, ''))
    },
  }
}

// Bytes of a response → the texts of its events, or of its one body, by what the bytes themselves begin with.
import { jsonArrayFramer } from './json-array.ts'
import { sseFramer } from './sse.ts'
import { joined } from './text.ts'

export type Framing = 'sse' | 'json-array'

/** Takes one event: its text, its name where the framing has names, and where in the stream its bytes begin and end. */
export type Feed = (text: string, name: string | null, from: number, to: number) => void

/** Whether nothing is lost by passing over an event, or several in a row, of this text. What holds for a row holds for each. */
export type IsSilent = (text: string) => boolean

/** Cuts a stream of bytes into events. */
export interface Framer {
  /** Takes the next bytes; tells how many of them, 0 or 1, are still the end of the event before. */
  push(bytes: Uint8Array): 0 | 1
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
 * first field.
 */
export function framed(announced: Framing | 'body', feed: Feed, isSilent: IsSilent, body: () => Framer): Framer {
  let head: Uint8Array[] = []
  let headBytes = 0
  let chosen: Framer | null = null

  function choose(first: number): Framer {
    const isBody = first === braceOpen || (announced === 'body' && first !== bracketOpen && !beginsField(first))
    if (isBody) return body()
    return first === bracketOpen || announced === 'json-array' ? jsonArrayFramer(feed) : sseFramer(feed, isSilent)
  }

  function begin(bytes: Uint8Array): 0 | 1 {
    const first = bytes.find(byte => !isBlank(byte))
    if (first === undefined && headBytes + bytes.length < mostBlanks) {
      head.push(bytes.slice())
      headBytes += bytes.length
      return 0
    }
    chosen = choose(first ?? 0)
    const whole = headBytes === 0 ? bytes : joined([...head, bytes], headBytes + bytes.length)
    head = []
    return chosen.push(whole)
  }

  return {
    push: bytes => (chosen === null ? begin(bytes) : chosen.push(bytes)),
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

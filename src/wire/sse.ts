// Bytes of an event stream, cut anywhere → its events with the offset of each. Follows the WHATWG standard:
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
//
// Own, and not eventsource-parser (3.1.1, the oracle of sse.test.ts): it takes text and not bytes, so it cannot say at which
// byte an event begins, which the gateway must know to hold the last one back; and it keeps a lone CR at the end of what
// it has read until more comes, so that a stream which ends `data: [DONE]\r\r` never tells its last event.
import type { Feed, Framer } from './framing.ts'
import { joined, textOf } from './text.ts'

const lf = 10
const cr = 13
const colon = 58

/** An event stream's framer. Comments are left out; an event that the end cuts off counts if its last line is whole. */
export function sseFramer(feed: Feed): Framer {
  /** Bytes of the line that has no end yet, and where it begins in the stream. */
  let pieces: Uint8Array[] = []
  let pieceBytes = 0
  let lineAt = 0
  let read = 0
  let isAfterCr = false
  let isFirstLine = true
  /** The event whose blank line has not come yet: null until a line of it has. */
  let eventAt: number | null = null
  let name: string | null = null
  let data: string | null = null

  function endLine(): void {
    let line = pieceBytes === 0 ? '' : textOf(joined(pieces, pieceBytes))
    pieces = []
    pieceBytes = 0
    if (isFirstLine && line.startsWith('\uFEFF')) line = line.slice(1)
    isFirstLine = false
    if (line === '') dispatch()
    else if (!line.startsWith(':')) field(line)
  }

  function field(line: string): void {
    eventAt ??= lineAt
    const end = line.indexOf(':')
    const key = end === -1 ? line : line.slice(0, end)
    const from = end === -1 ? line.length : line[end + 1] === ' ' ? end + 2 : end + 1
    if (key === 'data') data = data === null ? line.slice(from) : `${data}\n${line.slice(from)}`
    else if (key === 'event') name = line.slice(from) || null
  }

  function dispatch(): void {
    if (data !== null) feed(data, name, eventAt!)
    eventAt = null
    name = null
    data = null
  }

  return {
    push(bytes) {
      let from = 0
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i]!
        if (byte === lf && isAfterCr && i === from && pieceBytes === 0) {
          // The second half of a CRLF whose first half ended the line.
          isAfterCr = false
          from = i + 1
          lineAt = read + from
        } else if (byte === lf || byte === cr) {
          keep(bytes.subarray(from, i))
          endLine()
          isAfterCr = byte === cr
          from = i + 1
          lineAt = read + from
        } else isAfterCr = false
      }
      // A copy: the rest is kept for longer than the caller's buffer need live.
      keep(bytes.slice(from))
      read += bytes.length
    },
    safeTo() {
      if (eventAt !== null) return eventAt
      return pieceBytes === 0 || pieces[0]![0] === colon ? read : lineAt
    },
    end() {
      if (pieceBytes > 0) endLine()
      dispatch()
    },
  }

  function keep(piece: Uint8Array): void {
    if (piece.length === 0) return
    pieces.push(piece)
    pieceBytes += piece.length
  }
}

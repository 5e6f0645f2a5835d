// Bytes of an event stream, cut anywhere → its events with the place of each. Follows the WHATWG standard:
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
//
// Own, and not eventsource-parser (3.1.1, the oracle of sse.test.ts): it takes text and not bytes, so it cannot say at which
// byte an event begins, which the gateway must know to hold the last one back; it keeps a lone CR at the end of what it has
// read until more comes, so that a stream which ends `data: [DONE]\r\r` never tells its last event; and it makes a text of
// every line, where nearly all events of a long stream can be passed over in one search.
import type { Feed, Framer, IsSilent } from './framing.ts'
import { joined, textOf } from './text.ts'

const lf = 10
const cr = 13
const colon = 58
const letterD = 100

/** An event whose blank line has come, by offsets in the stream. */
interface Ended {
  readonly from: number
  to: number
  readonly dataLines: number
}

/**
 * An event stream's framer. Comments are left out; an event that the end cuts off counts with what came of its last line.
 * Events are taken apart into lines only if they are not silent, or have several lines of data: what makes an event tell
 * something might be spread over two of them.
 */
export function sseFramer(feed: Feed, isSilent: IsSilent = () => false): Framer {
  /** Bytes of the pushes before this one. */
  let read = 0
  /** Where the open event begins; null while none has a line yet. Its bytes of earlier pushes. */
  let openAt: number | null = null
  let pieces: Uint8Array[] = []
  let pieceBytes = 0
  let dataLines = 0
  let isInLine = false
  let isAfterCr = false
  /** The events that this push ends. */
  let ended: Ended[] = []

  /** Finds the events' ends among these bytes. */
  function scan(bytes: Uint8Array): void {
    const { length } = bytes
    let nextCr = -1
    for (let i = 0; i < length; ) {
      if (!isInLine) {
        const first = bytes[i]!
        const isSecondHalf = first === lf && isAfterCr
        isAfterCr = first === cr
        if (first === lf || first === cr) {
          i++
          if (!isSecondHalf) endEvent(read + i)
          // Both halves of a CRLF are its event's, if they come together.
          else if (openAt === null && ended.at(-1)?.to === read + i - 1) ended.at(-1)!.to = read + i
          continue
        }
        isInLine = true
        if (first !== colon) openAt ??= read + i
        if (first === letterD) dataLines++
      }
      if (nextCr < i) nextCr = placeOf(cr, bytes, i)
      i = Math.min(nextCr, placeOf(lf, bytes, i))
      if (i === length) return
      isAfterCr = bytes[i] === cr
      isInLine = false
      i++
    }
  }

  function endEvent(to: number): void {
    if (openAt !== null) ended.push({ from: openAt, to, dataLines })
    openAt = null
    dataLines = 0
  }

  /** Tells of the events that have ended; `run` is their bytes. */
  function tell(run: Uint8Array): void {
    const events = ended
    ended = []
    pieces = []
    pieceBytes = 0
    // Most pushes of a long stream say nothing new at all.
    if (events.every(event => event.dataLines < 2) && isSilent(textOf(run))) return
    const start = events[0]!.from
    for (const { from, to, dataLines } of events) {
      const text = textOf(run.subarray(from - start, to - start))
      if (dataLines < 2 && isSilent(text)) continue
      const { data, name } = linesOf(text)
      if (data !== null) feed(data, name, from, to)
    }
  }

  return {
    push(bytes) {
      const isLateLf = isAfterCr && !isInLine && openAt === null && bytes[0] === lf
      const openBefore = openAt
      scan(bytes)
      const last = ended.at(-1)
      if (last !== undefined) {
        const own = bytes.subarray(openBefore === null ? ended[0]!.from - read : 0, last.to - read)
        tell(pieceBytes === 0 ? own : joined([...pieces, own], pieceBytes + own.length))
      }
      if (openAt !== null) {
        // A copy: the rest is kept for longer than the caller's buffer need live.
        const rest = bytes.slice(Math.max(0, openAt - read))
        pieces.push(rest)
        pieceBytes += rest.length
      }
      read += bytes.length
      return isLateLf ? 1 : 0
    },
    safeTo: () => openAt ?? read,
    end() {
      endEvent(read)
      if (ended.length > 0) tell(joined(pieces, pieceBytes))
    },
  }
}

/** The first place of a byte, or the end. */
function placeOf(byte: number, bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(byte, from)
  return at === -1 ? bytes.length : at
}

/** The data of an event, its lines joined, and its name; null where no line tells it. */
function linesOf(event: string): { readonly data: string | null; readonly name: string | null } {
  let data: string | null = null
  let name: string | null = null
  for (const line of event.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const end = line.indexOf(':')
    const key = end === -1 ? line : line.slice(0, end)
    const value = end === -1 ? '' : line.slice(line[end + 1] === ' ' ? end + 2 : end + 1)
    if (key === 'data') data = data === null ? value : `${data}\n${value}`
    else if (key === 'event') name = value || null
  }
  return { data, name }
}

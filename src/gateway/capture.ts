// A call about to be relayed in; its request and answer handed to whoever keeps them, piece by piece and without waiting, out.
import type { Opened } from '../core/meter/call-record.ts'
import type { Taker } from './exchange.ts'

/** Where the content of calls goes, where somebody asked for it to be kept. Neither of its functions throws or waits. */
export interface CaptureSink {
  /** Begins to keep a call. Null: it is not wanted, or there is no room for it. */
  begin(opened: Opened, request: Buffer): Capturing | null
}

export interface Capturing {
  /** An answer begins; one that began before was not the answer. */
  head(status: number, rawHeaders: readonly string[]): void
  data(bytes: Buffer): void
  /** `isWhole`: it came to its end. */
  end(isWhole: boolean): void
}

/** A taker that shows the answer's bytes on their way; without a capture the taker itself. */
export function capturing(taker: Taker, capture: Capturing | null, onEnd: (isWhole: boolean) => void): Taker {
  if (capture === null) return taker
  return {
    head(status, rawHeaders, message, isWhole) {
      capture.head(status, rawHeaders)
      taker.head(status, rawHeaders, message, isWhole)
    },
    data(bytes) {
      capture.data(bytes)
      return taker.data(bytes)
    },
    end(rawTrailers) {
      onEnd(true)
      return taker.end(rawTrailers)
    },
    fail(error, wasSent) {
      onEnd(false)
      taker.fail(error, wasSent)
    },
  }
}

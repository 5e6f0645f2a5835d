// An answer as it comes from an upstream in; the same bytes to the client, and its record settled before the last of them, out.

import type { Progress, Range, Reading, ReadingInProgress } from '../wire/reading.ts'
import { type Decoder, decoderOf } from './decoding.ts'
import type { CameOfAnswer } from './estimate.ts'
import type { Taker } from './exchange.ts'
import { headerOf } from './headers.ts'
import { mayRefuse, refusesAsking } from './inject.ts'
import type { ToClient } from './to-client.ts'

export interface Answered {
  readonly status: number | null
  readonly reading: Reading | null
  /** The connection broke, or the client and then we gave up: not all of it was seen. */
  readonly isCut: boolean
  /** False: no connection to the upstream came about, so that it never heard of the call. */
  readonly wasSent: boolean
  readonly firstByteMicros: number | null
  /** What came of it, where the end was not told; null = nothing, or in an encoding that hides it. */
  readonly came: CameOfAnswer | null
}

export interface AnswerTools {
  readonly client: ToClient
  readonly startReader: (how: { readonly stream: boolean }) => ReadingInProgress
  readonly nowMicros: () => number
  /** Writes the record; called once, before the terminal event or the body's last piece is passed on. */
  readonly settle: (answered: Answered) => Promise<void>
  /** A JSON array that comes item by item (Gemini without SSE): a stream, whatever its content type says. */
  readonly isArray: boolean
  /** Usage was asked for in the client's place: its event is left out again. */
  readonly hasAsked: boolean
  /** It is the answer, and no refusal of the asking: the request is not sent again. */
  readonly onBegun: () => void
  /** The upstream does not know the asking: it is to be left alone, and the request sent as it came. */
  readonly onRefused: () => void
  readonly onFailed: (error: Error) => void
  /** Bytes read on after the client left, at most. */
  readonly mostDrained: number
  readonly giveUp: (reason: Error) => void
}

/** A refusal is a short text; a longer one is an answer. */
const longestRefusal = 65_536

/** An event that is longer ends the metering of its stream, and not the stream: nothing else would bound what is held. */
const longestEvent = 32 * 1024 * 1024

type Head = readonly [status: number, rawHeaders: string[], message: string, isWhole: boolean]

/** Takes one metered answer. */
export function meteredAnswer(tools: AnswerTools): Taker {
  const { client, nowMicros } = tools
  let status: number | null = null
  let isStream = false
  let reader: ReadingInProgress | null = null
  let decoder: Decoder | null = null
  /** Whether the event that was asked for is taken out again. */
  let leavesOut = false
  let firstByteMicros: number | null = null
  let isSettled = false
  let drained = 0
  let cameBytes = 0
  let newest = nothing
  /** Bytes that wait, and how many of the stream went before them. Of a body that is no stream: its newest piece. */
  let held: Buffer[] = []
  let heldBytes = 0
  let heldFrom = 0
  /** An answer that may be a refusal of the asking, with its head. */
  let refusal: { head: Head; bytes: Buffer } | null = null

  function settle(isCut: boolean, wasSent = true): Promise<void> {
    if (isSettled) return done
    isSettled = true
    const reading = reader?.end() ?? null
    reader = null
    decoder?.close()
    const came = newest.length === 0 || decoder !== null ? null : { bytes: cameBytes, newest, isStream }
    return tools.settle({ status, reading, isCut, wasSent, firstByteMicros, came })
  }

  function begin([code, rawHeaders, message, isWhole]: Head): void {
    const isSse = /^text\/event-stream\b/i.test(headerOf(rawHeaders, 'content-type') ?? '')
    isStream = isSse || (tools.isArray && code < 300)
    decoder = decoderOf(headerOf(rawHeaders, 'content-encoding'))
    // An upstream that compresses all the same keeps the event that was asked for: bytes are not taken apart then.
    leavesOut = tools.hasAsked && isSse && decoder === null
    reader = tools.startReader({ stream: isStream })
    tools.onBegun()
    client.head(code, rawHeaders, message, leavesOut, isWhole)
  }

  function pass(bytes: Buffer): Promise<void> | undefined {
    firstByteMicros ??= nowMicros()
    cameBytes += bytes.length
    newest = bytes
    if (client.hasLeft()) {
      drained += bytes.length
      if (drained > tools.mostDrained)
        tools.giveUp(new Error('the client left, and the answer is longer than is read on'))
    }
    if (isSettled) return client.write(bytes)
    if (decoder !== null) return passDecoded(bytes, decoder)
    const { terminalAt, safeTo, usageAlone } = reader!.push(bytes)
    if (!isStream) return passAllButNewest(bytes)
    hold(bytes)
    // Bytes that may be the beginning of the event that ends the answer wait until it is known not to be.
    const safe = takeHeld(safeTo, leavesOut ? usageAlone : none)
    const written = client.write(safe)
    if (terminalAt === null && heldBytes <= longestEvent) return written
    return settle(false).then(() => client.write(takeAllHeld()))
  }

  function hold(bytes: Buffer): void {
    held.push(bytes)
    heldBytes += bytes.length
  }

  /** Held bytes up to an offset of the stream, without what is left out of them. */
  function takeHeld(to: number, leftOut: readonly Range[]): Buffer {
    if (to <= heldFrom) return nothing
    const size = to - heldFrom
    const all = takeAllHeld()
    if (size < all.length) hold(all.subarray(size))
    let taken = all.subarray(0, size)
    for (const range of leftOut.toReversed()) {
      taken = Buffer.concat([taken.subarray(0, range.from - heldFrom), taken.subarray(range.to - heldFrom)])
    }
    heldFrom += size
    return taken
  }

  function takeAllHeld(): Buffer {
    const all = held.length === 1 ? held[0]! : Buffer.concat(held)
    held = []
    heldBytes = 0
    return all
  }

  /** The beginning of an event, as it came: unless it is all but the end of the one that was asked for. */
  function takeRest(): Buffer {
    const rest = takeAllHeld()
    if (!leavesOut || rest.length === 0) return rest
    const { usageAlone } = tools.startReader({ stream: true }).push(Buffer.concat([rest, eventEnd]))
    return usageAlone.length > 0 ? nothing : rest
  }

  /** Where an event lies among compressed bytes nobody can say: pieces wait until no event is begun in them. */
  async function passDecoded(bytes: Buffer, decode: Decoder): Promise<void> {
    let progress: Progress = { terminalAt: null, usageAlone: none, safeTo: 0 }
    let isTerminal = false
    const isTooLong = () => isStream && heldBytes + heldFrom - progress.safeTo > longestEvent
    const before = heldFrom
    const isRead = await decode.push(bytes, plain => {
      if (heldFrom > before && isTooLong()) return
      progress = reader?.push(plain) ?? progress
      isTerminal ||= progress.terminalAt !== null
      heldFrom += plain.length
    })
    // What cannot be read may end anywhere: its last piece is kept back, as that of a body.
    if (!isStream || !isRead) return passAllButNewest(bytes)
    hold(bytes)
    if (isTerminal || isTooLong()) await settle(false)
    else if (progress.safeTo < heldFrom) return undefined
    return client.write(takeAllHeld())
  }

  function passAllButNewest(bytes: Buffer): Promise<void> | undefined {
    const ready = takeAllHeld()
    hold(bytes)
    return client.write(ready)
  }

  return {
    head(code, rawHeaders, message, isWhole) {
      status = code
      if (tools.hasAsked && mayRefuse(code)) refusal = { head: [code, rawHeaders, message, false], bytes: nothing }
      else begin([code, rawHeaders, message, isWhole])
    },
    data(bytes) {
      if (refusal === null) return pass(bytes)
      refusal.bytes = Buffer.concat([refusal.bytes, bytes])
      if (refusal.bytes.length <= longestRefusal) return undefined
      const { head, bytes: all } = refusal
      refusal = null
      begin(head)
      return pass(all)
    },
    async end(rawTrailers) {
      if (refusal !== null) {
        const { head, bytes } = refusal
        if (refusesAsking(bytes.toString('utf8'))) return tools.onRefused()
        refusal = null
        begin(head)
        if (bytes.length > 0) await pass(bytes)
      }
      await settle(false)
      client.end(rawTrailers, takeAllHeld())
    },
    fail(error, wasSent) {
      if (refusal !== null) {
        const { head, bytes } = refusal
        refusal = null
        begin(head)
        pass(bytes)?.catch(() => {})
      }
      // What was read before the cut is kept; nothing more will come.
      const fail = () => tools.onFailed(error)
      // What a record that could not be written was to come before is not passed on.
      if (isSettled) return fail()
      const failWithRest = () => {
        void client.write(takeRest())
        fail()
      }
      settle(true, wasSent).then(failWithRest, fail)
    },
  }
}

const nothing: Buffer = Buffer.alloc(0)
const eventEnd = Buffer.from('\n\n')
const none: readonly Range[] = []
const done = Promise.resolve()

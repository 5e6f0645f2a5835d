// An answer as it comes from an upstream in; the same bytes to the client, and its record settled before the last of them, out.

import type { Progress, Reading, ReadingInProgress } from '../wire/reading.ts'
import { type Decoder, decoderOf } from './decoding.ts'
import type { Taker } from './exchange.ts'
import { headerOf } from './headers.ts'
import { type EventCutter, eventCutter, mayRefuse, refusesAsking } from './inject.ts'
import type { ToClient } from './to-client.ts'

export interface Answered {
  readonly status: number | null
  readonly reading: Reading | null
  /** The connection broke, or the client and then we gave up: not all of it was seen. */
  readonly isCut: boolean
  readonly firstByteMicros: number | null
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
  /** The upstream does not know the asking: it is to be left alone, and the request sent as it came. */
  readonly onRefused: () => void
  readonly onFailed: (error: Error, hasBegun: boolean) => void
  /** Bytes read on after the client left, at most. */
  readonly mostDrained: number
  readonly giveUp: (reason: Error) => void
}

const nothing = Buffer.alloc(0)

/** A refusal is a short text; a longer one is an answer. */
const longestRefusal = 65_536

/** An event that is longer ends the metering of its stream, and not the stream: nothing else would bound what is held. */
const longestEvent = 32 * 1024 * 1024

/** Takes one metered answer. */
export function meteredAnswer(tools: AnswerTools): Taker {
  const { client, nowMicros } = tools
  let status: number | null = null
  let isStream = false
  let reader: ReadingInProgress | null = null
  let decoder: Decoder | null = null
  let cutter: EventCutter | null = null
  let firstByteMicros: number | null = null
  let isSettled = false
  let drained = 0
  /** Bytes of the stream given to the reader, and those given to the client; between them what is held. */
  let readBytes = 0
  let passedBytes = 0
  let held: Buffer[] = []
  let heldBytes = 0
  /** Of a body that is no stream the last piece is kept back until it is known to be the last. */
  let last: Buffer | null = null
  /** An answer that may be a refusal of the asking, with its head. */
  let refusal: { head: [number, string[], string]; pieces: Buffer[]; size: number } | null = null

  async function settle(isCut: boolean): Promise<void> {
    if (isSettled) return
    isSettled = true
    const reading = reader?.end() ?? null
    reader = null
    decoder?.close()
    await tools.settle({ status, reading, isCut, firstByteMicros })
  }

  function begin(head: [number, string[], string]): void {
    const [code, rawHeaders] = head
    const isSse = /^text\/event-stream\b/i.test(headerOf(rawHeaders, 'content-type') ?? '')
    isStream = isSse || (tools.isArray && code < 300)
    decoder = decoderOf(headerOf(rawHeaders, 'content-encoding'))
    // An upstream that compresses all the same keeps the event that was asked for: bytes are not taken apart then.
    cutter = tools.hasAsked && isSse && decoder === null ? eventCutter() : null
    reader = tools.startReader({ stream: isStream })
    client.head(code, rawHeaders, head[2], cutter !== null)
  }

  function pass(chunk: Buffer): Promise<void> | undefined {
    firstByteMicros ??= nowMicros()
    if (client.hasLeft) {
      drained += chunk.length
      if (drained > tools.mostDrained)
        tools.giveUp(new Error('the client left, and the answer is longer than is read on'))
    }
    if (decoder !== null) return passDecoded(chunk, decoder)
    if (isSettled) return client.write(chunk)
    if (cutter !== null) return passEvents(cutter, chunk)
    const { terminalAt, safeTo } = reader!.push(chunk)
    readBytes += chunk.length
    if (!isStream) return passAllButLast(chunk)
    hold(chunk)
    // Bytes that may be the beginning of the event that ends the answer wait until it is known not to be.
    const safe = takeHeld(safeTo)
    if (terminalAt === null && heldBytes <= longestEvent) return client.write(safe)
    void client.write(safe)
    return settle(false).then(() => client.write(takeHeld(readBytes)))
  }

  function hold(chunk: Buffer): void {
    held.push(chunk)
    heldBytes += chunk.length
  }

  /** Held bytes up to an offset of the stream. */
  function takeHeld(to: number): Buffer {
    // An event that comes in many pieces is put together once.
    if (to <= passedBytes) return nothing
    const all = held.length === 1 ? held[0]! : Buffer.concat(held)
    const size = Math.min(all.length, to - passedBytes)
    passedBytes += size
    held = size < all.length ? [all.subarray(size)] : []
    heldBytes = all.length - size
    return all.subarray(0, size)
  }

  /** Where an event lies among compressed bytes nobody can say: pieces wait until no event is begun in them. */
  async function passDecoded(chunk: Buffer, decode: Decoder): Promise<void> {
    if (isSettled) return client.write(chunk)
    let progress: Progress = { terminalAt: null, usageAlone: [], safeTo: 0 }
    const isTooLong = () => isStream && heldBytes + readBytes - progress.safeTo > longestEvent
    const before = readBytes
    const isRead = await decode.push(chunk, plain => {
      if (readBytes > before && isTooLong()) return
      progress = reader?.push(plain) ?? progress
      readBytes += plain.length
    })
    // What cannot be read may end anywhere: its last piece is kept back, as that of a body.
    if (!isStream || !isRead) return passAllButLast(chunk)
    hold(chunk)
    if (progress.terminalAt !== null || isTooLong()) await settle(false)
    else if (progress.safeTo < readBytes) return undefined
    return client.write(takeHeld(Number.POSITIVE_INFINITY))
  }

  function passEvents(cut: EventCutter, chunk: Buffer): Promise<void> | undefined {
    const before: Buffer[] = []
    const after: Buffer[] = []
    for (const { bytes, isAskedFor } of cut.push(chunk)) {
      const isTerminal = reader!.push(bytes).terminalAt !== null
      if (isAskedFor) continue
      if (isTerminal || after.length > 0) after.push(bytes)
      else before.push(bytes)
    }
    const written = client.write(Buffer.concat(before))
    if (after.length === 0 && cut.restBytes() <= longestEvent) return written
    // What comes behind the terminal event is passed on as it is.
    after.push(cut.rest())
    cutter = null
    return settle(false).then(() => client.write(Buffer.concat(after)))
  }

  function passAllButLast(bytes: Buffer): Promise<void> | undefined {
    const ready = last === null ? takeHeld(Number.POSITIVE_INFINITY) : last
    last = bytes
    return client.write(ready)
  }

  return {
    head(code, rawHeaders, message) {
      status = code
      if (tools.hasAsked && mayRefuse(code)) {
        refusal = { head: [code, rawHeaders, message], pieces: [], size: 0 }
      } else begin([code, rawHeaders, message])
    },
    data(chunk) {
      if (refusal === null) return pass(chunk)
      refusal.pieces.push(chunk)
      refusal.size += chunk.length
      if (refusal.size <= longestRefusal) return undefined
      const all = Buffer.concat(refusal.pieces)
      begin(refusal.head)
      refusal = null
      return pass(all)
    },
    async end(rawTrailers) {
      if (refusal !== null) {
        const all = Buffer.concat(refusal.pieces)
        if (refusesAsking(all.toString('utf8'))) {
          tools.onRefused()
          return
        }
        begin(refusal.head)
        refusal = null
        if (all.length > 0) await pass(all)
      }
      const rest = cutter?.rest() ?? nothing
      if (rest.length > 0 && !isSettled) reader!.push(rest)
      await settle(false)
      await client.write(rest)
      await client.write(takeHeld(Number.POSITIVE_INFINITY))
      if (last !== null) await client.write(last)
      client.end(rawTrailers)
    },
    fail(error) {
      const hasBegun = status !== null && refusal === null
      // What was read before the cut is kept; nothing more will come.
      const fail = () => tools.onFailed(error, hasBegun)
      settle(true).then(fail, fail)
    },
  }
}

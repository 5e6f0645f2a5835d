// An answer as it comes from an upstream in; the same bytes to the client, and its record settled before the last of them, out.
import { type Decoder, decoderOf } from './decoding.ts'
import type { Taker } from './exchange.ts'
import { headerOf } from './headers.ts'
import { eventCutter, refusesAsking } from './inject.ts'
import type { Reader, Reading } from './reading.ts'
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
  readonly startReader: (how: { readonly stream: boolean }) => Reader
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

/** A refusal is a short text; a longer one is an answer. */
const longestRefusal = 65_536

/** Takes one metered answer. */
export function meteredAnswer(tools: AnswerTools): Taker {
  const { client, nowMicros } = tools
  let status: number | null = null
  let isStream = false
  let reader: Reader | null = null
  let decoder: Decoder | null = null
  let cutter: ReturnType<typeof eventCutter> | null = null
  let firstByteMicros: number | null = null
  let isSettled = false
  let drained = 0
  /** Of a body that is no stream the last piece is kept back until it is known to be the last. */
  let last: Buffer | null = null
  /** An answer that may be a refusal of the asking, with its head. */
  let refusal: { head: [number, string[], string]; pieces: Buffer[]; size: number } | null = null

  async function settle(isCut: boolean): Promise<void> {
    if (isSettled) return
    isSettled = true
    await tools.settle({ status, reading: reader?.end() ?? null, isCut, firstByteMicros })
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
    if (cutter !== null) return passCut(chunk, cutter)
    return forward(chunk, isSettled ? null : reader!.push(chunk).terminalAt)
  }

  async function passDecoded(chunk: Buffer, decode: Decoder): Promise<void> {
    const plain = await decode.push(chunk)
    const terminalAt = plain === null || isSettled ? null : reader!.push(plain).terminalAt
    // Where the event lies among compressed bytes nobody can say: the whole piece waits.
    await forward(chunk, terminalAt === null ? null : 0)
  }

  function passCut(chunk: Buffer, cut: ReturnType<typeof eventCutter>): Promise<void> | undefined {
    const before: Buffer[] = []
    const after: Buffer[] = []
    for (const { bytes, isAskedFor } of cut.push(chunk)) {
      const { terminalAt } = isSettled ? { terminalAt: null } : reader!.push(bytes)
      if (isAskedFor) continue
      if (terminalAt === null && after.length === 0) before.push(bytes)
      else after.push(bytes)
    }
    if (after.length === 0) return client.write(Buffer.concat(before))
    const all = Buffer.concat([...before, ...after])
    return forward(
      all,
      before.reduce((size, { length }) => size + length, 0),
    )
  }

  /** Passes bytes on; from `terminalAt` on they wait for the record. */
  function forward(bytes: Buffer, terminalAt: number | null): Promise<void> | undefined {
    if (!isStream) {
      const ready = last
      last = bytes
      return ready === null ? undefined : client.write(ready)
    }
    if (terminalAt === null) return client.write(bytes)
    void client.write(bytes.subarray(0, terminalAt))
    return settle(false).then(() => client.write(bytes.subarray(terminalAt)))
  }

  return {
    head(code, rawHeaders, message) {
      status = code
      if (tools.hasAsked && (code === 400 || code === 422)) {
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
    async end() {
      if (refusal !== null) {
        const all = Buffer.concat(refusal.pieces)
        if (refusesAsking(refusal.head[0], all.toString('utf8'))) {
          tools.onRefused()
          return
        }
        begin(refusal.head)
        refusal = null
        if (all.length > 0) await pass(all)
      }
      const rest = cutter?.rest() ?? null
      if (rest !== null && rest.length > 0) {
        if (!isSettled) reader!.push(rest)
        await settle(false)
        await client.write(rest)
      }
      await settle(false)
      if (last !== null) await client.write(last)
      client.end()
    },
    fail(error) {
      const hasBegun = status !== null && refusal === null
      // What was read before the cut is kept; nothing more will come.
      void settle(true).finally(() => tools.onFailed(error, hasBegun))
    },
  }
}

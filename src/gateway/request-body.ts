// A request on a socket in; its body, whole where it is of a size to be read, else as the stream that it is, out.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface RequestBody {
  /** All of it; null where it is larger than was asked for. */
  readonly whole: Buffer | null
  /** What goes upstream; null = no body. */
  readonly forward: Buffer | Readable | null
}

/**
 * Reads a body up to `most` bytes. A longer one is not kept: what was read goes on as the beginning of a stream, at the pace
 * of whoever takes it. Rejects when the client goes away before its end.
 */
export async function bodyOf(request: IncomingMessage, most: number): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0'))
    return { whole: Buffer.alloc(0), forward: null }
  if (Number(length) > most) return { whole: null, forward: request }
  const pieces: Buffer[] = []
  let size = 0
  const more = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (let next = await more.next(); !next.done; next = await more.next()) {
    pieces.push(next.value)
    size += next.value.length
    if (size > most) return { whole: null, forward: Readable.from(continued(pieces, more)) }
  }
  const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  return { whole, forward: whole }
}

async function* continued(read: readonly Buffer[], more: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  yield* read
  for (let next = await more.next(); !next.done; next = await more.next()) yield next.value
}

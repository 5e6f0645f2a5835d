// A request on a socket in; its body, whole where it is of a size to be read, else as the stream that it is, out.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface RequestBody {
  /** All of it; null where it is larger than was asked for. */
  readonly whole: Buffer | null
  /** What goes upstream; null = no body. */
  readonly forward: Buffer | Readable | null
}

export const nothingToSend: RequestBody = { whole: null, forward: null }

/** A shorter body costs less than a stream of its own. */
const shortBody = 16_384

/** A body as a stream that keeps nothing of it: bytes are kept by the client library for as long as the answer takes. */
export function givenAway(body: RequestBody['forward']): RequestBody['forward'] {
  if (!Buffer.isBuffer(body) || body.length <= shortBody) return body
  const stream = new Readable({ read() {} })
  stream.push(body)
  stream.push(null)
  return stream
}

/**
 * Reads a body up to `most` bytes. A longer one is not kept: what was read goes on as the beginning of a stream, at the pace
 * of whoever takes it. Rejects when the client goes away before its end.
 */
export function bodyOf(request: IncomingMessage, most: number): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0'))
    return Promise.resolve({ whole: Buffer.alloc(0), forward: null })
  if (Number(length) > most) return Promise.resolve({ whole: null, forward: request })
  return new Promise((done, fail) => {
    const pieces: Buffer[] = []
    let size = 0
    const take = (piece: Buffer) => {
      pieces.push(piece)
      size += piece.length
      if (size <= most) return
      stop()
      request.pause()
      done({ whole: null, forward: Readable.from(continued(pieces, request)) })
    }
    const end = () => {
      stop()
      const whole = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
      done({ whole, forward: whole })
    }
    const leave = () => {
      stop()
      fail(new Error('the client left before the end of its request'))
    }
    // Listeners, since an iterator costs as much as all else that is done here for a short body.
    const stop = () => request.off('data', take).off('end', end).off('error', leave).off('close', leave)
    request.on('data', take).on('end', end).on('error', leave).on('close', leave)
  })
}

async function* continued(read: readonly Buffer[], more: IncomingMessage): AsyncIterable<Buffer> {
  yield* read
  yield* more
}

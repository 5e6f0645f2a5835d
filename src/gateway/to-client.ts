// Bytes for a client in; written at its pace, or dropped once it has gone, out.
import type { ServerResponse } from 'node:http'
import { answered } from './headers.ts'

export interface ToClient {
  hasLeft(): boolean
  /** `isCut`: bytes will be left out. `isWhole`: the rest follows at once; else the head is worth having before. */
  head(status: number, rawHeaders: readonly string[], message: string, isCut: boolean, isWhole: boolean): void
  /** A promise where the client takes no more for now. */
  write(bytes: Buffer): Promise<void> | undefined
  /** The last bytes, and the trailers of a body in chunks as raw pairs: with them the answer is over. */
  end(rawTrailers: readonly string[], last?: Buffer): void
}

const nothing = Buffer.alloc(0)

/** What Node refuses to write into a status line, though it reads it. */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/g

/** Whether a body may come in chunks, which alone have trailers. */
const mayTrail = ({ req }: ServerResponse, status: number): boolean =>
  req.method !== 'HEAD' && status !== 204 && status !== 304 && req.httpVersion !== '1.0'

export function toClient(response: ServerResponse, onLeft: () => void): ToClient {
  let hasLeft = false
  const leave = () => {
    if (response.writableFinished) return
    hasLeft = true
    onLeft()
  }
  response.on('error', () => {})
  // Who left while its call was written down is not heard of again.
  if (response.closed) queueMicrotask(leave)
  else response.on('close', leave)
  return {
    // No getter: V8 gives each literal with one a hidden class of its own, which keeps all of its call until a full collection.
    hasLeft: () => hasLeft,
    head(status, rawHeaders, message, isCut, isWhole) {
      if (hasLeft || response.headersSent) return
      // An answer has the date that its upstream gave it, or none.
      response.sendDate = false
      response.writeHead(
        status,
        message.replace(unwritable, ''),
        answered(rawHeaders, isCut, mayTrail(response, status)),
      )
      // Node's own way to send a head early writes it as UTF-8.
      if (!isWhole) response.write(nothing)
    },
    write(bytes) {
      if (hasLeft || response.destroyed || bytes.length === 0 || response.write(bytes)) return undefined
      return new Promise(done => {
        const go = () => {
          response.off('drain', go)
          response.off('close', go)
          done()
        }
        response.on('drain', go)
        response.on('close', go)
      })
    },
    end(rawTrailers, last) {
      if (hasLeft) return
      const pairs: [string, string][] = []
      for (let i = 0; i < rawTrailers.length; i += 2) pairs.push([rawTrailers[i]!, rawTrailers[i + 1]!])
      if (pairs.length > 0) response.addTrailers(pairs)
      response.end(last)
    },
  }
}

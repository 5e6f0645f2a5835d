// Bytes for a client in; written at its pace, or dropped once it has gone, out.
import type { ServerResponse } from 'node:http'
import { answered } from './headers.ts'

export interface ToClient {
  readonly hasLeft: boolean
  head(status: number, rawHeaders: readonly string[], message: string, isCut: boolean): void
  /** A promise where the client takes no more for now. */
  write(bytes: Buffer): Promise<void> | undefined
  end(): void
}

export function toClient(response: ServerResponse, onLeft: () => void): ToClient {
  let hasLeft = false
  response.on('error', () => {})
  response.on('close', () => {
    if (response.writableFinished) return
    hasLeft = true
    onLeft()
  })
  return {
    get hasLeft() {
      return hasLeft
    },
    head(status, rawHeaders, message, isCut) {
      if (hasLeft || response.headersSent) return
      response.writeHead(status, message, answered(rawHeaders, isCut))
      // The head of a stream is worth having before its first event.
      response.flushHeaders()
    },
    write(bytes) {
      if (hasLeft || bytes.length === 0 || response.write(bytes)) return undefined
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
    end() {
      if (!hasLeft) response.end()
    },
  }
}

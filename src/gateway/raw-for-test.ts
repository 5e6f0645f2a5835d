// Exact bytes for a socket in; what the other side made of them out: upstreams and clients that keep to no standard, for tests.
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Bytes to send, milliseconds to wait, or how the connection ends. */
export type Step = Buffer | string | number | 'reset' | 'close'
export const reset = 'reset' as const
export const close = 'close' as const

export interface RawUpstream {
  readonly server: Server
  /** Heads and bodies as they came. */
  readonly asked: { readonly head: string; readonly body: Buffer }[]
  /** Bytes that its sockets took so far. */
  sentBytes: number
}

/** An upstream that sends what it is told once a request is whole, or `early` once its head is. */
export function rawUpstream(answer: () => Iterable<Step>, { early = false } = {}): RawUpstream {
  const asked: RawUpstream['asked'] = []
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    let waiting = Buffer.alloc(0)
    let work = Promise.resolve()
    let skip = 0
    socket.on('data', piece => {
      const skipped = Math.min(skip, piece.length)
      skip -= skipped
      waiting = Buffer.concat([waiting, piece.subarray(skipped)])
      for (let taken = takeRequest(waiting, early); taken !== null; taken = takeRequest(waiting, early)) {
        skip = Math.max(0, taken.bytes - waiting.length)
        waiting = waiting.subarray(taken.bytes)
        asked.push(taken)
        work = work.then(() => play(socket, answer(), upstream))
      }
    })
  })
  const upstream: RawUpstream = { server, asked, sentBytes: 0 }
  return upstream
}

async function play(socket: Socket, steps: Iterable<Step>, upstream: RawUpstream): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed) return
    if (step === reset) socket.resetAndDestroy()
    else if (step === close) socket.end()
    else if (typeof step === 'number') await new Promise(done => setTimeout(done, step))
    else {
      const isFree = socket.write(step)
      upstream.sentBytes += step.length
      if (isFree || socket.destroyed) continue
      await new Promise<void>(done => {
        const go = () => {
          socket.off('drain', go)
          socket.off('close', go)
          void done()
        }
        socket.on('drain', go)
        socket.on('close', go)
      })
    }
  }
}

function takeRequest(bytes: Buffer, early: boolean): { head: string; body: Buffer; bytes: number } | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return null
  const head = bytes.toString('latin1', 0, end)
  const from = end + 4
  if (/transfer-encoding: *chunked/i.test(head)) {
    const last = bytes.indexOf('0\r\n\r\n', from)
    if (last === -1 && !early) return null
    return { head, body: bytes.subarray(from, last), bytes: early ? Number.MAX_SAFE_INTEGER : last + 5 }
  }
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  if (bytes.length < from + length && !early) return null
  return { head, body: bytes.subarray(from, from + length), bytes: from + length }
}

export const chunk = (bytes: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from(`${Buffer.byteLength(bytes).toString(16)}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')])

export const chunked = (type: string, pieces: readonly (Buffer | string)[], head = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${head}transfer-encoding: chunked\r\n\r\n`),
    ...pieces.map(chunk),
    Buffer.from('0\r\n\r\n'),
  ])

export const sized = (type: string, body: Buffer | string, head = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`,
    ),
    Buffer.from(body),
  ])

/** A POST with a body, as bytes. */
export const posting = (path: string, body: string, head = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

export interface Heard {
  readonly bytes: Buffer
  /** Whether the other side ended the connection. */
  readonly hasEnded: boolean
}

/** Sends bytes as they are; all that comes back until the connection ends, `isEnough`, or so long. */
export function sendRaw(
  port: number,
  bytes: Buffer | string,
  {
    forMs = 5000,
    isEnough,
    endsItsSide = false,
  }: { forMs?: number; isEnough?: (heard: Buffer) => boolean; endsItsSide?: boolean } = {},
): Promise<Heard> {
  return new Promise(done => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const heard: Buffer[] = []
    const finish = (hasEnded: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      void done({ bytes: Buffer.concat(heard), hasEnded })
    }
    const timer = setTimeout(() => finish(false), forMs)
    socket.on('data', piece => {
      heard.push(piece)
      if (isEnough?.(Buffer.concat(heard))) finish(false)
    })
    socket.on('error', () => {})
    socket.on('end', () => finish(true))
    socket.on('close', () => finish(true))
    if (endsItsSide) socket.end(bytes)
    else socket.write(bytes)
  })
}

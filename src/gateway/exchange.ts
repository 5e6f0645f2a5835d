// A request and what takes its answer in; one exchange with an upstream, at the pace of whoever takes it, out.
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

/**
 * Takes an answer as it comes, one thing after the other: what returns a promise is waited for before more is given or read.
 * All pieces that one turn brought come as one, so that each costs the client's socket one write.
 */
export interface Taker {
  /** `isWhole`: all of the body has come with it. */
  head(status: number, rawHeaders: string[], message: string, isWhole: boolean): void
  data(bytes: Buffer): Promise<void> | undefined
  /** The whole answer is here. */
  end(rawTrailers: readonly string[]): Promise<void> | undefined
  /** It will not be whole: nothing came, or the connection broke. `wasSent`: the upstream may have heard of the request. */
  fail(error: Error, wasSent: boolean): void
}

export interface ExchangeRequest {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | Readable | null
}

export interface Exchange {
  /** Gives the answer up: the upstream's connection is closed. */
  abort(reason: Error): void
  readonly done: Promise<void>
}

/** Sends a request. `idleMs` without a byte of the answer ends it; a model may think for as long as that. */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest, taker: Taker, idleMs: number): Exchange {
  let controller: Dispatcher.DispatchController | null = null
  let early: Error | null = null
  const abort = (reason: Error) => {
    if (controller === null) early = reason
    else controller.abort(reason)
  }
  const idle = setTimeout(
    () => abort(new Error(`no byte from the upstream for ${Math.round(idleMs / 1000)} s`)),
    idleMs,
  )
  idle.unref()
  let ended: () => void = () => {}
  const done = new Promise<void>(resolve => {
    ended = resolve
  })
  let head: readonly [status: number, rawHeaders: string[], message: string] | null = null
  let arrived: Buffer[] = []
  let trailers: readonly string[] = []
  let ending: 'whole' | Error | null = null
  let isDue = false
  let isWaiting = false
  let isOver = false
  const finish = () => {
    clearTimeout(idle)
    ended()
  }
  const fail = (error: Error) => {
    // A request that was never begun to be written had no connection to go out on.
    taker.fail(error, controller !== null)
    finish()
  }

  /** Hands over what has come, at the end of the turn that brought it. */
  function come(): void {
    if (isDue || isWaiting || isOver) return
    isDue = true
    process.nextTick(hand)
  }

  function hand(): void {
    isDue = false
    idle.refresh()
    const wait = give()
    if (wait !== undefined) pauseFor(wait)
    else if (ending !== null) {
      isOver = true
      if (ending === 'whole') over().then(finish, fail)
      else fail(ending)
    }
  }

  function give(): Promise<void> | undefined {
    try {
      const begun = head
      // Whoever refuses a head is not given it again.
      head = null
      if (begun !== null) taker.head(...begun, ending === 'whole')
      if (arrived.length === 0) return undefined
      const bytes = arrived.length === 1 ? arrived[0]! : Buffer.concat(arrived)
      arrived = []
      return taker.data(bytes)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  /** What throws here in passing would end the process. */
  const over = async (): Promise<void> => taker.end(trailers)

  function pauseFor(wait: Promise<void>): void {
    isWaiting = true
    controller?.pause()
    wait.then(() => {
      isWaiting = false
      controller?.resume()
      come()
    }, breakOff)
  }

  /** Whoever takes it cannot go on. */
  function breakOff(error: Error): void {
    isWaiting = false
    arrived = []
    ending = error
    controller?.abort(error)
    come()
  }

  // No function above knows the request: its body would be kept for as long as one of them is.
  const { method, path, headers, body } = request
  dispatcher.dispatch(
    { method: method as Dispatcher.HttpMethod, path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
    {
      onRequestStart(started) {
        controller = started
        if (early !== null) started.abort(early)
      },
      onResponseStart(started, status, _headers, message) {
        // Informational answers (1xx) are the connection's own affair.
        if (status < 200) return
        // A reason has been read as UTF-8; as bytes it is what it was.
        head = [status, rawText(started.rawHeaders), Buffer.from(message ?? '').toString('latin1')]
        come()
      },
      onResponseData(_started, chunk) {
        arrived.push(chunk)
        come()
      },
      onResponseEnd(started) {
        trailers = rawText(started.rawTrailers)
        ending ??= 'whole'
        come()
      },
      onResponseError(_started, error) {
        ending ??= error
        come()
      },
    },
  )
  return { abort, done }
}

const rawText = (raw: Dispatcher.DispatchController['rawHeaders']): string[] =>
  Array.isArray(raw) ? raw.map(part => part.toString('latin1')) : []

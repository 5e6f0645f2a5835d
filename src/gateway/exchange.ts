// A request and what takes its answer in; one exchange with an upstream, at the pace of whoever takes it, out.
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

/** Takes an answer as it comes. What returns a promise is waited for before more is read. */
export interface Taker {
  head(status: number, rawHeaders: string[], message: string): void
  data(chunk: Buffer): Promise<void> | undefined
  /** The whole answer is here. */
  end(rawTrailers: string[]): Promise<void> | undefined
  /** It will not be whole: nothing came, or the connection broke. */
  fail(error: Error): void
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
  const done = new Promise<void>(resolve => {
    const finish = () => {
      clearTimeout(idle)
      resolve()
    }
    const fail = (error: Error) => {
      taker.fail(error)
      finish()
    }
    const { method, path, headers, body } = request
    dispatcher.dispatch(
      { method: method as Dispatcher.HttpMethod, path, headers, body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(started) {
          controller = started
          if (early !== null) started.abort(early)
        },
        onResponseStart(started, status, _headers, message) {
          idle.refresh()
          // Informational answers (1xx) are the connection's own affair.
          // A reason has been read as UTF-8; as bytes it is what it was.
          if (status >= 200)
            taker.head(status, rawText(started.rawHeaders), Buffer.from(message ?? '').toString('latin1'))
        },
        onResponseData(started, chunk) {
          idle.refresh()
          const wait = taker.data(chunk)
          if (wait === undefined) return
          started.pause()
          wait.then(
            () => {
              idle.refresh()
              started.resume()
            },
            error => started.abort(error as Error),
          )
        },
        onResponseEnd(started) {
          Promise.resolve(taker.end(rawText(started.rawTrailers))).then(finish, fail)
        },
        onResponseError(_started, error) {
          fail(error)
        },
      },
    )
  })
  return { abort, done }
}

const rawText = (raw: Dispatcher.DispatchController['rawHeaders']): string[] =>
  Array.isArray(raw) ? raw.map(part => part.toString('latin1')) : []

// A process of its own: one job at a time in; calls by an HTTP client, each answer read to its end and looked at, out.
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'

export interface Target {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Job {
  readonly target: Target
  readonly body: string
  /** `closed`: each connection asks again once it was answered, for `ms`. `open`: so many a second, whatever comes back. `held`: all at once. */
  readonly kind: 'closed' | 'open' | 'held'
  readonly connections: number
  readonly ms: number
  readonly perSecond: number
}

export interface Outcome {
  /** With status 200, and whole: a stream up to its `[DONE]`. */
  readonly answers: number
  /** The rest, with the first reason. */
  readonly failures: number
  readonly failure: string | null
  readonly seconds: number
  /** Answers that had begun and not ended. */
  readonly mostAtOnce: number
  /** Of answers, from the moment their request was sent. */
  readonly firstByteMs: Quantiles
  readonly wholeMs: Quantiles
}

export interface Quantiles {
  readonly p50: number
  readonly p99: number
}

interface Tally {
  readonly firstByteMs: number[]
  readonly wholeMs: number[]
  atOnce: number
  mostAtOnce: number
  failures: number
  failure: string | null
}

async function work({ target, body, kind, connections, ms, perSecond }: Job): Promise<Outcome> {
  const pool = new Pool(target.origin, { connections, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 })
  const tally: Tally = { firstByteMs: [], wholeMs: [], atOnce: 0, mostAtOnce: 0, failures: 0, failure: null }
  const ask = asking(pool, target, body, tally)
  const started = performance.now()
  if (kind === 'closed') {
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() - started < ms) await ask()
      }),
    )
  } else if (kind === 'open') {
    const waiting: Promise<void>[] = []
    const all = Math.round((perSecond * ms) / 1000)
    while (waiting.length < all) {
      const due = Math.min(all, Math.floor(((performance.now() - started) * perSecond) / 1000))
      while (waiting.length < due) waiting.push(ask())
      await sleep(1)
    }
    await Promise.all(waiting)
  } else {
    const waiting: Promise<void>[] = []
    // Not in one turn: a listener's queue of half-open connections is shorter than that.
    for (let i = 0; i < connections; i++) {
      waiting.push(ask())
      if (i % 50 === 49) await sleep(5)
    }
    await Promise.all(waiting)
  }
  const seconds = (performance.now() - started) / 1000
  await pool.destroy()
  const { failures, failure, mostAtOnce, firstByteMs, wholeMs } = tally
  const [first, all] = [quantiles(firstByteMs), quantiles(wholeMs)]
  return { answers: wholeMs.length, failures, failure, seconds, mostAtOnce, firstByteMs: first, wholeMs: all }
}

/** So much of an answer's end is kept. */
const tailLength = 64

/** One call; resolves when it is over, whatever became of it. */
function asking(pool: Pool, { path, headers }: Target, body: string, tally: Tally): () => Promise<void> {
  const isStream = (JSON.parse(body) as { stream?: boolean }).stream === true
  const sent = { 'content-type': 'application/json', ...headers }
  return () =>
    new Promise(done => {
      const sentAt = performance.now()
      let status = 0
      let firstAt = 0
      let tail = ''
      const fail = (reason: string) => {
        tally.failures++
        tally.failure ??= reason
        done()
      }
      pool.dispatch(
        { path, method: 'POST', headers: sent, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code) {
            status = code
          },
          onResponseData(_controller, piece) {
            if (firstAt === 0) {
              firstAt = performance.now()
              tally.mostAtOnce = Math.max(tally.mostAtOnce, ++tally.atOnce)
            }
            // The end may come in two pieces, and is all that is looked at.
            tail = (tail + piece.toString('latin1', Math.max(0, piece.length - tailLength))).slice(-tailLength)
          },
          onResponseEnd() {
            tally.atOnce--
            if (status !== 200) return fail(`status ${status}: ${tail}`)
            if (isStream && !tail.endsWith('data: [DONE]\n\n')) return fail('a stream without its end')
            tally.firstByteMs.push(firstAt - sentAt)
            tally.wholeMs.push(performance.now() - sentAt)
            done()
          },
          onResponseError(_controller, error) {
            if (firstAt > 0) tally.atOnce--
            fail(error.message)
          },
        },
      )
    })
}

function quantiles(values: number[]): Quantiles {
  const ordered = Float64Array.from(values).sort()
  const at = (share: number) => ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}

process.on('message', (job: Job) => {
  void work(job).then(outcome => process.send!(outcome))
})
process.on('disconnect', () => process.exit(0))

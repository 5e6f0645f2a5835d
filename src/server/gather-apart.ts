// A question → its evidence, simulated on a thread of its own, so that the page and the API answer meanwhile.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { gather, type Tools } from '../ask/gather.ts'
import type { Question } from '../ask/question.ts'
import type { Evidence } from '../core/decide/evidence.ts'
import { Fault, type FaultDetail } from '../core/fault/fault.ts'

/** What the thread is started with. */
export interface GatherJob {
  readonly question: Question
  readonly newestPrices: string
  /** Whose own models are laid over the shipped ones. */
  readonly configFile: string | null
}

/** What the thread says. It has no ledger of its own: DuckDB has one owner, whom it asks. */
export type FromThread =
  | { readonly kind: 'ask'; readonly id: number; readonly method: string; readonly values: readonly unknown[] }
  /** A piece was taken: the next one may come. */
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'done'; readonly evidence: Evidence }
  | { readonly kind: 'failed'; readonly fault: ThrownAcross }

export type ToThread = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly fault: ThrownAcross }
  | { readonly piece: unknown }
)

/** Stands for a function among the values of a question, since none can cross: pieces for it are sent one by one. */
export const taker = 'pieces are sent'

/** A thrown value as it crosses: an Error's class is lost on the way. */
export interface ThrownAcross {
  readonly isFault: boolean
  readonly code: string
  readonly message: string
  readonly detail: FaultDetail
}

/** The same as `gather`, apart. Where the thread's file is not built (tests run sources) it runs here. */
export function gatherApart(
  question: Question,
  tools: Tools & { readonly configFile: string | null },
): Promise<Evidence> {
  const path = join(dirname(fileURLToPath(import.meta.url)), 'gather.worker.js')
  if (!existsSync(path)) return gather(question, tools)
  const job: GatherJob = { question, newestPrices: tools.newestPrices, configFile: tools.configFile }
  const worker = new Worker(path, { workerData: job })
  // A server that is stopped does not wait for an answer that nobody will read.
  worker.unref()
  const waiting = new Map<number, { next: () => void; stop: (why: Error) => void }>()
  let ended = false
  return new Promise<Evidence>((done, fail) => {
    worker.on('error', fail)
    worker.on('exit', code => fail(new Error(`the simulation's thread ended with ${code}`)))
    worker.on('message', async (message: FromThread) => {
      if (message.kind === 'progress') tools.progress?.(message.text)
      else if (message.kind === 'done') done(message.evidence)
      else if (message.kind === 'failed') fail(thrownHere(message.fault))
      else if (message.kind === 'taken') waiting.get(message.id)?.next()
      else {
        // The next piece waits until this one is taken, so that they never pile up between the threads.
        const send = (piece: unknown) =>
          new Promise<void>((next, stop) => {
            if (ended) return stop(new Error('the simulation has ended'))
            waiting.set(message.id, { next, stop })
            worker.postMessage({ id: message.id, piece } satisfies ToThread)
          })
        worker.postMessage(await answer(tools, message, send))
      }
    })
  }).finally(() => {
    // Whoever reads the ledger for a thread that is gone stops reading.
    ended = true
    for (const { stop } of waiting.values()) stop(new Error('the simulation has ended'))
    return worker.terminate()
  })
}

async function answer(
  tools: Tools,
  asked: Extract<FromThread, { kind: 'ask' }>,
  send: (piece: unknown) => Promise<void>,
): Promise<ToThread> {
  try {
    const values = asked.values.map(value => (value === taker ? send : value))
    const method = tools.ledger[asked.method as keyof Tools['ledger']] as (...values: readonly unknown[]) => unknown
    return { id: asked.id, value: await method.apply(tools.ledger, values) }
  } catch (thrown) {
    return { id: asked.id, fault: thrownAcross(thrown) }
  }
}

export function thrownAcross(thrown: unknown): ThrownAcross {
  if (!(thrown instanceof Fault)) {
    return {
      isFault: false,
      code: '',
      message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
      detail: {},
    }
  }
  const { code, message, where, fix, kind } = thrown
  return { isFault: true, code, message, detail: { where: where ?? undefined, fix: fix ?? undefined, kind } }
}

export function thrownHere(across: ThrownAcross): Error {
  return across.isFault ? new Fault(across.code, across.message, across.detail) : new Error(across.message)
}

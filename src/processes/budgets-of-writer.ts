// Where the writer's process answers for the budgets, in; the budgets as a gateway asks them, whoever the writer is by now, out.
import { Agent, request } from 'node:http'
import type { BudgetAnswer, Budgets } from '../gateway/budgets.ts'
import type { BudgetQuestion } from './serve-budgets.ts'

export interface BudgetsOfWriter extends Budgets {
  /** Null = the writer is away. */
  readdress(url: string | null): void
}

/** A writer that dies is started again well within it; whoever asked has lost patience by then. */
const mostWaitMs = 10_000
/** When a writer comes back is told: only one that is there and cannot answer is asked again so soon. */
const againMs = 1000

/**
 * A writer that is away is waited for, and one that dies while it is asked is asked again: a call is held once, however
 * often it asks.
 */
export function budgetsOfWriter(waitMs = mostWaitMs): BudgetsOfWriter {
  const agent = new Agent({ keepAlive: true })
  let address: string | null = null
  const waiting = new Set<() => void>()
  /** Until the writer is somewhere else, or for so long. */
  const readdressed = (ms: number) =>
    new Promise<void>(done => {
      const go = () => {
        clearTimeout(timer)
        waiting.delete(go)
        done()
      }
      const timer = setTimeout(go, ms)
      waiting.add(go)
    })
  async function ask(question: BudgetQuestion): Promise<unknown> {
    const until = performance.now() + waitMs
    let failed = new Error('the process that keeps them is not there')
    for (;;) {
      const asked = address
      try {
        if (asked !== null) return await post(agent, asked, JSON.stringify(question))
      } catch (thrown) {
        failed = thrown as Error
        if (!('code' in failed)) throw failed
      }
      const leftMs = until - performance.now()
      if (leftMs <= 0) throw failed
      if (address === asked) await readdressed(Math.min(leftMs, againMs))
    }
  }
  return {
    readdress(url) {
      address = url
      for (const go of waiting) go()
    },
    reserve: async call => (await ask({ reserve: call })) as BudgetAnswer,
    release(key) {
      // What is not let go now is when nobody sees the call begin.
      ask({ release: key }).catch(() => {})
    },
  }
}

/** Rejects with the answer's words, without a `code`, where the authority itself could not say. */
function post(agent: Agent, url: string, body: string): Promise<unknown> {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(url, { agent, method: 'POST', headers }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('error', fail)
      response.on('end', () => (response.statusCode === 200 ? done(JSON.parse(text)) : fail(new Error(text))))
    })
    // A connection that was closed while nothing went over it is no word of the writer: it is asked over another.
    sent.on('error', thrown => (sent.reusedSocket ? done(post(agent, url, body)) : fail(thrown)))
    sent.end(body)
  })
}

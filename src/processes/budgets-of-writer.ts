// Where the writer's process answers for the budgets, in; the budgets as a gateway asks them, whoever the writer is by now, out.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BudgetAnswer, Budgets } from '../gateway/budgets.ts'
import type { BudgetQuestion } from './serve-budgets.ts'

export interface BudgetsOfWriter extends Budgets {
  /** Null = the writer is away. */
  readdress(url: string | null): void
}

/** A writer that dies is started again well within it; whoever asked has lost patience by then. */
const mostWaitMs = 10_000
const againMs = 20

/**
 * A writer that is away is waited for, and one that dies while it is asked is asked again: a call is held once, however
 * often it asks.
 */
export function budgetsOfWriter(waitMs = mostWaitMs): BudgetsOfWriter {
  const agent = new Agent({ keepAlive: true })
  let address: string | null = null
  async function ask(question: BudgetQuestion): Promise<unknown> {
    const until = performance.now() + waitMs
    for (let failed = new Error('the process that keeps them is not there'); ; await sleep(againMs)) {
      try {
        if (address !== null) return await post(agent, address, JSON.stringify(question))
      } catch (thrown) {
        failed = thrown as Error
        if (!('code' in failed)) throw failed
      }
      if (performance.now() > until) throw failed
    }
  }
  return {
    readdress(url) {
      address = url
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
    sent.on('error', fail)
    sent.end(body)
  })
}

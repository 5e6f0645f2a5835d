// The thread of gather-apart.ts: a question in; its evidence out, the ledger asked through messages.
import { parentPort, workerData } from 'node:worker_threads'
import { gather } from '../ask/gather.ts'
import { useOwnFacts } from '../catalog/facts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type FromThread, type GatherJob, type ToThread, taker, thrownAcross, thrownHere } from './gather-apart.ts'

const port = parentPort!
interface Asker {
  readonly done: (value: unknown) => void
  readonly fail: (thrown: Error) => void
  /** Takes the pieces of an answer that comes in pieces. */
  readonly take: ((piece: unknown) => unknown) | undefined
}

const waiting = new Map<number, Asker>()
let asked = 0
const say = (message: FromThread) => port.postMessage(message)

const ledger = new Proxy({} as Ledger, {
  get: (_, method) =>
    // A value that is awaited is asked for `then`: this one is no promise.
    typeof method === 'symbol' || method === 'then'
      ? undefined
      : (...values: readonly unknown[]) =>
          new Promise((done, fail) => {
            const id = asked++
            const take = values.find(value => typeof value === 'function') as Asker['take']
            waiting.set(id, { done, fail, take })
            say({ kind: 'ask', id, method, values: values.map(value => (value === take && take ? taker : value)) })
          }),
})

port.on('message', (message: ToThread) => {
  const asker = waiting.get(message.id)
  if ('piece' in message) {
    asker?.take?.(message.piece)
    say({ kind: 'taken', id: message.id })
    return
  }
  waiting.delete(message.id)
  if ('fault' in message) asker?.fail(thrownHere(message.fault))
  else asker?.done(message.value)
})

const { question, newestPrices, configFile } = workerData as GatherJob
try {
  if (configFile !== null) useOwnFacts(configFile)
  const evidence = await gather(question, { ledger, newestPrices, progress: text => say({ kind: 'progress', text }) })
  say({ kind: 'done', evidence })
} catch (thrown) {
  say({ kind: 'failed', fault: thrownAcross(thrown) })
}

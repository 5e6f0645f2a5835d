// A capacity question and its calls → the answer, on a thread of its own where a server must stay answerable meanwhile.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { CallTimes } from '../ask/busiest.ts'
import { type CapacityQuestion, capacityOf } from '../ask/capacity.ts'
import { useOwnFacts } from '../catalog/facts.ts'
import type { CapacityAnswer } from '../core/serving/capacity/capacity-answer.ts'
import { type ThrownAcross, thrownHere } from './gather-apart.ts'

/** What the thread is started with. */
export interface CapacityJob {
  readonly question: CapacityQuestion
  readonly calls: CallTimes | null
  /** Whose own models are laid over the shipped ones. */
  readonly configFile: string | null
}

export type CapacityDone = { readonly answer: CapacityAnswer } | { readonly fault: ThrownAcross }

/** Where the thread's file is not built (tests run sources), or nobody else waits, it runs here. */
export async function capacityApart(job: CapacityJob, isServed: boolean): Promise<CapacityAnswer> {
  const path = join(dirname(fileURLToPath(import.meta.url)), 'capacity.worker.js')
  if (!isServed || !existsSync(path)) return capacityHere(job)
  const worker = new Worker(path, { workerData: job })
  // A server that is stopped does not wait for an answer that nobody will read.
  worker.unref()
  return new Promise<CapacityAnswer>((done, fail) => {
    worker.on('error', fail)
    worker.on('exit', code => fail(new Error(`the simulation's thread ended with ${code}`)))
    worker.on('message', (said: CapacityDone) => ('answer' in said ? done(said.answer) : fail(thrownHere(said.fault))))
  }).finally(() => worker.terminate())
}

/** The same in this process. @throws Fault, those of `capacityOf` */
export function capacityHere({ question, calls, configFile }: CapacityJob): CapacityAnswer {
  if (configFile !== null) useOwnFacts(configFile)
  return capacityOf(question, calls)
}

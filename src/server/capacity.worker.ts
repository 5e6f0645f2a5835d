// The thread of capacity-apart.ts: a question and calls in; the answer, or what was thrown, out.
import { parentPort, workerData } from 'node:worker_threads'
import { type CapacityDone, type CapacityJob, capacityHere } from './capacity-apart.ts'
import { thrownAcross } from './gather-apart.ts'

const say = (done: CapacityDone) => parentPort!.postMessage(done)
try {
  say({ answer: capacityHere(workerData as CapacityJob) })
} catch (thrown) {
  say({ fault: thrownAcross(thrown) })
}

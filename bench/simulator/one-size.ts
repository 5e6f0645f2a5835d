// A number of requests in; the seconds and the peak memory of a process that simulates them as they come, out as one line of JSON.
import { gpuById, modelById } from '../../src/catalog/facts.ts'
import { buildEngine } from '../../src/core/serving/engine/engine.ts'
import { simulateStream } from '../../src/core/serving/fleet/stream.ts'
import type { Arrivals } from '../../src/core/serving/traffic/arrivals.ts'
import { coreSeconds, drawn } from './speed.ts'

const requests = Number(process.argv[2])
const size = 10_000

/** The same ten thousand requests again and again, one piece after the other and none kept. */
function* pieces(): Generator<Arrivals> {
  const piece = drawn(size, 10)
  const span = piece.atSeconds[size - 1]! + 0.1
  for (let from = 0; from < requests; from += size) {
    if (from > 0) for (let i = 0; i < size; i++) piece.atSeconds[i] = piece.atSeconds[i]! + span
    yield { ...piece, n: Math.min(size, requests - from) }
  }
}

const engine = buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 })
let completed = 0
const seconds = coreSeconds(() => {
  completed = simulateStream(pieces(), { engine, replicas: 1 }).completed
})
if (completed !== requests) throw new Error(`${completed} of ${requests} requests were served`)
const peakMiB = process.resourceUsage().maxRSS / 1024
process.stdout.write(`${JSON.stringify({ seconds, peakMiB })}\n`)

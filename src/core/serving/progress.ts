// Arrivals → flat arrays that hold how far each request has come; replicas of a fleet share one, by request number.
import type { Arrivals } from './arrivals.ts'

/** Progress of every request. Times are seconds; NaN = not yet. */
export interface Progress {
  readonly n: number
  readonly atSeconds: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
  readonly firstTokenAt: Float64Array
  readonly finishedAt: Float64Array
  /** Tokens generated when it last stopped decoding (before its first decode, at preemption). */
  readonly generated: Int32Array
  /** 1: can never be served. */
  readonly rejected: Uint8Array
  /** 1: sent elsewhere on arrival. */
  readonly spilled: Uint8Array
  // Owned by the replica that holds the request: place in its lists and heap.
  readonly finishStep: Float64Array
  readonly next: Int32Array
  readonly previous: Int32Array
  readonly heapPlace: Int32Array
  /** Blocks taken once (windows, states), and seconds a decode step spends on them. */
  readonly onceBlocks: Int32Array
  readonly onceSeconds: Float64Array
}

export function startProgress(arrivals: Arrivals): Progress {
  const { n } = arrivals
  return {
    n,
    atSeconds: arrivals.atSeconds,
    inputTokens: arrivals.inputTokens,
    outputTokens: arrivals.outputTokens,
    firstTokenAt: new Float64Array(n).fill(Number.NaN),
    finishedAt: new Float64Array(n).fill(Number.NaN),
    generated: new Int32Array(n),
    rejected: new Uint8Array(n),
    spilled: new Uint8Array(n),
    finishStep: new Float64Array(n),
    next: new Int32Array(n),
    previous: new Int32Array(n),
    heapPlace: new Int32Array(n),
    onceBlocks: new Int32Array(n),
    onceSeconds: new Float64Array(n),
  }
}

// Arrivals → flat arrays that hold how far each request has come; replicas of a fleet share one, by request number.
import type { Arrivals, PrefixBlocks } from '../traffic/arrivals.ts'

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
  /** Where a draft guesses: what was left of the step of the hardware in which its first token came. */
  readonly lateSeconds: Float64Array
  /** Requests that ended since it was last emptied; null where nobody empties it. */
  readonly ended: number[] | null
  /** Where arrivals tell what prompts have in common. */
  readonly prefix: HeldPrefixes | null
  /** 1 while the cache of a prompt that another replica computed is there; null where none came with one. */
  readonly carried: Uint8Array | null
  /** As arrivals tell them; null = nobody knows. */
  readonly sessions: Int32Array | null
  /** Where asked for. */
  readonly charges: Charges | null
}

/** Prefix blocks by request: `ids[from[id] .. to[id])`. */
export interface HeldPrefixes extends Pick<PrefixBlocks, 'ids' | 'tokensPerBlock'> {
  readonly from: Int32Array
  readonly to: Int32Array
  /** Tokens of the prompt that were not computed, when its first token came. */
  readonly hitTokens: Int32Array
  /** Owned by the replica that holds the request: the how many-eth it admitted. */
  readonly turn: Float64Array
}

/** Each request's share of the GPU time in which a step ran. */
export interface Charges {
  readonly prefillGpuSeconds: Float64Array
  readonly decodeGpuSeconds: Float64Array
  // Owned by the replica: what each decoding sequence had been charged, and the step, when this one began to decode.
  readonly chargedBefore: Float64Array
  readonly joinedAtStep: Float64Array
}

export interface ProgressOptions {
  /** Replicas also tell what share of their busy seconds each request took. */
  readonly charges?: boolean
  /** Replicas tell in `ended` which requests did. */
  readonly ended?: boolean
  /** Places are used by one request after another (slots.ts), which replicas tell of in `ended`. */
  readonly reused?: boolean
}

export function startProgress(arrivals: Arrivals, options: ProgressOptions = {}): Progress {
  const { n, prefix } = arrivals
  const { charges = false, reused = false } = options
  const seconds = () => (reused ? new Float64Array(n) : new Float64Array(n).fill(Number.NaN))
  return {
    n,
    atSeconds: arrivals.atSeconds,
    inputTokens: arrivals.inputTokens,
    outputTokens: arrivals.outputTokens,
    firstTokenAt: seconds(),
    finishedAt: seconds(),
    generated: new Int32Array(n),
    rejected: new Uint8Array(n),
    spilled: new Uint8Array(n),
    finishStep: new Float64Array(n),
    next: new Int32Array(n),
    previous: new Int32Array(n),
    heapPlace: new Int32Array(n),
    onceBlocks: new Int32Array(n),
    onceSeconds: new Float64Array(n),
    lateSeconds: new Float64Array(n),
    ended: reused || options.ended ? [] : null,
    prefix: prefix
      ? {
          ids: prefix.ids,
          tokensPerBlock: prefix.tokensPerBlock,
          from: reused ? new Int32Array(n) : prefix.offsets,
          to: reused ? new Int32Array(n) : prefix.offsets.subarray(1),
          hitTokens: new Int32Array(n),
          turn: new Float64Array(n),
        }
      : null,
    carried: arrivals.carried ? new Uint8Array(n).fill(1) : null,
    sessions: arrivals.sessions ?? null,
    charges: charges
      ? {
          prefillGpuSeconds: new Float64Array(n),
          decodeGpuSeconds: new Float64Array(n),
          chargedBefore: new Float64Array(n),
          joinedAtStep: new Float64Array(n),
        }
      : null,
  }
}

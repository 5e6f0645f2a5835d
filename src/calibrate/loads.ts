// What a sweep is asked in; the loads it puts on the server, and how much that is before anything is sent, out.

/** One load: so many requests at once, each of so many tokens. */
export interface Load {
  readonly concurrency: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly requests: number
}

export interface SweepBounds {
  /** Requests of the whole sweep, answered or not. */
  readonly maxRequests: number
  /** Of the whole sweep; what is then under way is still waited for, up to `graceSeconds` longer. */
  readonly maxSeconds: number
}

export interface SweepQuestion extends SweepBounds {
  /** The ladder, ascending. */
  readonly concurrency: readonly number[]
  /** Prompt and answer. The first is loaded at every step of the ladder, the others alone and at its middle: what prompts and answers cost apart. */
  readonly lengths: readonly { readonly inputTokens: number; readonly outputTokens: number }[]
}

/** So many turns for each request in flight: the first start together, as nobody's users do. */
const rounds = 4
const fewestRequests = 6

export function loadsOf({ concurrency, lengths, maxRequests }: SweepQuestion): readonly Load[] {
  const middle = concurrency[Math.floor((concurrency.length - 1) / 2)]!
  const wanted = lengths.flatMap((length, i) =>
    (i === 0 ? concurrency : [...new Set([concurrency[0]!, middle])]).map(n => ({ ...length, concurrency: n })),
  )
  const loads = wanted.map(load => ({ ...load, requests: Math.max(fewestRequests, rounds * load.concurrency) }))
  const sum = loads.reduce((n, { requests }) => n + requests, 0)
  // Too many: each load gives up its share, and none falls below one turn of its requests.
  const share = Math.min(1, maxRequests / sum)
  return loads.map(load => ({ ...load, requests: Math.max(load.concurrency, Math.floor(load.requests * share)) }))
}

export interface SweepEstimate {
  readonly loads: number
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** From every request gaining fully from those beside it to none gaining anything; null before one was timed. */
  readonly seconds: { readonly low: number; readonly high: number } | null
  /** At a stated price of an hour; null without one. */
  readonly usd: { readonly low: number; readonly high: number } | null
}

/** `secondsAlone`: what one request of the first lengths took without company. */
export function estimateOf(
  loads: readonly Load[],
  { maxSeconds }: SweepBounds,
  secondsAlone: number | null,
  usdPerHour: number | null,
): SweepEstimate {
  const [first] = loads
  const sum = (of: (load: Load) => number): number => loads.reduce((total, load) => total + of(load), 0)
  const alone = (load: Load): number =>
    (secondsAlone! * (load.inputTokens + load.outputTokens)) / (first!.inputTokens + first!.outputTokens)
  const seconds =
    secondsAlone === null || first === undefined
      ? null
      : {
          low: Math.min(
            maxSeconds,
            sum(load => alone(load) * Math.ceil(load.requests / load.concurrency)),
          ),
          high: Math.min(
            maxSeconds,
            sum(load => alone(load) * load.requests),
          ),
        }
  const price = (time: number): number => (time / 3600) * usdPerHour!
  return {
    loads: loads.length,
    requests: sum(load => load.requests),
    inputTokens: sum(load => load.requests * load.inputTokens),
    outputTokens: sum(load => load.requests * load.outputTokens),
    seconds,
    usd: usdPerHour === null || seconds === null ? null : { low: price(seconds.low), high: price(seconds.high) },
  }
}

/** Whether an address is this machine's own. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

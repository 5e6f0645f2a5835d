// What one load on a real server showed: requests of known length, so many at once or so many a second, and how fast they were served.

/** Milliseconds over the requests of a point; what was not recorded is null. */
export interface LatencyMs {
  readonly mean: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** One point of a load sweep, by whoever measured it. Of the two ways to load a server one is null; both are where all requests were sent at once. */
export interface LoadPoint {
  /** Where it was read: a file and the place in it, or the server that was loaded. */
  readonly source: string
  /** Requests kept in flight, each started when an earlier one ended. */
  readonly concurrency: number | null
  /** Requests that came each second, whether or not earlier ones had ended. */
  readonly offeredPerSecond: number | null
  /** Mean tokens of a prompt and of an answer. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** Each length lay between this share of its longest and its longest, all alike; 1: all of one length. */
  readonly lengthRatio: number
  /** Requests that were answered. */
  readonly requests: number | null
  readonly outputTokensPerSecond: number | null
  /** From sending the request to its first token. */
  readonly ttftMs: LatencyMs
  /** From the first token to the last, by tokens less one. */
  readonly tpotMs: LatencyMs
}

/** What stands for a latency: its mean, else its median. */
export const typical = ({ mean, p50 }: LatencyMs): number | null => mean ?? p50

/** What a record says of the server that was measured; names as the record spells them. */
export interface ServerHints {
  readonly model: string | null
  readonly gpu: string | null
  /** Of all replicas. */
  readonly gpus: number | null
  readonly engine: string | null
  readonly engineVersion: string | null
  readonly weights: string | null
  readonly kv: string | null
  readonly tp: number | null
  readonly pp: number | null
  readonly dp: number | null
  readonly ep: number | null
  readonly replicas: number | null
}

export const nothingSaid: ServerHints = {
  model: null,
  gpu: null,
  gpus: null,
  engine: null,
  engineVersion: null,
  weights: null,
  kv: null,
  tp: null,
  pp: null,
  dp: null,
  ep: null,
  replicas: null,
}

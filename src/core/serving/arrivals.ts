// Requests to be served, in time order, as flat arrays: what the simulation replays.

/** `n` requests sorted by arrival. Times are seconds from the first moment of the replay. */
export interface Arrivals {
  readonly n: number
  readonly atSeconds: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
}

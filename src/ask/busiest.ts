// All calls of a slice in; the requests of its busiest ten-minute windows out, as the load that a replica is tried with.
import type { Arrivals } from '../core/serving/arrivals.ts'

/** Calls as flat arrays in time order; a negative count means that the call's usage is unknown. */
export interface CallTimes {
  readonly n: number
  readonly atMicros: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
}

const windowMicros = 600e6

/**
 * At most `limit` requests from the busiest windows, in time order, the gaps between windows cut out.
 *
 * A fleet is sized for its peak, so a replica is tried with the peak's own lengths and its own bunching below ten
 * minutes; the shape above ten minutes is the staircase's peak-to-mean. When the busiest window alone holds more than
 * `limit` requests, every k-th is taken, which is what one of k replicas behind a fair router would see.
 */
export function busiestRequests(calls: CallTimes, limit = 3000): Arrivals {
  const chosen = pickWindows(calls, limit)
  const count = chosen.reduce((sum, window) => sum + window.to - window.from, 0)
  const stride = Math.max(1, Math.round(count / limit))
  const size = Math.ceil(count / stride)
  const atSeconds = new Float64Array(size)
  const inputTokens = new Int32Array(size)
  const outputTokens = new Int32Array(size)
  let n = 0
  let seen = 0
  let offsetSeconds = 0
  for (const window of chosen) {
    const startMicros = window.index * windowMicros
    for (let i = window.from; i < window.to; i++) {
      if (calls.inputTokens[i]! < 0 || calls.outputTokens[i]! < 0) continue
      if (seen++ % stride !== 0) continue
      atSeconds[n] = offsetSeconds + (calls.atMicros[i]! - calls.atMicros[0]! - startMicros) / 1e6
      inputTokens[n] = calls.inputTokens[i]!
      outputTokens[n] = calls.outputTokens[i]!
      n += 1
    }
    offsetSeconds += windowMicros / 1e6
  }
  return {
    n,
    atSeconds: atSeconds.subarray(0, n),
    inputTokens: inputTokens.subarray(0, n),
    outputTokens: outputTokens.subarray(0, n),
  }
}

interface Window {
  readonly index: number
  readonly from: number
  readonly to: number
}

/** The busiest windows by tokens until they hold `limit` requests, back in time order. */
function pickWindows(calls: CallTimes, limit: number): Window[] {
  const windows: (Window & { tokens: number })[] = []
  let from = 0
  while (from < calls.n) {
    const index = Math.floor((calls.atMicros[from]! - calls.atMicros[0]!) / windowMicros)
    let to = from
    let tokens = 0
    while (to < calls.n && Math.floor((calls.atMicros[to]! - calls.atMicros[0]!) / windowMicros) === index) {
      tokens += Math.max(0, calls.inputTokens[to]!) + Math.max(0, calls.outputTokens[to]!)
      to += 1
    }
    windows.push({ index, from, to, tokens })
    from = to
  }
  windows.sort((a, b) => b.tokens - a.tokens || a.index - b.index)
  const chosen: Window[] = []
  let count = 0
  for (const window of windows) {
    chosen.push(window)
    count += window.to - window.from
    if (count >= limit) break
  }
  return chosen.sort((a, b) => a.index - b.index)
}

/** Calls as arrivals for a full replay: seconds from the first call, calls of unknown usage left out and counted. */
export function allArrivals(calls: CallTimes): { arrivals: Arrivals; leftOut: number } {
  const atSeconds = new Float64Array(calls.n)
  const inputTokens = new Int32Array(calls.n)
  const outputTokens = new Int32Array(calls.n)
  let n = 0
  for (let i = 0; i < calls.n; i++) {
    if (calls.inputTokens[i]! < 0 || calls.outputTokens[i]! < 0) continue
    atSeconds[n] = (calls.atMicros[i]! - calls.atMicros[0]!) / 1e6
    inputTokens[n] = calls.inputTokens[i]!
    outputTokens[n] = calls.outputTokens[i]!
    n += 1
  }
  const arrivals = {
    n,
    atSeconds: atSeconds.subarray(0, n),
    inputTokens: inputTokens.subarray(0, n),
    outputTokens: outputTokens.subarray(0, n),
  }
  return { arrivals, leftOut: calls.n - n }
}

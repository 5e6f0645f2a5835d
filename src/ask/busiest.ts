// All calls of a slice in; the requests of its busiest hour out, as the load that a fleet is tried with.
import { type Arrivals, type PrefixBlocks, picked } from '../core/serving/traffic/arrivals.ts'

/** Calls as flat arrays in time order; a negative count means that the call's usage is unknown. */
export interface CallTimes {
  readonly n: number
  readonly atMicros: Float64Array
  readonly inputTokens: Int32Array
  readonly outputTokens: Int32Array
  /** Bits of `callNeeds`; absent = text only. */
  readonly needs?: Uint8Array
  /** What the record says of time, NaN where it says nothing; absent where no record does. */
  readonly ttftMs?: Float32Array
  readonly latencyMs?: Float32Array
  /** What prompts have in common; absent where nobody recorded it. */
  readonly prefix?: PrefixBlocks | undefined
  /** Which session each belongs to, negative = none; absent where nobody asked or recorded it. */
  readonly sessions?: Int32Array | undefined
}

const windowMicros = 600e6
const windowsPerHour = 6
/** Fewer requests than this say little about a 95th percentile: then the next busiest hours are added. */
const fewest = 600

/**
 * At most `limit` requests of the busiest hour (by tokens), in time order.
 *
 * A fleet is sized for its busy hour, as telephone exchanges are: with that hour's own lengths and bunching, and no
 * worse, for the few windows that stand out most are outliers more often than a load to build for. The shape above an
 * hour is the staircase's peak-to-mean. When the hour holds more than `limit` requests every k-th is taken, which is what
 * one of k fleets behind a fair router would see.
 */
export function busiestRequests(calls: CallTimes, limit = 2500): Arrivals {
  const chosen = busiestHours(calls)
  const count = chosen.reduce((sum, window) => sum + window.to - window.from, 0)
  const stride = Math.max(1, Math.ceil(count / limit))
  const size = Math.ceil(count / stride)
  const atSeconds = new Float64Array(size)
  const picks = new Int32Array(size)
  let n = 0
  let seen = 0
  let offsetSeconds = 0
  for (const window of chosen) {
    const startMicros = window.index * windowMicros
    for (let i = window.from; i < window.to; i++) {
      if (calls.inputTokens[i]! < 0 || calls.outputTokens[i]! < 0) continue
      if (seen++ % stride !== 0) continue
      atSeconds[n] = offsetSeconds + (calls.atMicros[i]! - calls.atMicros[0]! - startMicros) / 1e6
      picks[n] = i
      n += 1
    }
    offsetSeconds += windowMicros / 1e6
  }
  return picked(calls, picks.subarray(0, n), atSeconds.subarray(0, n))
}

interface Window {
  readonly index: number
  readonly from: number
  readonly to: number
}

/** The windows of the busiest hour, and of further hours while all together hold too few requests, in time order. */
function busiestHours(calls: CallTimes): Window[] {
  const windows = windowsOf(calls)
  const tokens = Float64Array.from(windows, ({ from, to }) => tokensOf(calls, from, to))
  const hours: { readonly end: number; readonly sum: number }[] = []
  for (let end = 0; end < windows.length; end++) {
    let sum = 0
    for (let i = Math.max(0, end - windowsPerHour + 1); i <= end; i++) sum += tokens[i]!
    if (sum > 0) hours.push({ end, sum })
  }
  hours.sort((a, b) => b.sum - a.sum || a.end - b.end)
  const taken = new Uint8Array(windows.length)
  let count = 0
  for (const { end } of hours) {
    const first = Math.max(0, end - windowsPerHour + 1)
    if (taken.subarray(first, end + 1).includes(1)) continue
    for (let i = first; i <= end; i++) count += windows[i]!.to - windows[i]!.from
    taken.fill(1, first, end + 1)
    if (count >= fewest) break
  }
  return windows.filter((_, i) => taken[i])
}

/** Ten-minute windows from the first call, empty ones included. */
function windowsOf(calls: CallTimes): Window[] {
  const windows: Window[] = []
  let from = 0
  for (let index = 0; from < calls.n; index++) {
    const end = calls.atMicros[0]! + (index + 1) * windowMicros
    let to = from
    while (to < calls.n && calls.atMicros[to]! < end) to += 1
    windows.push({ index, from, to })
    from = to
  }
  return windows
}

function tokensOf(calls: CallTimes, from: number, to: number): number {
  let tokens = 0
  for (let i = from; i < to; i++) tokens += Math.max(0, calls.inputTokens[i]!) + Math.max(0, calls.outputTokens[i]!)
  return tokens
}

/** Calls as arrivals for a full replay: seconds from the first call, calls of unknown usage left out and counted; `callOf` tells which call each is. */
export function allArrivals(calls: CallTimes): { arrivals: Arrivals; leftOut: number; callOf: Int32Array } {
  const atSeconds = new Float64Array(calls.n)
  const picks = new Int32Array(calls.n)
  let n = 0
  for (let i = 0; i < calls.n; i++) {
    if (calls.inputTokens[i]! < 0 || calls.outputTokens[i]! < 0) continue
    atSeconds[n] = (calls.atMicros[i]! - calls.atMicros[0]!) / 1e6
    picks[n] = i
    n += 1
  }
  const callOf = picks.subarray(0, n)
  return { arrivals: picked(calls, callOf, atSeconds.subarray(0, n)), leftOut: calls.n - n, callOf }
}

// Lengths of requests and how they come → the same traffic at any rate asked for.
import { stream } from '../../statistics/random.ts'
import type { Arrivals } from './arrivals.ts'
import { atFactor, rateOf } from './pace.ts'

/** One mix of requests that can be had at any load. */
export interface Traffic {
  /** Its requests as they came, or a sample of them: what a saturated replica is fed with. */
  readonly mix: Arrivals
  /** Arrivals at so many requests per second. The same seed gives the same requests, closer together. */
  readonly at: (requestsPerSecond: number, seed: number) => Arrivals
}

/** Prompts and answers of stated lengths. */
export interface Lengths {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Lengths are uniform in [this, 1] × the stated ones; 1 = all alike. */
  readonly lengthRangeRatio: number
  /** Coefficient of variation of the gaps between requests, which are Gamma-distributed; 1 = a Poisson process, more = bursts. */
  readonly cv: number
}

/** Requests of stated lengths, `n` of them, that come by gaps of the stated variation. */
export function drawnTraffic(lengths: Lengths, n: number, seed: number): Traffic {
  const drawn = (at: number): Arrivals => {
    const random = stream(at, 'capacity lengths')
    const low = lengths.lengthRangeRatio
    const one = (tokens: number) => Math.max(1, Math.round(tokens * (low + (1 - low) * random.uniform())))
    return {
      n,
      atSeconds: new Float64Array(n),
      inputTokens: Int32Array.from({ length: n }, () => one(lengths.inputTokens)),
      outputTokens: Int32Array.from({ length: n }, () => one(lengths.outputTokens)),
    }
  }
  return {
    mix: drawn(seed),
    at: (requestsPerSecond, at) => {
      const random = stream(at, 'capacity gaps')
      const variance = lengths.cv * lengths.cv
      let seconds = 0
      const atSeconds = Float64Array.from({ length: n }, () => {
        seconds += lengths.cv === 1 ? random.exponential(1) : random.gamma(1 / variance, variance)
        return seconds / requestsPerSecond
      })
      return { ...drawn(at), atSeconds }
    },
  }
}

/** A trace's own lengths and bunching, thinned or copied to the rate: its clock is left alone. */
export function tracedTraffic(mix: Arrivals, atLeast: number): Traffic {
  const own = rateOf(mix) ?? 1
  return { mix, at: (requestsPerSecond, seed) => atFactor(mix, requestsPerSecond / own, seed, atLeast) }
}

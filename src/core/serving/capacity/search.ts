// Trials that pass or miss in; the smallest fleet and the largest load that pass, out.

/** What a search looks at of a trial. */
interface Tried {
  readonly meets: boolean
  /** What was missed, in words; empty when nothing was. */
  readonly miss: string
}

/** Halvings of the last step of a growing load: a doubling is found to within 5 %, a quarter more to 1.4 %. */
const halvings = 4

/** The smallest number of replicas that passes, from a guess: outwards by half, then by halving; null when the most do not. */
export function smallestFleet(guess: number, most: number, passes: (replicas: number) => boolean): number | null {
  let good = guess
  let bad = 0
  if (passes(guess)) {
    while (good > 1) {
      const fewer = Math.floor(good / 1.5)
      if (!passes(fewer)) {
        bad = fewer
        break
      }
      good = fewer
    }
  } else {
    bad = guess
    for (;;) {
      if (bad >= most) return null
      good = Math.min(most, Math.max(bad + 1, Math.ceil(bad * 1.5)))
      if (passes(good)) break
      bad = good
    }
  }
  while (good - bad > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (passes(middle)) good = middle
    else bad = middle
  }
  return good
}

/**
 * The largest of ascending values that passes, by halving; 0 when none does. Where a stricter test first parts from a
 * laxer one it turns downwards, so it never finds a larger value.
 */
export function largestOf(values: readonly number[], passes: (value: number) => boolean): number {
  let low = -1
  let high = values.length
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (passes(values[middle]!)) low = middle
    else high = middle
  }
  return values[low] ?? 0
}

export interface Found {
  /** The largest multiple of the sample that was met, at least 1. */
  readonly factor: number
  /** What was missed just above; empty when nothing was. */
  readonly bottleneck: string
}

/**
 * Grows the load from 1 until it first misses and halves the last step: what lies beyond a miss is never trusted, since
 * superposed copies are smoother than the sample and may meet again.
 */
export function mostOf(trial: (factor: number) => Tried, limit: number, far: boolean): Found {
  let low = 1
  let high = limit
  let bottleneck = ''
  for (;;) {
    const next = Math.min(limit, low * (far ? 2 : 1.25))
    if (next <= low) return { factor: low, bottleneck }
    const tried = trial(next)
    if (!tried.meets) {
      high = next
      bottleneck = tried.miss
      break
    }
    low = next
  }
  for (let i = 0; i < halvings; i++) {
    const middle = Math.sqrt(low * high)
    const tried = trial(middle)
    if (tried.meets) low = middle
    else {
      high = middle
      bottleneck = tried.miss
    }
  }
  return { factor: low, bottleneck }
}

// Values as they come in, one by one; what may be said of their mean at any moment, however often one looks, out.
import { exp, log } from './elementary.ts'
import type { Interval } from './interval.ts'

export interface SequenceOptions {
  /** Probability of ever being wrong, at all looks together; two-sided. */
  readonly alpha?: number
  /** How many values are planned: bets are sized for it, and nothing breaks when more come. Null = not known. */
  readonly horizon?: number | null
}

export interface SequentialTest {
  /** A value in [0, 1]. Values must come in random order. */
  add(value: number): void
  /** Of the mean against `at`. Once it is said it stands. */
  verdict(): 'above' | 'below' | 'open'
}

/** No bet risks more than this share of the capital. */
const mostAtStake = 0.9
/** Of the capital, what is bet for the horizon; the rest follows what is seen. */
const forHorizon = 0.75

/**
 * Whether a mean of values in [0, 1] is above or below `at`, valid under continuous peeking: two gamblers bet on each side;
 * if the mean were `at`, the capital of either would reach 2 ÷ α with probability α ÷ 2 at most (Ville's inequality). The
 * hedged capital process of Waudby-Smith & Ramdas (JRSS B 86, 2024): half follows their aGRAPA bets, half (where the
 * horizon is known) bets √(2 ln(2/α) ÷ σ̂²N).
 */
export function sequentialTest(at: number, { alpha = 0.05, horizon = null }: SequenceOptions = {}): SequentialTest {
  const bets = bettingOn([at], alpha, horizon)
  let said: 'above' | 'below' | 'open' = 'open'
  return {
    add(value) {
      const [found] = bets(value)
      if (said === 'open' && found !== 'open') said = found!
    },
    verdict: () => said,
  }
}

export interface ConfidenceSequence {
  add(value: number): void
  /** Holds the mean at all moments together with probability 1 − α; never widens. */
  interval(): Interval
}

/** The means that no gambler has grown rich against, on a grid of `steps`: as exact as 1 ÷ steps, and never too narrow. */
export function confidenceSequence(
  { alpha = 0.05, horizon = null }: SequenceOptions = {},
  steps = 400,
): ConfidenceSequence {
  const grid = Array.from({ length: steps - 1 }, (_, i) => (i + 1) / steps)
  const bets = bettingOn(grid, alpha, horizon)
  let [low, high] = [0, 1]
  return {
    add(value) {
      bets(value).forEach((found, i) => {
        if (found === 'above') low = Math.max(low, grid[i]!)
        if (found === 'below') high = Math.min(high, grid[i]!)
      })
    },
    interval: () => ({ low, high }),
  }
}

/** For each mean of the grid whether it is refuted from above or below, after each value. */
function bettingOn(means: readonly number[], alpha: number, horizon: number | null) {
  const needed = log(2 / alpha)
  // Logs of the capital of: [above, following], [above, for the horizon], and the same below.
  const capital = means.map(() => [0, 0, 0, 0] as [number, number, number, number])
  let n = 0
  let sum = 0
  let squares = 0
  return (value: number): ('above' | 'below' | 'open')[] => {
    // Bets are laid before the value is seen: half a value at ½ stands in for what is not known yet.
    const mean = (0.5 + sum) / (n + 1)
    const variance = (0.25 + squares) / (n + 1)
    const verdicts = means.map((at, i): 'above' | 'below' | 'open' => {
      const of = capital[i]!
      const step = value - at
      const edge = mean - at
      const planned = horizon === null ? 0 : Math.sqrt((2 * needed) / (variance * horizon))
      const following = Math.abs(edge) / (variance + edge * edge)
      const up = mostAtStake / at
      const down = mostAtStake / (1 - at)
      of[0] += edge > 0 ? log(1 + Math.min(up, following) * step) : 0
      of[1] += log(1 + Math.min(up, planned) * step)
      of[2] += edge < 0 ? log(1 - Math.min(down, following) * step) : 0
      of[3] += log(1 - Math.min(down, planned) * step)
      const rich = (a: number, b: number) => mixed(a, b, horizon === null ? 0 : forHorizon) >= needed
      return rich(of[0], of[1]) ? 'above' : rich(of[2], of[3]) ? 'below' : 'open'
    })
    n++
    sum += value
    const after = (0.5 + sum) / (n + 1)
    squares += (value - after) * (value - after)
    return verdicts
  }
}

/** Log of the mixture of two capitals given by their logs. */
function mixed(following: number, planned: number, share: number): number {
  const [a, b] = [following + log(1 - share), share === 0 ? Number.NEGATIVE_INFINITY : planned + log(share)]
  const most = Math.max(a, b)
  return most + log(exp(a - most) + exp(b - most))
}

/**
 * Half the width of an interval of a mean that holds at all moments together, after `n` values of standard deviation `sd`:
 * σ̂ √(2(nρ²+1)/(n²ρ²) · ln(√(nρ²+1)/α)), narrowest at the horizon (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, Annals of
 * Statistics 52, 2024: asymptotic, for values without bounds such as costs; some dozens must have come).
 */
export function anytimeHalfWidth(sd: number, n: number, alpha: number, horizon: number): number {
  const q = -2 * log(alpha)
  const square = (q + log(q + 1)) / horizon
  const grown = n * square + 1
  return sd * Math.sqrt(((2 * grown) / (n * n * square)) * log(Math.sqrt(grown) / alpha))
}

// Evidence in; a few hundred other months that its days (or ten-minute blocks) could have made, out.
import { exp, log } from '../statistics/elementary.ts'
import { type Random, stream } from '../statistics/random.ts'
import type { Evidence } from './evidence.ts'
import { daysOf, hourlyWorkOf, mostPeakToMean, shapesOf } from './traffic.ts'

/** Draws of everything that does not depend on the reader's choices. Parallel arrays, one entry per draw. */
export interface Resampled {
  readonly draws: number
  /** Drawn volume ÷ volume seen. */
  readonly volume: Float64Array
  /** Per `evidence.api`: drawn $/token ÷ $/token seen. */
  readonly api: readonly Float64Array[]
  /** Per `evidence.replicas`: drawn peak-to-mean. */
  readonly peakToMean: readonly Float64Array[]
  /** Per `evidence.replicas`: drawn throughput ÷ predicted. One standard normal a draw moves all: the model's error is common. */
  readonly throughput: readonly Float64Array[]
  /** A uniform per draw and GPU, that picks a seller's price. */
  readonly leaseUniform: ReadonlyMap<string, Float64Array>
  /** The same for hosted offers: one market, one draw. */
  readonly hostedUniform: Float64Array
  /** Share of the week's hours never seen, when less than a week was; the month's volume was drawn wider for it. */
  readonly unseenShare: number
  readonly unit: 'days' | 'ten-minute blocks'
  readonly blocks: number
}

/**
 * How far the mean of a week may lie from one hour of it, as a factor either way (90 % of draws): the busiest hour of
 * the bundled production rate curves is 1.8–3.3 times their mean, the quietest a quarter to a third of it.
 */
const mostShift = 3.3

const kept = new WeakMap<Evidence, Resampled>()

/**
 * Bootstrap of the traffic: whole days when there are 14 of them, else contiguous ten-minute blocks. Below a week the
 * volume is also shifted by a lognormal factor, within ÷3.3 and ×3.3 in 90 % of draws when hardly an hour of the week
 * was seen and less by the share that was. Kept per evidence, since the reader's choices change none of it.
 */
export function resample(evidence: Evidence, draws: number): Resampled {
  const known = kept.get(evidence)
  if (known !== undefined && known.draws === draws) return known
  const made = draw(evidence, draws)
  kept.set(evidence, made)
  return made
}

function draw(evidence: Evidence, draws: number): Resampled {
  const { demand, seed } = evidence
  const days = daysOf(demand)
  const windowsPerDay = Math.round(86400 / demand.windowSeconds)
  const windows = demand.windows.input.length
  const byDay = windows >= 14 * windowsPerDay
  const size = byDay ? windowsPerDay : 1
  const blocks = Math.floor(windows / size)
  const counts = drawCounts(stream(seed, 'bootstrap'), draws, blocks)

  const input = sums(demand.windows.input, size, blocks)
  const output = sums(demand.windows.output, size, blocks)
  const drawnInput = dots(counts, input, draws)
  const drawnOutput = dots(counts, output, draws)
  const seen = total(input) + total(output)
  const tokensRatio = Float64Array.from(drawnInput, (tokens, d) => (seen > 0 ? (tokens + drawnOutput[d]!) / seen : 1))

  const api = evidence.api.map(({ usdByWindow }) => {
    if (usdByWindow.length !== windows) return new Float64Array(draws).fill(1)
    const usd = sums(usdByWindow, size, blocks)
    const seenUsd = total(usd)
    const drawn = dots(counts, usd, draws)
    return drawn.map((amount, d) => (seenUsd > 0 && tokensRatio[d]! > 0 ? amount / seenUsd / tokensRatio[d]! : 1))
  })
  const unseen = days >= 7 ? 0 : 1 - demand.hoursOfWeek / 168
  const shift = stream(seed, 'unseen volume')
  const peakToMean = evidence.replicas.map((replica, r) => {
    const work = hourlyWorkOf(demand, replica)
    const peaks = peaksOf(counts, maxima(work, size, blocks), draws)
    const perBlock = sums(work, size, blocks)
    const nominal = shapesOf(evidence)[r]!.peakToMean
    return peaks.map((peak, d) => {
      const drawn = replica.secondsPerInputToken * drawnInput[d]! + replica.secondsPerOutputToken * drawnOutput[d]!
      const mean = drawn / (perBlock.length * size)
      return mean > 0 ? Math.min(mostPeakToMean, Math.max(1, peak / mean)) : nominal
    })
  })
  const errors = stream(seed, 'throughput')
  const normal = Float64Array.from({ length: draws }, () => errors.normal())
  const market = stream(seed, 'hosted prices')
  return {
    draws,
    volume: tokensRatio.map(ratio => ratio * exp((shift.normal() * unseen * log(mostShift)) / 1.645)),
    api,
    peakToMean,
    // `band` bounds 90 % of the model's errors: 1.645 standard deviations of a lognormal.
    throughput: evidence.replicas.map(({ band }) => normal.map(z => exp((z * log(1 + band)) / 1.645))),
    leaseUniform: leaseUniforms(evidence, draws),
    hostedUniform: Float64Array.from({ length: draws }, () => market.uniform()),
    unseenShare: unseen,
    unit: byDay ? 'days' : 'ten-minute blocks',
    blocks,
  }
}

function leaseUniforms(evidence: Evidence, draws: number): Map<string, Float64Array> {
  const uniforms = new Map<string, Float64Array>()
  for (const { gpu } of evidence.replicas) {
    if (uniforms.has(gpu)) continue
    // A stream per GPU, so that trying another GPU shifts no draw of the others.
    const random = stream(evidence.seed, `lease ${gpu}`)
    uniforms.set(
      gpu,
      Float64Array.from({ length: draws }, () => random.uniform()),
    )
  }
  return uniforms
}

/** Row d, column b: how often block b is in draw d. */
function drawCounts(random: Random, draws: number, blocks: number): Uint16Array {
  const counts = new Uint16Array(draws * blocks)
  for (let d = 0; d < draws; d++) for (let i = 0; i < blocks; i++) counts[d * blocks + random.integer(blocks)]! += 1
  return counts
}

function sums(values: ArrayLike<number>, size: number, blocks: number): Float64Array {
  const result = new Float64Array(blocks)
  for (let i = 0; i < blocks * size; i++) result[Math.floor(i / size)]! += values[i]!
  return result
}

function maxima(values: ArrayLike<number>, size: number, blocks: number): Float64Array {
  const result = new Float64Array(blocks)
  for (let i = 0; i < blocks * size; i++) {
    const block = Math.floor(i / size)
    if (values[i]! > result[block]!) result[block] = values[i]!
  }
  return result
}

function dots(counts: Uint16Array, values: Float64Array, draws: number): Float64Array {
  const result = new Float64Array(draws)
  const n = values.length
  for (let d = 0; d < draws; d++) {
    let sum = 0
    const row = d * n
    for (let i = 0; i < n; i++) sum += counts[row + i]! * values[i]!
    result[d] = sum
  }
  return result
}

/** The largest value among the blocks of each draw: down from the largest until one was drawn, which is soon. */
function peaksOf(counts: Uint16Array, values: Float64Array, draws: number): Float64Array {
  const n = values.length
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b)
  const result = new Float64Array(draws)
  for (let d = 0; d < draws; d++) result[d] = values[order.find(i => counts[d * n + i]! > 0) ?? 0] ?? 0
  return result
}

function total(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

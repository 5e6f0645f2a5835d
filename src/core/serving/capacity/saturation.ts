// A sample of requests and an engine → what a replica whose queue never empties serves of them, and what a token costs it.
import { Fault } from '../../fault/fault.ts'
import { stream } from '../../statistics/random.ts'
import { type Engine, infeasibility, laneOf } from '../engine/engine.ts'
import { runFleet } from '../fleet/fleet.ts'
import { type Arrivals, picked } from '../traffic/arrivals.ts'
import { spreadTies } from '../traffic/spread.ts'

const sampleLimit = 2500
/** How much shorter prompts or answers are made to see what a token costs. */
const trim = 0.2

export interface Saturated {
  /** Requests per second. */
  readonly rate: number
  /** Prompts waited for free cache more than now and then. */
  readonly stalled: boolean
}

export interface TokenSeconds {
  readonly secondsPerInputToken: number
  readonly secondsPerOutputToken: number
}

/** The feasible part of the sample: a seeded stretch when long; ties spread; times from 0 at their own pace. */
export function feasibleMix(engine: Engine, asCame: Arrivals, seed: number) {
  const sample = spreadTies(asCame)
  if (sample.n === 0) throw new Fault('SAMPLE_EMPTY', 'a sustainable load needs at least one request in the sample')
  const random = stream(seed, 'sustain')
  const reasons = new Set<string>()
  const kept: number[] = []
  for (let i = 0; i < sample.n; i++) {
    const reason = infeasibility(engine, sample.inputTokens[i]!, sample.outputTokens[i]!)
    if (reason === null) kept.push(i)
    else reasons.add(reason)
  }
  const infeasible = { calls: sample.n - kept.length, reasons: [...reasons].sort() }
  if (kept.length === 0) return { mix: null, infeasible }
  const from = kept.length > sampleLimit ? random.integer(kept.length - sampleLimit + 1) : 0
  const stretch = kept.slice(from, from + sampleLimit)
  const start = sample.atSeconds[stretch[0]!]!
  const atSeconds = Float64Array.from(stretch, i => sample.atSeconds[i]! - start)
  return { mix: picked(sample, stretch, atSeconds), infeasible }
}

/**
 * Requests per second of a replica with everything queued at the start: the middle half of completions, past ramp and drain.
 * One lane is served: the others would do the same with as many requests each.
 */
export function saturate(whole: Engine, mix: Arrivals): Saturated {
  const engine = laneOf(whole)
  const queued = { ...mix, atSeconds: new Float64Array(mix.n) }
  const { progress, replicas } = runFleet(queued, { engine, replicas: 1 })
  const ends = progress.finishedAt.slice().sort()
  const from = Math.floor(mix.n / 4)
  const to = Math.floor((3 * mix.n) / 4)
  const span = ends[to]! - ends[from]!
  const { cacheStalls, nowSeconds } = replicas[0]!.state()
  const steady = span > 0 ? (to - from) / span : 0
  // A sample that one batch swallows has no middle: the whole run then bounds the rate.
  const rate = steady > 0 ? Math.min(steady, (2 * mix.n) / nowSeconds) : mix.n / nowSeconds
  return { rate: rate * whole.lanes, stalled: cacheStalls > mix.n / 20 }
}

/**
 * Tokens, prompt and answer, that a second of one GPU serves of this traffic with a queue that never empties; null where
 * nothing of it fits.
 */
export function saturatedTokensPerGpuSecond(engine: Engine, arrivals: Arrivals): number | null {
  if (arrivals.n === 0) return null
  // Every k-th request, for a stretch may be of one kind; few are repeated, for a queue that one batch takes in tells little.
  const every = Math.max(1, Math.floor(arrivals.n / sampleLimit))
  const each = Math.ceil(arrivals.n / every)
  const picks = Int32Array.from({ length: sampleLimit }, (_, i) => (i % each) * every)
  const copies = Int32Array.from({ length: sampleLimit }, (_, i) => Math.floor(i / each))
  // In order of time, all at once.
  const sample = picked(arrivals, picks, new Float64Array(sampleLimit), copies)
  const { mix } = feasibleMix(engine, sample, 1)
  if (mix === null) return null
  const { rate } = saturate(engine, mix)
  return (rate * (meanOf(mix.inputTokens) + meanOf(mix.outputTokens))) / engine.gpus
}

/** What keeps a saturated replica from serving more. */
export function saturatedBy(mix: Arrivals, { stalled }: Saturated, cost: TokenSeconds): string {
  if (stalled) return 'KV cache'
  const prefill = cost.secondsPerInputToken * meanOf(mix.inputTokens)
  return prefill > cost.secondsPerOutputToken * meanOf(mix.outputTokens) ? 'prefill compute' : 'decode bandwidth'
}

/**
 * What a saturated replica saves when prompts, or answers, are a fifth shorter: the price of a token of each kind in
 * seconds of a replica that carries `sustained` requests per second.
 */
export function tokenSeconds(engine: Engine, mix: Arrivals, rate: number, sustained: number): TokenSeconds {
  const shorter = (values: Int32Array): Int32Array => values.map(tokens => Math.max(1, Math.round(tokens * (1 - trim))))
  const saved = (kind: 'inputTokens' | 'outputTokens'): number => {
    const trimmed = shorter(mix[kind])
    const tokens = meanOf(mix[kind]) - meanOf(trimmed)
    if (tokens <= 0) return 0
    return Math.max(0, 1 / rate - 1 / saturate(engine, { ...mix, [kind]: trimmed }).rate) / tokens
  }
  const input = saved('inputTokens')
  const output = saved('outputTokens')
  const perRequest = input * meanOf(mix.inputTokens) + output * meanOf(mix.outputTokens)
  const even = 1 / (sustained * (meanOf(mix.inputTokens) + meanOf(mix.outputTokens)))
  if (perRequest <= 0) return { secondsPerInputToken: even, secondsPerOutputToken: even }
  const scale = 1 / (sustained * perRequest)
  return { secondsPerInputToken: input * scale, secondsPerOutputToken: output * scale }
}

export function meanOf(values: Int32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return values.length === 0 ? 0 : sum / values.length
}

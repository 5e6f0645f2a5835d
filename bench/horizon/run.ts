// `npm run bench:horizon`: days read off a capacity curve, against every request of the same days replayed.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { gpuById, modelById } from '../../src/catalog/facts.ts'
import { fleetCurve } from '../../src/core/serving/capacity/fleet-curve.ts'
import { horizonOf } from '../../src/core/serving/capacity/horizon.ts'
import { smallestFleet } from '../../src/core/serving/capacity/search.ts'
import type { Objective } from '../../src/core/serving/capacity/sustain.ts'
import type { Engine } from '../../src/core/serving/engine/engine.ts'
import { buildEngine } from '../../src/core/serving/engine/engine.ts'
import { simulate } from '../../src/core/serving/fleet/simulate.ts'
import type { Arrivals } from '../../src/core/serving/traffic/arrivals.ts'
import { lateAllowed, windowsMet } from '../../src/core/serving/traffic/windows.ts'
import { drawRateCurve } from '../../src/core/statistics/arrivals-draw.ts'
import type { Figure } from '../measure.ts'
import { keepFigures, printFigures } from '../results.ts'

interface Case {
  readonly file: string
  /** From the beginning of the file. */
  readonly days: number
  readonly model: string
  readonly tp: number
  readonly input: number
  readonly output: number
  readonly ttftMs: number
  readonly tpotMs: number
  /** Requests a second on average, once scaled down. */
  readonly mean: number
  /** Variation of gaps: of the curve, and of the arrivals that are replayed. */
  readonly cv: number
  readonly trueCv: number
}

const chat = { model: 'llama-3.1-70b', tp: 4, input: 1000, output: 200, ttftMs: 1000, tpotMs: 50, cv: 1, trueCv: 1 }
const long = { model: 'gpt-oss-120b', tp: 1, input: 3000, output: 800, ttftMs: 2000, tpotMs: 25, cv: 1, trueCv: 1 }
const cases: readonly Case[] = [
  { ...chat, file: 'deepseek-r1', days: 1, mean: 25 },
  { ...chat, file: 'm-mid', days: 3, mean: 12 },
  { ...long, file: 'm-large', days: 14, mean: 4 },
  { ...chat, file: 'm-large', days: 1, mean: 12, cv: 2, trueCv: 2 },
  { ...chat, file: 'm-large', days: 1, mean: 12, trueCv: 2 },
]

const words = process.argv.slice(2)
const gpu = gpuById('h100-sxm-80gb')
const windowSeconds = 600

function ratesOf({ file, days }: Case): number[] {
  const path = new URL(`../../data/traces/servegen-${file}-rate-10min.csv.gz`, import.meta.url)
  const [, ...lines] = gunzipSync(readFileSync(path)).toString().trim().split('\n')
  const rates = lines.map(line => Number(line.split(',')[1]))
  return rates.slice(0, (words.includes('--quick') ? 1 : days) * 144)
}

/** Both lengths uniform in half to the whole of the stated, drawn apart, as the curve's own. */
function lengthsOf({ input, output }: Case) {
  const inputTokens: number[] = []
  const outputTokens: number[] = []
  for (let i = 0; i < 40; i++) {
    for (let k = 0; k < 40; k++) {
      inputTokens.push(Math.round(input * (0.5 + i / 78)))
      outputTokens.push(Math.round(output * (0.5 + k / 78)))
    }
  }
  return { inputTokens, outputTokens }
}

/** By replay of each window after the one before it, the fewest replicas of which at most 5 % of its requests are late. */
function neededBy(arrivals: Arrivals, engine: Engine, objective: Objective, read: readonly number[]): number[] {
  const { atSeconds } = arrivals
  let from = 0
  let start = 0
  return read.map((guess, window) => {
    const before = from
    for (start = from; start < arrivals.n && atSeconds[start]! < window * windowSeconds; ) start++
    let end = start
    while (end < arrivals.n && atSeconds[end]! < (window + 1) * windowSeconds) end++
    from = start
    if (end === start) return 1
    const origin = Math.max(0, window - 1) * windowSeconds
    const cut = {
      n: end - before,
      atSeconds: atSeconds.slice(before, end).map(at => at - origin),
      inputTokens: arrivals.inputTokens.slice(before, end),
      outputTokens: arrivals.outputTokens.slice(before, end),
    }
    const meets = (replicas: number): boolean => {
      const fleet = { engine, replicas, router: 'least-loaded' } as const
      const { requests, late } = simulate(cut, fleet, { objective, windowSeconds }).late.at(-1)!
      return late <= lateAllowed * requests
    }
    return smallestFleet(guess, 64, meets) ?? 64
  })
}

function figuresOf(one: Case): Figure[] {
  const { file, model, tp, input, output, ttftMs, tpotMs, cv, trueCv } = one
  const raw = ratesOf(one)
  const scale = one.mean / (raw.reduce((sum, rate) => sum + rate, 0) / raw.length)
  const scaled = raw.map(rate => rate * scale)
  const shape = { gpu, model: modelById(model), tp }
  const traffic = { inputTokens: input, outputTokens: output, lengthRangeRatio: 0.5, cv }
  const began = performance.now()
  const limits = { ttftMs, tpotMs, statistic: 'p95' } as const
  const { curve } = fleetCurve({ shape, traffic, limits, seed: 1 }, Math.max(...scaled))
  const read = horizonOf({ windowSeconds, requestsPerSecond: scaled }, curve!)
  const readSeconds = (performance.now() - began) / 1000
  const rates = raw.map((rate, i) => ({ startSecond: i * windowSeconds, requestsPerSecond: rate, cv: trueCv }))
  const arrivals = drawRateCurve(rates, lengthsOf(one), 1, 'horizon', { scale })
  const engine = buildEngine(shape)
  const needed = read.windows.map(({ replicas }) => replicas)
  const { min, max } = read.followed.replicas
  const scaling = {
    signal: 'schedule',
    target: 1,
    schedule: read.windows.map(({ fromSeconds, replicas }) => ({ fromSeconds, replicas })),
    minReplicas: min,
    maxReplicas: max,
    coldStartSeconds: 0,
    intervalSeconds: windowSeconds,
  } as const
  const objective = { ttftP95Ms: ttftMs, tpotP95Ms: tpotMs }
  const replayed = performance.now()
  const options = { objective, windowSeconds }
  const outcomes = {
    followed: simulate(arrivals, { engine, replicas: 1, router: 'least-loaded', scaling }, options),
    fixed: simulate(arrivals, { engine, replicas: max, router: 'least-loaded' }, options),
  }
  const replaySeconds = (performance.now() - replayed) / 2000
  const count = arrivals.n.toLocaleString('en-US')
  const name = `${file}, ${raw.length / 144} days, ${model}, ${input}/${output}, ${count} requests, variation ${trueCv}${trueCv === cv ? '' : ` read as ${cv}`}`
  const hours = (replicas: number[]) =>
    (replicas.reduce((sum, n) => sum + n, 0) * windowSeconds * curve!.gpusPerReplica) / 3600
  const row = (what: string, measured: string, against: string, value: number, unit: string): Figure => {
    return {
      name: `${name}: ${what}`,
      measured: `${measured} read`,
      against: `${against} replayed`,
      value,
      unit,
      target: null,
    }
  }
  const by = neededBy(arrivals, engine, objective, needed)
  const percent = (x: number) => `${(100 * x).toFixed(2)} %`
  const apart = (a: number, b: number) => (100 * (a - b)) / b
  const [readHours, neededHours] = [hours(needed), hours(by)]
  const late = (fleet: 'followed' | 'fixed') => {
    const met = windowsMet(outcomes[fleet].late, windowSeconds)
    const what = `${fleet}, late requests (windows that kept the objective: ${percent(met.share!)})`
    const { lateShare } = read[fleet]
    return row(what, percent(lateShare), percent(met.lateShare!), 100 * (lateShare - met.lateShare!), 'points apart')
  }
  const { fixed } = read
  const off = needed.filter((n, i) => Math.abs(n - by[i]!) > 1).length
  return [
    row(
      'GPU-hours that the windows need',
      readHours.toFixed(0),
      neededHours.toFixed(0),
      apart(readHours, neededHours),
      '% apart',
    ),
    row('windows off by more than a replica', '', `${off} of ${needed.length}`, (100 * off) / needed.length, '%'),
    row(
      'fixed, GPU-hours busy',
      (fixed.busyGpuSeconds / 3600).toFixed(0),
      (outcomes.fixed.busyGpuSeconds / 3600).toFixed(0),
      apart(fixed.busyGpuSeconds, outcomes.fixed.busyGpuSeconds),
      '% apart',
    ),
    late('followed'),
    late('fixed'),
    row(
      'time',
      `${readSeconds.toFixed(1)} s`,
      `${replaySeconds.toFixed(1)} s`,
      replaySeconds / readSeconds,
      'times as fast',
    ),
  ]
}

const figures: Figure[] = []
for (const one of cases) {
  process.stderr.write(`horizon ${one.file} …\n`)
  figures.push(...figuresOf(one))
}
printFigures(figures)
if (words.includes('--write'))
  keepFigures('Days read off a capacity curve', 'npm run bench:horizon -- --write', figures)

// data/serving/open-loop.jsonl.gz → predicted against measured at offered rates: effective $/Mtok, the load within an objective, TTFT tails.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { conditionFor } from '../../src/ask/prediction.ts'
import { questionOf } from '../../src/cli/predict-batch.ts'
import { conditionProblem, predict } from '../../src/core/serving/predict/predict.ts'
import { groupedBy } from '../../src/core/statistics/grouped.ts'
import { quantileOf } from './accuracy-text.ts'

// biome-ignore lint/suspicious/noExplicitAny: a published table, read field by field
type Raw = any

/** The cost-meter files do not tell how many prompts a run had; about 500 follows from their rates and throughputs. */
const usualRequests = 500

interface Run {
  readonly config: string
  readonly rate: number
  /** Predicted ÷ measured: of $ per output token this is the inverse of throughput's. */
  readonly usd: number
  readonly ttftP99: { readonly predicted: number; readonly measured: number } | null
  /** Completed at what was asked for. */
  readonly kept: boolean
  /** The kind of card was inferred from its power and price. */
  readonly inferred: boolean
  readonly engine: string
}

function runsOf(): readonly Run[] {
  const url = new URL('../../data/serving/open-loop.jsonl.gz', import.meta.url)
  const lines = gunzipSync(readFileSync(url)).toString('utf8').trim().split('\n')
  return lines.flatMap(line => {
    const raw: Raw = JSON.parse(line)
    // Disaggregated runs are another fleet, and 1,000 a second means all at once.
    if (raw.quality !== 'measured' || raw.prefillWorkers || raw.offeredRequestRate >= 1000) return []
    if (raw.inputTokens === undefined || raw.outputTokensPerSec === undefined) return []
    const condition = conditionFor(questionOf({ loadMode: 'open', numRequests: usualRequests, ...raw }, 1))
    if (conditionProblem(condition) !== null) return []
    const predicted = predict(condition, 1)
    return [
      {
        config: raw.config,
        rate: raw.offeredRequestRate,
        usd: raw.outputTokensPerSec / predicted.outputTokensPerSecond,
        ttftP99: raw.ttftP99Ms === undefined ? null : { predicted: predicted.ttftMs.p99!, measured: raw.ttftP99Ms },
        kept: raw.requestsPerSec >= 0.9 * raw.offeredRequestRate,
        inferred: raw.gpuInferred === true,
        engine: raw.engine,
      },
    ]
  })
}

/** The highest rate at which the TTFT p99 of runs, ascending by rate, is within `objectiveMs`, by interpolation in logs; null: none or all are. */
function crossing(points: readonly (readonly [rate: number, ttftMs: number])[], objectiveMs: number): number | null {
  // From above: a first run that warmed a server up is no limit.
  for (let i = points.length - 1; i > 0; i--) {
    const [[r0, t0], [r1, t1]] = [points[i - 1]!, points[i]!]
    if (t0 <= objectiveMs && t1 > objectiveMs) {
      const share = Math.log(objectiveMs / t0) / Math.log(t1 / t0)
      return Math.exp(Math.log(r0) + share * Math.log(r1 / r0))
    }
  }
  return null
}

export function openLoopText(): string {
  const runs = runsOf()
  const errors = (of: readonly Run[]) => of.map(({ usd }) => Math.abs(usd - 1))
  const pair = (values: readonly number[]) =>
    `${(100 * quantileOf(values, 0.5)).toFixed(1)} / ${(100 * quantileOf(values, 0.9)).toFixed(0)}`
  const groups = groupedBy(runs, ({ config }) => config)
  const loads: { readonly error: number; readonly plain: boolean }[] = []
  const tails: number[] = []
  for (const own of groups.values()) {
    const ordered = own.filter(({ ttftP99 }) => ttftP99 !== null).sort((a, b) => a.rate - b.rate)
    if (ordered.length < 3) continue
    const measured = ordered.map(({ rate, ttftP99 }) => [rate, ttftP99!.measured] as const)
    const predicted = ordered.map(({ rate, ttftP99 }) => [rate, ttftP99!.predicted] as const)
    const [least, most] = [measured[0]![1], measured.at(-1)![1]]
    const objective = Math.sqrt(least * most)
    const truth = crossing(measured, objective)
    const guess = crossing(predicted, objective)
    // Where first tokens hardly wait longer at the highest rate than at the lowest, no load was found to be too much.
    if (truth !== null && most >= 10 * least) {
      loads.push({ error: guess === null ? 1 : Math.abs(guess / truth - 1), plain: isPlain(own[0]!) })
    }
    const top = Math.max(...ordered.filter(({ kept }) => kept).map(({ rate }) => rate))
    for (const run of ordered) if (run.rate <= 0.8 * top) tails.push(run.ttftP99!.predicted / run.ttftP99!.measured)
  }
  const within = tails.filter(ratio => ratio <= 2 && ratio >= 0.5).length / tails.length
  const plain = runs.filter(isPlain)
  const row = (name: string, values: readonly number[], target: string) =>
    `| ${name} | ${values.length} | ${pair(values)} | ${target} |`
  return `
## Runs driven by a rate

${runs.length} runs of data/serving/open-loop.jsonl.gz, none of which the constants were fitted to (Poisson, Gamma and even arrivals). Median / 90th percentile of the error, percent.

| figure | runs | error | target |
| --- | ---: | ---: | --- |
${row('effective $ per Mtok of output at a stated price of the GPU-hour', errors(runs), '10 / 25')}
${row('the same, vLLM of 2025 on cards whose kind is told', errors(plain), '')}
${row(
  'highest rate within a TTFT p99 objective (geometric middle of the lowest and highest measured)',
  loads.map(one => one.error),
  '15 / 30',
)}
${row(
  'the same, vLLM of 2025 on cards whose kind is told',
  loads.filter(one => one.plain).map(one => one.error),
  '',
)}
| TTFT p99 within a factor of 2, below 80 % of the highest rate kept | ${tails.length} | ${(100 * within).toFixed(0)} % of runs | all |

What the rest are: SGLang runs two to four times slower than vLLM on the same card (flags not told), vLLM 0.6 with multi-step scheduling,
and cards that are H100 NVL by their power and price, which serve 25 to 30 % less at saturation than their datasheet lets one expect.
`
}

/** A current vLLM on a card whose kind is told. */
const isPlain = ({ engine, inferred, config }: Run): boolean =>
  engine === 'vllm' && !inferred && !config.startsWith('dstack')

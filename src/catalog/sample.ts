// Licensed traces in; the bundled sample out: fourteen days of one invented team's calls with real arrivals and lengths.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  type DrawnRequests,
  drawClients,
  drawRateCurve,
  type LengthPairs,
  type RateWindow,
} from '../core/statistics/arrivals-draw.ts'
import { dataRoot } from './data-root.ts'

/** A call of the sample. Names and calendar are assigned; `input` and `output` are those of one real request. */
export interface SampleRow {
  /** Microseconds since 1970, UTC. */
  readonly atMicros: number
  readonly provider: string
  readonly model: string
  readonly feature: string
  readonly environment: string
  readonly team: string
  /** The whole prompt, as if nothing were cached: the traces do not say. */
  readonly input: number
  readonly output: number
}

/** What is assigned to a stream of calls. */
export type SampleFeature = Pick<SampleRow, 'provider' | 'model' | 'feature' | 'environment' | 'team'>

/** The calls as columns in time order; `feature[i]` is an index into `features`. */
export interface Sample {
  readonly n: number
  readonly atMicros: Float64Array
  readonly feature: Uint8Array
  readonly input: Int32Array
  readonly output: Int32Array
  readonly features: readonly SampleFeature[]
  /** Lines that must stand wherever the sample is shown: sources, licences, and what is assigned. */
  readonly attribution: readonly string[]
}

/** Monday. The trace's own start has no name, so its calendar is assigned. */
export const sampleStartMicros: number = Date.UTC(2026, 10, 2) * 1000

export const sampleDays = 14

export const sampleAttribution: readonly string[] = [
  'Sample, not your traffic: model, feature and team names, the calendar and the scale are assigned; no caching is assumed.',
  'Arrivals: 14-day rate curve of a production pool of large models, Alibaba ServeGen (Apache-2.0), scaled down to one team.',
  'Lengths of code-completion: Azure LLM inference trace 2023, code (CC-BY 4.0; Patel et al., Splitwise, ISCA 2024).',
  'Lengths of report-writer: DeepSeek-R1 clients of the same ServeGen release (Apache-2.0).',
  'Lengths of research-agent: Mooncake conversation trace (Apache-2.0; Qin et al., FAST 2025).',
]

interface Plan extends SampleFeature {
  /** Expected calls in the fourteen days: the size of a team, chosen; the draw decides the exact number. */
  readonly calls: number
  readonly lengths: 'azure-code' | 'mooncake-conversation' | 'deepseek-r1'
}

const togetherQwen = { provider: 'together', model: 'Qwen/Qwen3-Next-80B-A3B-Instruct', environment: 'production' }

const plans: readonly Plan[] = [
  { ...togetherQwen, feature: 'report-writer', team: 'analytics', calls: 600_000, lengths: 'deepseek-r1' },
  { ...togetherQwen, feature: 'code-completion', team: 'engineering', calls: 100_000, lengths: 'azure-code' },
  {
    provider: 'anthropic',
    model: 'claude-sonnet-5',
    environment: 'production',
    feature: 'research-agent',
    team: 'research',
    calls: 12_000,
    lengths: 'mooncake-conversation',
  },
]

/** Draws the sample: the same calls for the same seed. About 712,000 of them, in about a second. */
export function drawSample(seed = 1): Sample {
  const curve = readRateCurve('servegen-m-large-rate-10min.csv.gz')
  const expected = curve.reduce((sum, window) => sum + window.requestsPerSecond * 600, 0)
  const lengths = {
    'azure-code': readAzureLengths(),
    'mooncake-conversation': readMooncakeLengths(),
    'deepseek-r1': drawReasoningLengths(seed),
  }
  const streams = plans.map(plan =>
    drawRateCurve(curve, lengths[plan.lengths], seed, `sample ${plan.feature}`, { scale: plan.calls / expected }),
  )
  return {
    ...merge(streams),
    features: plans.map(({ calls: _calls, lengths: _lengths, ...feature }) => feature),
    attribution: sampleAttribution,
  }
}

/** The sample call by call. */
export function* sampleRows(sample: Sample): Generator<SampleRow> {
  for (let i = 0; i < sample.n; i++) {
    yield {
      atMicros: sample.atMicros[i]!,
      ...sample.features[sample.feature[i]!]!,
      input: sample.input[i]!,
      output: sample.output[i]!,
    }
  }
}

/** Streams of requests, each in time order, as one; equal instants keep the order of the streams. */
function merge(streams: readonly DrawnRequests[]): Omit<Sample, 'features' | 'attribution'> {
  const n = streams.reduce((sum, requests) => sum + requests.n, 0)
  const merged = {
    n,
    atMicros: new Float64Array(n),
    feature: new Uint8Array(n),
    input: new Int32Array(n),
    output: new Int32Array(n),
  }
  const heads = streams.map(() => 0)
  for (let i = 0; i < n; i++) {
    let next = -1
    let nextAt = Number.POSITIVE_INFINITY
    for (let s = 0; s < streams.length; s++) {
      const at = streams[s]!.atSeconds[heads[s]!]
      if (at !== undefined && at < nextAt) {
        next = s
        nextAt = at
      }
    }
    const requests = streams[next]!
    const k = heads[next]!
    merged.atMicros[i] = sampleStartMicros + Math.round(nextAt * 1e6)
    merged.feature[i] = next
    merged.input[i] = requests.inputTokens[k]!
    merged.output[i] = requests.outputTokens[k]!
    heads[next] = k + 1
  }
  return merged
}

function traceLines(name: string): string[] {
  const text = gunzipSync(readFileSync(join(dataRoot(), 'traces', name))).toString('utf8')
  return text.split('\n').filter(line => line.trim() !== '')
}

/** Rates of a bundled ServeGen pool, ten minutes a window. */
export function readRateCurve(name: string): RateWindow[] {
  return traceLines(name)
    .slice(1)
    .map(line => {
      const [startSecond, requestsPerSecond, cv] = line.split(',').map(Number)
      return { startSecond: startSecond!, requestsPerSecond: requestsPerSecond!, cv: cv! }
    })
}

/** Requests of the Azure code trace, prompt and answer as they came together. */
export function readAzureLengths(): LengthPairs {
  const rows = traceLines('azure-llm-2023-code.csv.gz')
    .slice(1)
    .map(line => line.split(',').map(Number))
  return { inputTokens: rows.map(row => row[1]!), outputTokens: rows.map(row => row[2]!) }
}

/** The same of the Mooncake conversation trace. */
export function readMooncakeLengths(): LengthPairs {
  const rows = traceLines('mooncake-conversation.jsonl.gz').map(
    line => JSON.parse(line) as { input_length: number; output_length: number },
  )
  return { inputTokens: rows.map(row => row.input_length), outputTokens: rows.map(row => row.output_length) }
}

interface ClientLine {
  readonly client: number
  readonly lengths: Readonly<Record<string, Readonly<Record<'input_tokens' | 'output_tokens', Record<string, number>>>>>
  readonly windows: readonly (readonly [number, number, number, 'Gamma' | 'Weibull', number, number])[]
}

/** Requests of the reasoning pool between 10 and 12 o'clock of its day, for their lengths alone. */
export function drawReasoningLengths(seed: number): LengthPairs {
  const distribution = (counts: Record<string, number>) => ({
    values: Object.keys(counts).map(Number),
    weights: Object.values(counts),
  })
  const profiles = traceLines('servegen-deepseek-r1-clients.jsonl.gz').map(line => {
    const { client, windows, lengths } = JSON.parse(line) as ClientLine
    return {
      client,
      windows: windows.map(([startSecond, requestsPerSecond, , family, shape, scale]) => ({
        startSecond,
        requestsPerSecond,
        family,
        shape,
        scale,
      })),
      lengths: Object.entries(lengths)
        .map(([start, of]) => ({
          startSecond: Number(start),
          inputTokens: distribution(of.input_tokens),
          outputTokens: distribution(of.output_tokens),
        }))
        .sort((a, b) => a.startSecond - b.startSecond),
    }
  })
  return drawClients(profiles, seed, { fromSecond: 36_000, toSecond: 43_200 })
}

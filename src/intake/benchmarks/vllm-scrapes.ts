// vLLM's metrics of a server at work, scraped twice or more often, in; what it served between scrapes as load points, out.
import type { Reject } from '../../core/meter/load.ts'
import { nothingSaid } from '../../core/serving/calibration/load-point.ts'
import { groupedBy } from '../../core/statistics/grouped.ts'
import type { Sample } from '../exposition.ts'
import { metricSums } from '../metric-sums.ts'
import { enginesOf, samplesOfExposition, samplesOfPrometheus } from '../vllm-metrics.ts'
import { type BenchmarkReader, type MeasuredPoint, pointOf } from './reader.ts'

/** Scrapes come every few seconds: stretches are put together until so many requests ended in them. */
const fewestRequests = 30

export const vllmScrapes: BenchmarkReader = {
  name: 'vllm-metrics',
  title: 'scraped vLLM metrics',
  matches: ({ parsed }) => parsed.kind === 'metrics',
  read({ name, text, parsed }) {
    const isExposition = parsed.kind === 'metrics' && parsed.form === 'exposition'
    const { samples, rejects: bad } = isExposition
      ? samplesOfExposition(text, {})
      : { samples: [samplesOfPrometheus(text, name)], rejects: [] as Reject[] }
    const moments = samples
      .flatMap(of => enginesOf(of, name, {}))
      .filter(({ samples }) => samples[0]!.family === 'vllm')
    const points: MeasuredPoint[] = []
    const rejects: Reject[] = [...bad]
    const engines = groupedBy(moments, ({ server, engine, model }) => JSON.stringify([server, engine, model]))
    for (const series of engines.values()) {
      const { model } = series[0]!
      const told = [...series].sort((a, b) => a.atMicros - b.atMicros).map(at => countsOf(at.atMicros, at.samples))
      let from = 0
      for (let to = 1; to < told.length; to++) {
        const [before, now] = [told[from]!, told[to]!]
        if (!isLater(told[to - 1]!, now)) {
          from = to
          rejects.push({
            line: null,
            reason: 'the server was started anew between two scrapes',
            raw: instant(now.atMicros),
          })
        } else if (now.finished - before.finished >= fewestRequests || to === told.length - 1) {
          from = to
          const point = pointBetween(before, now, name)
          if (typeof point !== 'string') points.push({ ...point, server: { ...nothingSaid, model, engine: 'vllm' } })
          else
            rejects.push({ line: null, reason: point, raw: `${instant(before.atMicros)} … ${instant(now.atMicros)}` })
        }
      }
      if (told.length === 1)
        rejects.push({ line: null, reason: 'one scrape alone says nothing of a stretch of time', raw: name })
    }
    return {
      points,
      rejects,
      notes: [
        `stretches of at least ${fewestRequests} ended requests; latencies are means over each, prompts count without what the prefix cache held`,
      ],
    }
  },
}

const instant = (micros: number): string => new Date(micros / 1000).toISOString()

interface Counts {
  readonly atMicros: number
  readonly finished: number
  readonly prompt: Sums
  readonly generated: Sums
  readonly ttft: Sums
  readonly tpot: Sums
  readonly hitTokens: number
  readonly queriedTokens: number
}

/** A histogram's `_sum` and `_count`. */
interface Sums {
  readonly sum: number
  readonly count: number
}

function countsOf(atMicros: number, samples: readonly Sample[]): Counts {
  const { sum, counter } = metricSums(samples)
  const sums = (...names: string[]): Sums => ({
    sum: sum(...names.map(name => `${name}_sum`)) ?? 0,
    count: sum(...names.map(name => `${name}_count`)) ?? 0,
  })
  const finished = counter('request_success') ?? 0
  const ofEnded = (histogram: string, total: string): Sums => {
    const told = sums(histogram)
    return told.count > 0 ? told : { sum: counter(total) ?? 0, count: finished }
  }
  return {
    atMicros,
    finished,
    // The tokens of requests that ended; the counters also have those of requests still running.
    prompt: ofEnded('request_prompt_tokens', 'prompt_tokens'),
    generated: ofEnded('request_generation_tokens', 'generation_tokens'),
    ttft: sums('time_to_first_token_seconds'),
    // One observation a request where the engine has it; the gap between tokens, one a token, weighs long answers more.
    tpot: sums('request_time_per_output_token_seconds', 'inter_token_latency_seconds', 'time_per_output_token_seconds'),
    hitTokens: counter('prefix_cache_hits', 'gpu_prefix_cache_hits') ?? 0,
    queriedTokens: counter('prefix_cache_queries', 'gpu_prefix_cache_queries') ?? 0,
  }
}

const isLater = (before: Counts, now: Counts): boolean =>
  now.finished >= before.finished && now.prompt.count >= before.prompt.count && now.ttft.count >= before.ttft.count

/** What the prefix cache holds is not computed: prompts count without it. Beyond this share the context that decoding reads is another. */
const mostHits = 0.5

function pointBetween(before: Counts, now: Counts, name: string) {
  const seconds = (now.atMicros - before.atMicros) / 1e6
  const finished = now.finished - before.finished
  if (!(finished > 0)) return 'no request ended between these scrapes'
  const mean = (of: 'prompt' | 'generated' | 'ttft' | 'tpot'): number | null => {
    const count = now[of].count - before[of].count
    return count > 0 ? (now[of].sum - before[of].sum) / count : null
  }
  const hits = (now.hitTokens - before.hitTokens) / Math.max(1, now.queriedTokens - before.queriedTokens)
  if (hits > mostHits) return `${Math.round(hits * 100)} % of the prompts came from the prefix cache`
  const generated = mean('generated')
  const latency = (of: 'ttft' | 'tpot') => {
    const value = mean(of)
    return { mean: value === null ? null : value * 1000, p50: null, p95: null, p99: null }
  }
  return pointOf({
    source: `${name}, ${instant(before.atMicros)} … ${instant(now.atMicros)}`,
    concurrency: null,
    offeredPerSecond: finished / seconds,
    inputTokens: (mean('prompt') ?? 0) * (1 - hits),
    outputTokens: generated ?? 0,
    lengthRatio: 1,
    requests: finished,
    outputTokensPerSecond: generated === null ? null : (finished * generated) / seconds,
    ttftMs: latency('ttft'),
    tpotMs: latency('tpot'),
  })
}

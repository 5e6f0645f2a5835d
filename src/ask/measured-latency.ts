// Calls with the times that their records tell in; the 95th percentiles that today's option delivered out.
import type { Evidence } from '../core/decide/evidence.ts'
import { estimate } from '../core/statistics/estimate.ts'
import { quantile, sorted } from '../core/statistics/sample.ts'
import type { CallTimes } from './busiest.ts'

/** Fewer calls than this say little about a 95th percentile. */
const fewest = 100

export type Measured = NonNullable<Evidence['objective']['measured']>

/**
 * Time to the first token, and time per token after it = (whole time − first token) ÷ (tokens − 1), each over the calls
 * that know it; null under 100 of them. An answer that came in one piece has no first token: it tells neither.
 */
export function measuredLatency({ n, outputTokens, ttftMs, latencyMs }: CallTimes): Measured {
  if (ttftMs === undefined || latencyMs === undefined) return { ttft: null, tpot: null }
  const first = new Float64Array(n)
  const pace = new Float64Array(n)
  let firsts = 0
  let paces = 0
  for (let i = 0; i < n; i++) {
    const ttft = ttftMs[i]!
    const whole = latencyMs[i]!
    const output = outputTokens[i]!
    if (!(ttft > 0) || (output > 1 && whole <= ttft)) continue
    first[firsts++] = ttft
    if (output > 1 && whole > ttft) pace[paces++] = (whole - ttft) / (output - 1)
  }
  const p95 = (values: Float64Array) =>
    values.length < fewest ? null : { calls: values.length, p95Ms: estimate(quantile(sorted(values), 0.95)!) }
  return { ttft: p95(first.subarray(0, firsts)), tpot: p95(pace.subarray(0, paces)) }
}

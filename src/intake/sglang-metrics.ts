// Samples of an SGLang server at one moment in; what it said of itself out.
// https://docs.sglang.io/references/production_metrics.html, python/sglang/srt/observability/metrics_collector.py
import { groupedBy } from '../core/statistics/grouped.ts'
import type { Sample } from './exposition.ts'
import { metricSums, told } from './metric-sums.ts'
import type { EngineSaid } from './vllm-metrics.ts'

/** Names without their prefix. Requests are counted where they end, whatever their end; a retracted one is preempted. */
export function saidBySglang(samples: readonly Sample[]): EngineSaid {
  const { counter, series, histogram } = metricSums(samples)
  const ofSchedulers = (name: string) => schedulers(series(name))
  const sum = (values: readonly number[]) => (values.length === 0 ? null : told(values.reduce((a, b) => a + b, 0)))
  const usage = ofSchedulers('token_usage')
  const promptTokens = counter('prompt_tokens')
  const prefixHitTokens = counter('cached_tokens')
  return {
    promptTokens,
    generationTokens: counter('generation_tokens'),
    // Every prompt is looked up; the counter of hits begins with the first of them.
    prefixQueriedTokens: prefixHitTokens === null ? null : promptTokens,
    prefixHitTokens,
    preemptions: sum(ofSchedulers('num_retracted_requests_total')),
    finishedRequests: counter('num_requests'),
    running: sum(ofSchedulers('num_running_reqs')),
    waiting: sum(ofSchedulers('num_queue_reqs')),
    kvCacheShare: usage.length === 0 ? null : told(usage.reduce((a, b) => a + b, 0) / usage.length),
    ttftSeconds: histogram('time_to_first_token_seconds'),
    tpotSeconds: histogram('inter_token_latency_seconds', 'time_per_output_token_seconds'),
  }
}

/**
 * One value for each scheduler: the ranks of one (tensor, pipeline, expert) tell of the same requests, those of several
 * (data parallel) of their own. Where requests have priorities, the series without one is of all.
 */
function schedulers(samples: readonly Sample[]): number[] {
  const all = samples.filter(({ labels }) => (labels.priority ?? '') === '')
  const ranks = groupedBy(all, ({ labels }) => labels.dp_rank ?? '')
  return [...ranks.values()].map(same => same.reduce((most, { value }) => Math.max(most, value), -Infinity))
}

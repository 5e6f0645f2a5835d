// A replayed fleet in; what it did in each hour of the clock, out: requests, time busy, latency.
import { quantile, sorted } from '../../statistics/sample.ts'
import type { FleetRun } from './fleet.ts'

export interface HourOfFleet {
  /** Requests that came in it. */
  readonly requests: number
  /** GPU-seconds that steps ran, all replicas. */
  readonly busyGpuSeconds: number
  /** Of the requests that came in it and were served; null without one. */
  readonly ttftMs: HourLatency | null
  readonly tpotMs: HourLatency | null
}

export interface HourLatency {
  readonly p50: number
  readonly p95: number
}

/**
 * Hours from `startSeconds` of the run on, which may lie before its first arrival. The run must have been charged
 * (`charges`): a request's GPU-seconds are spread evenly over the time from its arrival to its last token.
 */
export function byHour({ progress }: FleetRun, startSeconds: number, hours: number): readonly HourOfFleet[] {
  const { n, atSeconds, firstTokenAt, finishedAt, outputTokens, charges } = progress
  const requests = new Float64Array(hours)
  const busy = new Float64Array(hours)
  const ttft: number[][] = Array.from({ length: hours }, () => [])
  const tpot: number[][] = Array.from({ length: hours }, () => [])
  const hourOf = (seconds: number): number =>
    Math.max(0, Math.min(hours - 1, Math.floor((seconds - startSeconds) / 3600)))
  for (let id = 0; id < n; id++) {
    const came = hourOf(atSeconds[id]!)
    requests[came]!++
    const end = finishedAt[id]!
    if (Number.isNaN(end)) continue
    ttft[came]!.push((firstTokenAt[id]! - atSeconds[id]!) * 1000)
    if (outputTokens[id]! > 1) tpot[came]!.push(((end - firstTokenAt[id]!) * 1000) / (outputTokens[id]! - 1))
    const charged = charges === null ? 0 : charges.prefillGpuSeconds[id]! + charges.decodeGpuSeconds[id]!
    const span = end - atSeconds[id]!
    for (let hour = came; hour <= hourOf(end); hour++) {
      const from = Math.max(atSeconds[id]!, hour === came ? atSeconds[id]! : startSeconds + hour * 3600)
      const to = hour === hourOf(end) ? end : startSeconds + (hour + 1) * 3600
      busy[hour]! += span > 0 ? (charged * (to - from)) / span : charged
    }
  }
  return Array.from(requests, (count, hour) => ({
    requests: count,
    busyGpuSeconds: busy[hour]!,
    ttftMs: latencyOf(ttft[hour]!),
    tpotMs: latencyOf(tpot[hour]!),
  }))
}

function latencyOf(values: readonly number[]): HourLatency | null {
  if (values.length === 0) return null
  const ascending = sorted(values)
  return { p50: quantile(ascending, 0.5)!, p95: quantile(ascending, 0.95)! }
}

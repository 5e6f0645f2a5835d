// Late calls by window of a replay → how well an objective was kept: by window, in the worst hour, over all.
import type { Outcome } from '../fleet/simulate.ts'

/** The objective is a 95th percentile: a window meets it when at most this share of its requests is late. */
export const lateAllowed = 0.05
/** A fleet keeps the objective when this share of its five-minute windows meets it. */
export const windowsRequired = 0.99

/** Null without a request: a fleet that served nobody has kept nothing. */
export interface WindowsMet {
  /** Windows with a request in them. */
  readonly windows: number
  /** Of these, the share in which at most `lateAllowed` of the requests were late. */
  readonly share: number | null
  /** The highest late share of any hour on end (of the whole, where it is shorter). */
  readonly worstHourLateShare: number | null
  /** Late requests ÷ requests over all. */
  readonly lateShare: number | null
}

/** Weighs the windows of `Outcome.late`, which lie end to end, `windowSeconds` each, empty ones included. */
export function windowsMet(late: Outcome['late'], windowSeconds = 300, allowed = lateAllowed): WindowsMet {
  const perHour = Math.max(1, Math.min(late.length, Math.round(3600 / windowSeconds)))
  let windows = 0
  let met = 0
  let requests = 0
  let lateRequests = 0
  let inHour = 0
  let lateInHour = 0
  let worst: number | null = null
  for (let i = 0; i < late.length; i++) {
    const window = late[i]!
    if (window.requests > 0) {
      windows++
      // A share of whole numbers: 1 late of 20 is exactly 5 %.
      if (window.late <= allowed * window.requests * (1 + 1e-12)) met++
    }
    requests += window.requests
    lateRequests += window.late
    inHour += window.requests
    lateInHour += window.late
    if (i >= perHour) {
      inHour -= late[i - perHour]!.requests
      lateInHour -= late[i - perHour]!.late
    }
    if (i >= perHour - 1 && inHour > 0) worst = Math.max(worst ?? 0, lateInHour / inHour)
  }
  return {
    windows,
    share: windows > 0 ? met / windows : null,
    worstHourLateShare: worst,
    lateShare: requests > 0 ? lateRequests / requests : null,
  }
}

/**
 * The highest late share of the busy hours: those on end with at least half the requests of the busiest. A quiet hour of
 * the night with one late call of three says nothing of a fleet's size. Null without a request.
 */
export function busyHourLateShare(late: Outcome['late'], windowSeconds = 300): number | null {
  const perHour = Math.max(1, Math.min(late.length, Math.round(3600 / windowSeconds)))
  const hours: { requests: number; late: number }[] = []
  const hour = { requests: 0, late: 0 }
  late.forEach((window, i) => {
    const left = late[i - perHour] ?? { requests: 0, late: 0 }
    hour.requests += window.requests - left.requests
    hour.late += window.late - left.late
    if (i >= perHour - 1) hours.push({ ...hour })
  })
  const busiest = hours.reduce((most, { requests }) => Math.max(most, requests), 0)
  if (busiest === 0) return null
  return hours.reduce(
    (worst, one) => (one.requests >= busiest / 2 ? Math.max(worst, one.late / one.requests) : worst),
    0,
  )
}

/** Whether the objective was kept in enough of the windows; nothing late where nothing was served. */
export const keepsObjective = (met: WindowsMet): boolean => (met.share ?? 1) >= windowsRequired

// The time of day and a count of milliseconds in; UTC microseconds that only go forward, fine enough for latencies, out.

/** So far behind the time of day the count did not run: the machine slept, or its clock was put right. */
const mostBehindMs = 1000

/** A clock that is set back is not followed: calls go on, and none ends before it began. */
export function forwardClock(dayMs = Date.now, countMs = () => performance.now()): () => number {
  let offsetMs = dayMs() - countMs()
  return () => {
    const count = countMs()
    const behindMs = dayMs() - count - offsetMs
    if (behindMs > mostBehindMs) offsetMs += behindMs
    return Math.round((offsetMs + count) * 1000)
  }
}

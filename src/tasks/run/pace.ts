// Requests and tokens that an option takes in; when each request may go, and when to try again, out.
import type { OptionPace } from './option-plan.ts'

/** The time of the machine, or a test's. */
export interface Clock {
  nowMs(): number
  /** Ends early, without a word, once `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface Pace {
  /** Resolves when a request of about so many tokens may go, with what is called once it is over. */
  turn(tokens: number, signal: AbortSignal): Promise<() => void>
}

/** So much may go at once after a pause: providers count by windows, not by the even second. */
const burstMs = 5000

/**
 * Spaces requests by the generic cell rate algorithm (ITU-T I.371), one cell stream for requests and one for tokens; no more
 * of them at once than `concurrency`.
 */
export function startPace({ concurrency, requestsPerMinute, tokensPerMinute }: OptionPace, clock: Clock): Pace {
  const streams = [
    { perMinute: requestsPerMinute, cellsOf: () => 1, dueMs: 0 },
    { perMinute: tokensPerMinute, cellsOf: (tokens: number) => tokens, dueMs: 0 },
  ]
  let underWay = 0
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) underWay--
    else next()
  }
  return {
    async turn(tokens, signal) {
      if (concurrency !== null && underWay >= concurrency) await new Promise<void>(go => waiting.push(go))
      else underWay++
      const now = clock.nowMs()
      let at = now
      for (const one of streams) {
        if (one.perMinute === null) continue
        // Each place is taken before anybody waits for it, so that requests go in the order in which they came.
        const due = Math.max(one.dueMs, now - burstMs)
        one.dueMs = due + (one.cellsOf(tokens) * 60_000) / one.perMinute
        at = Math.max(at, due)
      }
      if (at > now) await clock.sleep(at - now, signal)
      return leave
    },
  }
}

/** Longer waits than this are an option that is not there. */
const longestWaitSeconds = 300

/**
 * Seconds until a request is made again: what the provider asks for, else 0.5, 1, 2, … up to a minute; with a random part, so
 * that not all come back at once. Null = it is of no use.
 * @param failures how often it failed by now, from 1
 * @param draw uniform in [0, 1)
 */
export function retrySeconds(failures: number, retryAfterSeconds: number | null, draw: number): number | null {
  if (retryAfterSeconds !== null) {
    return retryAfterSeconds > longestWaitSeconds ? null : retryAfterSeconds * (1 + draw / 10)
  }
  const full = Math.min(60, 0.5 * 2 ** (failures - 1))
  return full * (0.5 + draw / 2)
}

/** Whether the same request may fare better later: no answer came, the provider is busy, or it failed. */
export const isWorthRetrying = (status: number | null): boolean =>
  status === null || status === 408 || status === 409 || status === 425 || status === 429 || status >= 500

// Requests as they end → counts, tokens, latency percentiles and late windows, in memory that does not grow with them.

import type { Outcome, SimulateOptions } from '../fleet/simulate.ts'
import type { Progress } from './progress.ts'
import { quantileSketch } from './quantile-sketch.ts'

export interface Tally {
  /** Takes request `id` in, as far as it came: done, turned away, or left when the clock stopped. */
  readonly add: (id: number) => void
  readonly figures: () => Pick<
    Outcome,
    | 'requests'
    | 'rejected'
    | 'spilled'
    | 'tokens'
    | 'rejectedTokens'
    | 'spilledTokens'
    | 'ttftMs'
    | 'tpotMs'
    | 'e2eMs'
    | 'late'
    | 'lateTokens'
  > & {
    /** Σ of the times that completed requests spent. */
    readonly inHouseSeconds: number
    /** The largest share by which a percentile may be off. */
    readonly percentileError: number
  }
}

export function tally(progress: Progress, options: Pick<SimulateOptions, 'objective' | 'windowSeconds'> = {}): Tally {
  const { objective, windowSeconds = 300 } = options
  const { atSeconds, inputTokens, outputTokens, firstTokenAt, finishedAt, rejected, spilled } = progress
  const [ttft, tpot, e2e] = [quantileSketch(), quantileSketch(), quantileSketch()]
  const tokens = { done: [0, 0], rejected: [0, 0], spilled: [0, 0], late: [0, 0] }
  const windows: { fromSeconds: number; requests: number; late: number }[] = []
  let requests = 0
  let turnedAway = 0
  let elsewhere = 0
  let inHouseSeconds = 0

  const count = (sum: number[], id: number): void => {
    sum[0] = sum[0]! + inputTokens[id]!
    sum[1] = sum[1]! + outputTokens[id]!
  }

  function addLate(id: number, ttftMs: number, tpotMs: number): void {
    const at = windows[Math.floor(atSeconds[id]! / windowSeconds)]!
    at.requests++
    if (ttftMs <= objective!.ttftP95Ms && tpotMs <= objective!.tpotP95Ms) return
    at.late++
    count(tokens.late, id)
  }

  return {
    add: id => {
      requests++
      while (objective && windows.length * windowSeconds <= atSeconds[id]!) {
        windows.push({ fromSeconds: windows.length * windowSeconds, requests: 0, late: 0 })
      }
      if (spilled[id] === 1) {
        elsewhere++
        count(tokens.spilled, id)
      } else if (rejected[id] === 1) {
        turnedAway++
        count(tokens.rejected, id)
      } else {
        // What is not done yet is as late as can be.
        const end = finishedAt[id]!
        const ttftMs = (firstTokenAt[id]! - atSeconds[id]!) * 1000
        const tpotMs = outputTokens[id]! > 1 ? ((end - firstTokenAt[id]!) * 1000) / (outputTokens[id]! - 1) : 0
        if (objective) addLate(id, ttftMs, tpotMs)
        if (Number.isNaN(end)) return
        count(tokens.done, id)
        inHouseSeconds += end - atSeconds[id]!
        ttft.add(ttftMs)
        e2e.add((end - atSeconds[id]!) * 1000)
        if (outputTokens[id]! > 1) tpot.add(tpotMs)
      }
    },
    figures: () => {
      const both = ([input, output]: number[]) => ({ input: input!, output: output! })
      return {
        requests,
        rejected: turnedAway,
        spilled: elsewhere,
        tokens: both(tokens.done),
        rejectedTokens: both(tokens.rejected),
        spilledTokens: both(tokens.spilled),
        ttftMs: ttft.percentiles(),
        tpotMs: tpot.percentiles(),
        e2eMs: e2e.percentiles(),
        late: windows,
        lateTokens: both(tokens.late),
        inHouseSeconds,
        percentileError: Math.max(ttft.error(), tpot.error(), e2e.error()),
      }
    },
  }
}

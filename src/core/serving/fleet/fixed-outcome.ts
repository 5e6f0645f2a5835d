// A fixed fleet at the end of its run, and what was told of its requests → the same outcome that `simulate` gives.

import type { Progress } from '../engine/progress.ts'
import type { Replica } from '../engine/replica.ts'
import type { Tally } from '../engine/tally.ts'
import { type Group, nameOf } from './group.ts'
import { type Outcome, ofPeak } from './simulate.ts'

export interface FixedOutcome extends Outcome {
  /** The largest share by which a percentile may be off: 0 up to a million requests, 0.005 beyond. */
  readonly percentileError: number
}

export function fixedOutcome(
  group: Group,
  replicas: readonly Replica[],
  progress: Progress,
  book: Tally,
): FixedOutcome {
  const { gpus } = group.engine
  const states = replicas.map(replica => replica.state())
  const sum = (of: (state: (typeof states)[number]) => number): number => states.reduce((s, one) => s + of(one), 0)
  const durationSeconds = states.reduce((latest, { nowSeconds }) => Math.max(latest, nowSeconds), 0)
  const count = replicas.length
  const leased = count * durationSeconds
  const busy = sum(state => state.busySeconds)
  const prompted = sum(state => state.promptTokens)
  const { inHouseSeconds, ...figures } = book.figures()
  const time = {
    completed: sum(state => state.completed),
    leasedGpuSeconds: leased * gpus,
    busyGpuSeconds: busy * gpus,
    idleGpuSeconds: (leased - busy) * gpus,
    coldGpuSeconds: 0,
    utilization: leased > 0 ? busy / leased : null,
    leases: replicas.map(() => ({ fromSeconds: 0, toSeconds: durationSeconds })),
    replicas: { min: count, mean: count, max: count },
  }
  return {
    ...figures,
    ...time,
    interrupted: 0,
    escalated: 0,
    escalatedTokens: { input: 0, output: 0 },
    groups: [
      {
        name: nameOf(group, 0),
        gpusPerReplica: gpus,
        ofPeak: ofPeak(group.engine, replicas),
        tokens: figures.tokens,
        ...time,
      },
    ],
    running: sum(state => state.running),
    waiting: sum(state => state.waiting),
    durationSeconds,
    meanOutstanding: durationSeconds > 0 ? inHouseSeconds / durationSeconds : 0,
    preemptions: sum(state => state.preemptions),
    prefixHitRate: progress.prefix && prompted > 0 ? sum(state => state.hitTokens) / prompted : null,
  }
}

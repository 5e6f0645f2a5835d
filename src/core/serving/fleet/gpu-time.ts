// A fleet's run → by group, what it completed, its GPU time by kind, and how many replicas were leased over time.
import type { FleetRun } from './fleet.ts'

/** What a group completed: of one group, all that was. */
export function servedBy({ progress, taken, groupOf }: FleetRun, index: number) {
  const tokens = { input: 0, output: 0 }
  let completed = 0
  for (let id = 0; id < taken; id++) {
    if (Number.isNaN(progress.finishedAt[id]!) || (groupOf !== null && groupOf[id] !== index)) continue
    completed++
    tokens.input += progress.inputTokens[id]!
    tokens.output += progress.outputTokens[id]!
  }
  return { completed, tokens }
}

/** GPU-seconds of a group's leases by what became of them: leased = busy + idle + cold (law 3). */
export function gpuTimeOf(run: FleetRun, gpus: number, index: number) {
  let leased = 0
  let busy = 0
  let idle = 0
  let cold = 0
  const leases = run.leases.filter(({ group }) => group === index)
  for (const { replica, fromSeconds, readySeconds, toSeconds } of leases) {
    // A replica that ends before the last one stays leased, idle, unless it was let go.
    const ready = Math.min(readySeconds, toSeconds)
    const state = replica?.state()
    leased += toSeconds - fromSeconds
    busy += state?.busySeconds ?? 0
    idle += state ? state.idleSeconds + (toSeconds - state.nowSeconds) : toSeconds - ready
    cold += ready - fromSeconds
  }
  return {
    leasedGpuSeconds: leased * gpus,
    busyGpuSeconds: busy * gpus,
    idleGpuSeconds: idle * gpus,
    coldGpuSeconds: cold * gpus,
    utilization: leased > 0 ? busy / leased : null,
    leases: spansOf(leases),
    replicas: replicasOf(leases, run.endSeconds),
  }
}

type Span = { readonly fromSeconds: number; readonly toSeconds: number }

/** The GPU time of all groups of a fleet together. */
export function gpuTimeOfAll(
  groups: readonly Readonly<Omit<ReturnType<typeof gpuTimeOf>, 'leases'> & { leases: readonly Span[] }>[],
  leases: FleetRun['leases'],
  durationSeconds: number,
) {
  const sum = (kind: 'leased' | 'busy' | 'idle' | 'cold'): number =>
    groups.reduce((total, group) => total + group[`${kind}GpuSeconds`], 0)
  const leasedGpuSeconds = sum('leased')
  const busyGpuSeconds = sum('busy')
  return {
    leasedGpuSeconds,
    busyGpuSeconds,
    idleGpuSeconds: sum('idle'),
    coldGpuSeconds: sum('cold'),
    utilization: leasedGpuSeconds > 0 ? busyGpuSeconds / leasedGpuSeconds : null,
    leases: groups.flatMap(({ leases }) => leases),
    replicas: replicasOf(leases, durationSeconds),
  }
}

/** A repaired replica goes on where the lease of the failed one was. */
function spansOf(leases: FleetRun['leases']): { fromSeconds: number; toSeconds: number }[] {
  const spans: { fromSeconds: number; toSeconds: number }[] = []
  for (const { fromSeconds, toSeconds, continues } of leases) {
    const before = continues ? spans.find(span => span.toSeconds === fromSeconds) : undefined
    if (before === undefined) spans.push({ fromSeconds, toSeconds })
    else before.toSeconds = toSeconds
  }
  return spans
}

/** Leased replicas over time: fewest and most at any moment, and the mean. */
function replicasOf(leases: FleetRun['leases'], durationSeconds: number) {
  const first = leases.filter(({ fromSeconds }) => fromSeconds === 0).length
  const leasedSeconds = leases.reduce((sum, { fromSeconds, toSeconds }) => sum + toSeconds - fromSeconds, 0)
  const changes = leases.flatMap(({ fromSeconds, toSeconds }) => [
    ...(fromSeconds > 0 ? [{ at: fromSeconds, by: 1 }] : []),
    ...(toSeconds < durationSeconds ? [{ at: toSeconds, by: -1 }] : []),
  ])
  changes.sort((a, b) => a.at - b.at)
  let count = first
  let min = first
  let max = first
  for (let i = 0; i < changes.length; i++) {
    count += changes[i]!.by
    // Changes of one moment are one.
    if (changes[i + 1]?.at === changes[i]!.at) continue
    min = Math.min(min, count)
    max = Math.max(max, count)
  }
  return { min, mean: durationSeconds > 0 ? leasedSeconds / durationSeconds : first, max }
}
